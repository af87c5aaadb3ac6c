"""What instructors say of their students' attendance: it wins over everything else."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.errors import FieldFault, Invalid, VersionConflict
from core.hub import Hub
from core.transaction import Begin
from modules.attendance.admission import taught
from modules.attendance.domain.records import Record, revised, with_verdict
from modules.attendance.domain.sessions import ClassSession, demand_not_cancelled
from modules.attendance.events import AttendanceTaken
from modules.attendance.live import Recorded, tell
from modules.attendance.ports import RecordStore

MOST_FAULTS = 50
NOBODY = 0
"""No user has this number."""


class Mark(Struct, frozen=True):
    """`status` None takes the mark back: what code and presence showed counts again. `is_flagged` None leaves the flag
    as it is.
    """

    user_id: int
    status: str | None
    remarks: str = ""
    version: int | None = None
    is_flagged: bool | None = None


class NamedMark(Struct, frozen=True):
    """A line of a list: `name` is an e-mail address or a username."""

    line: int
    name: str
    status: str
    remarks: str


@dataclass(frozen=True, slots=True)
class Marking:
    """:raises NotFound: :raises NotStaff: :raises SessionCancelled: from both of them."""

    begin: Begin[RecordStore]
    hub: Hub
    clock: Clock

    async def mark(self, actor: Actor, session_id: int, marks: Sequence[Mark]) -> list[Record]:
        """All of them or none, in their order: before the class, while it is open, or after it.

        :raises Invalid: with all faults: no student of the course, no such status, somebody twice.
        :raises VersionConflict: a record is not as the caller has seen it.
        """
        async with self.begin() as store:
            session = await taught(store, actor, session_id)
            demand_not_cancelled(session)
            records = await self._apply(store, actor, session, marks, "marks.{}")
        tell(self.hub, Recorded(session_id, [mark.user_id for mark in marks]))
        return records

    async def import_list(self, actor: Actor, session_id: int, lines: Sequence[NamedMark]) -> int:
        """The same from a list; how many lines it had. A line that says what is known already marks nothing, so that
        the list of a class may come back with a few changes.

        :raises Invalid: with the faulty lines.
        """
        async with self.begin() as store:
            session = await taught(store, actor, session_id)
            demand_not_cancelled(session)
            known = await store.students_named(session.course_id, [line.name for line in lines])
            marks = [Mark(known.get(line.name, NOBODY), line.status, line.remarks) for line in lines]
            names = [f"line {line.line}" for line in lines]
            await self._apply(store, actor, session, marks, names, is_news_only=True)
        tell(self.hub, Recorded(session_id, [mark.user_id for mark in marks]))
        return len(lines)

    async def _apply(
        self,
        store: RecordStore,
        actor: Actor,
        session: ClassSession,
        marks: Sequence[Mark],
        names: str | list[str],
        *,
        is_news_only: bool = False,
    ) -> list[Record]:
        records, now = await store.records(session, [mark.user_id for mark in marks]), self.clock.now()
        _demand_marks(session, marks, records, names)
        changes = []
        for mark in marks:
            record = records[mark.user_id]
            if mark.version is not None and mark.version != record.version:
                raise VersionConflict(f"The record of user {mark.user_id} changed meanwhile; read it again and repeat.")
            if is_news_only and (mark.status, mark.remarks) == (record.status, record.remarks):
                continue
            said = replace(record, mark=mark.status, marked_by_id=actor.user_id, remarks=mark.remarks)
            if mark.is_flagged is not None:
                said = replace(said, is_flagged=mark.is_flagged)
            after = revised(record, with_verdict(said, session, now, is_over=session.closed_at is not None))
            if after != record:
                changes.append((record, after))
                records[mark.user_id] = after
        await store.save_records(changes, actor_id=actor.user_id)
        counts_otherwise = any(before.points != after.points for before, after in changes)
        if session.closed_at is not None and counts_otherwise:
            await store.emit(AttendanceTaken(session_id=session.id, course_id=session.course_id))
        return [records[mark.user_id] for mark in marks]


def _demand_marks(
    session: ClassSession, marks: Sequence[Mark], records: dict[int, Record], names: str | list[str]
) -> None:
    """:raises Invalid:"""
    codes, faults, named = {status.code for status in session.statuses}, list[FieldFault](), set[int]()
    for number, mark in enumerate(marks):
        name = names.format(number) if isinstance(names, str) else names[number]
        if mark.user_id not in records:
            faults.append(FieldFault(name, "No student of this class."))
        elif mark.status is not None and mark.status not in codes:
            faults.append(FieldFault(name, f"One of: {', '.join(sorted(codes))}."))
        elif mark.user_id in named:
            faults.append(FieldFault(name, "Named twice."))
        named.add(mark.user_id)
    if faults:
        raise Invalid("Some marks cannot be taken; none was.", faults=tuple(faults[:MOST_FAULTS]))
