"""Enrolling a list of students from a CSV."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.actor import Actor
from core.clock import INDIA
from core.errors import FieldFault, Invalid, NotFound
from core.transaction import Begin
from modules.learning.admission import Admission
from modules.learning.domain.enrolment import AlreadyEnrolled, Source, Suspended
from modules.learning.events import ImportStarted
from modules.learning.ports import ImportLine, ImportStore

MAX_LINES = 10_000
CHUNK = 50  # its students and the course stay locked meanwhile
SHOWN_FAULTS = 50


@dataclass(frozen=True, slots=True)
class Importing:
    begin: Begin[ImportStore]
    admission: Admission

    async def start(self, actor: Actor, course_id: int, text: str) -> int:
        """Take a CSV with the columns `email` and, optionally, `expiry_date`; a worker enrols the rows.

        The date (YYYY-MM-DD) is the last day of access, in India.

        :raises Invalid: with the faulty lines; nothing is taken then. :raises NotFound:
        """
        lines = parse(text, self.admission.clock.now())
        async with self.begin() as store:
            if await store.course(course_id) is None:
                raise NotFound
            import_id = await store.add_import(course_id=course_id, created_by_id=actor.user_id, lines=lines)
            await store.audit(
                actor_id=actor.user_id,
                action="enrollment.import",
                target_type="course",
                target_id=course_id,
                lines=len(lines),
            )
            await store.emit(ImportStarted(import_id=import_id))
        return import_id

    async def forget(self, store: ImportStore, email: str) -> None:
        """Reaction within the erasure of an account: lists of former imports lose its address."""
        await store.forget_email(email)

    async def run(self, import_id: int) -> None:
        """Enrol what is still waiting. Each chunk is one transaction, so a second run goes on where one was killed."""
        while await self._chunk(import_id):
            pass

    async def _chunk(self, import_id: int) -> bool:
        async with self.begin() as store:
            course_id = await store.import_course(import_id)
            course = await store.course(course_id) if course_id else None
            lines = await store.waiting_lines(import_id, CHUNK)
            if course is None or not lines:
                await store.finish_import(import_id)
                return False
            users = {line.email: await store.user_id_by_email(line.email) for line in lines}
            for student_id in sorted(found for found in users.values() if found is not None):
                await store.lock_student(student_id)  # all of them before the course's row, as whoever buys it does
            for line in lines:
                user_id = users[line.email]
                if user_id is None:
                    status = "unknown_user"
                else:
                    try:
                        await self.admission.admit(store, user_id, course, Source.IMPORT, line.expiry_date)
                        status = "enrolled"
                    except AlreadyEnrolled:
                        status = "already_enrolled"
                    except Suspended:
                        status = "suspended"
                await store.set_line(import_id, line.line, status)
        return True


def parse(text: str, now: datetime) -> list[ImportLine]:
    """The rows of a CSV with a header line.

    :raises Invalid: naming each faulty line (the first 50).
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=None))  # ends of lines of any system
    try:
        names, rows = reader.fieldnames or (), [(reader.line_num, row) for row in reader]
    except csv.Error:
        raise Invalid.field(f"file.{reader.line_num + 1}", "This and what follows is not CSV.") from None
    if "email" not in names:
        raise Invalid.field("file", "The first line must name the columns: email and, if wanted, expiry_date.")
    lines, faults, seen = [], [], set()
    for number, row in rows:
        email = (row.get("email") or "").strip().lower()
        expires, fault = _end_of((row.get("expiry_date") or "").strip(), now)
        if "@" not in email or len(email) > 254:
            fault = "Not an e-mail address."
        elif email in seen:
            fault = "The address stands in an earlier line too."
        if fault:
            faults.append(FieldFault(f"file.{number}", fault))
        seen.add(email)
        lines.append(ImportLine(line=number, email=email, expiry_date=expires))
    if faults:
        raise Invalid(f"{len(faults)} lines are wrong; nothing was imported.", faults=tuple(faults[:SHOWN_FAULTS]))
    if not 0 < len(lines) <= MAX_LINES:
        raise Invalid.field("file", f"Between 1 and {MAX_LINES} rows.")
    return lines


def _end_of(day: str, now: datetime) -> tuple[datetime | None, str | None]:
    """The moment after this day, or what is wrong with it."""
    if not day:
        return None, None
    try:
        end = (datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=INDIA) + timedelta(days=1)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None, "Not a date as YYYY-MM-DD."
    return (end, None) if end > now else (None, "This day is over.")
