"""Contents, enrolments, progress and imports as people read them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select, tuple_

from adapters.sql.database import AnyRow, Database
from adapters.sql.keyed import KeyedReads
from adapters.sql.learning.access import HAS_ACCESS, NOW, TEACHES, is_staff, teaches
from adapters.sql.learning.rows import (
    CONTENT_COLUMNS,
    CONTENTS,
    COURSES,
    ENROLLMENT_COLUMNS,
    ENROLLMENTS,
    IMPORT_ROWS,
    IMPORTS,
    MODULES,
    PROGRESS,
    PROGRESS_COLUMNS,
    TYPES,
    content,
    enrollment,
    progress,
)
from adapters.sql.learning.tally import COMPLETED, IS_BLOCKED, TOTAL
from adapters.sql.pages import KeysetList, given
from core.actor import Actor
from core.clock import Clock
from core.paging import Page, PageRequest
from modules.learning.domain.enrolment import Enrollment
from modules.learning.domain.progress import Tally
from modules.learning.queries import (
    ContentSight,
    EnrollmentCard,
    EnrollmentFilter,
    ImportResult,
    ImportStatus,
    ProgressLine,
    ProgressReport,
)

PLACE = (MODULES.c.position, MODULES.c.id, CONTENTS.c.position, CONTENTS.c.id)


def _neighbour(*, forward: bool) -> Any:
    """The content before or after the one in question, in the order of the course: along the index of its module, and
    only at the module's end along the modules; so it costs the same in a course of any length.
    """
    modules, contents, others = MODULES.alias(), CONTENTS.alias(), CONTENTS.alias()

    def beyond(here: Sequence[Any], there: Sequence[Any]) -> Any:
        return tuple_(*here) > tuple_(*there) if forward else tuple_(*here) < tuple_(*there)

    def in_order(found: Select[Any], *place: Any) -> Any:
        ordered = found.order_by(*(column.asc() if forward else column.desc() for column in place)).limit(1)
        return ordered.correlate(CONTENTS, MODULES).scalar_subquery()

    in_module = select(contents.c.id).where(
        contents.c.module_id == CONTENTS.c.module_id,
        contents.c.is_published,
        beyond((contents.c.position, contents.c.id), (CONTENTS.c.position, CONTENTS.c.id)),
    )
    in_another = (
        select(others.c.id)
        .join_from(modules, others, others.c.module_id == modules.c.id)
        .where(
            modules.c.course_id == MODULES.c.course_id,
            others.c.is_published,
            beyond((modules.c.position, modules.c.id), (MODULES.c.position, MODULES.c.id)),
        )
    )
    return func.coalesce(
        in_order(in_module, contents.c.position, contents.c.id),
        in_order(in_another, modules.c.position, modules.c.id, others.c.position, others.c.id),
    )


SIGHT = (
    select(
        COURSES.c.is_published,
        teaches(CONTENTS.c.course_id),
        _neighbour(forward=False),
        _neighbour(forward=True),
        IS_BLOCKED,
        *CONTENT_COLUMNS,
        *ENROLLMENT_COLUMNS,
        *PROGRESS_COLUMNS,
    )
    .select_from(CONTENTS)
    .join(MODULES, MODULES.c.id == CONTENTS.c.module_id)
    .join(COURSES, COURSES.c.id == CONTENTS.c.course_id)
    .outerjoin(
        ENROLLMENTS,
        and_(ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == CONTENTS.c.course_id),
    )
    .outerjoin(PROGRESS, and_(PROGRESS.c.enrollment_id == ENROLLMENTS.c.id, PROGRESS.c.content_id == CONTENTS.c.id))
    .where(CONTENTS.c.id == bindparam("content_id"))
)
_CONTENT = 5
_ENROLLMENT = _CONTENT + len(CONTENT_COLUMNS)
_PROGRESS = _ENROLLMENT + len(ENROLLMENT_COLUMNS)

# over the few dozen rows of one student's course; an index on the time would make each report dearer
_LAST_ID = (
    select(PROGRESS.c.content_id)
    .join(CONTENTS, CONTENTS.c.id == PROGRESS.c.content_id)
    .where(PROGRESS.c.enrollment_id == ENROLLMENTS.c.id, CONTENTS.c.is_published)
    .order_by(PROGRESS.c.updated_at.desc(), PROGRESS.c.id.desc())
    .limit(1)
    .correlate(ENROLLMENTS)
    .scalar_subquery()
)
_LAST_TITLE = select(CONTENTS.c.title).where(CONTENTS.c.id == _LAST_ID).correlate(ENROLLMENTS).scalar_subquery()
CARDS = select(*ENROLLMENT_COLUMNS, COURSES.c.title, COURSES.c.thumbnail, COMPLETED, TOTAL, _LAST_ID, _LAST_TITLE).join(
    COURSES, COURSES.c.id == ENROLLMENTS.c.course_id
)
_CARD = len(ENROLLMENT_COLUMNS)
LINES = (
    select(CONTENTS.c.id, CONTENTS.c.title, CONTENTS.c.content_type, CONTENTS.c.video_duration, *PROGRESS_COLUMNS)
    .join(MODULES, MODULES.c.id == CONTENTS.c.module_id)
    .outerjoin(
        PROGRESS,
        and_(PROGRESS.c.content_id == CONTENTS.c.id, PROGRESS.c.enrollment_id == bindparam("enrollment_id")),
    )
    .where(CONTENTS.c.course_id == bindparam("course_id"), CONTENTS.c.is_published)
    .order_by(*PLACE)
)
OF_STUDENT = select(*ENROLLMENT_COLUMNS).where(
    ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == bindparam("course_id")
)


def _card(row: AnyRow) -> EnrollmentCard:
    title, thumbnail, done, total, last_id, last_title = row[_CARD:]
    return EnrollmentCard(_enrolled(row), title, thumbnail, Tally(done, total), last_id, last_title)


def _enrolled(row: AnyRow) -> Enrollment:
    found = enrollment(row[:_CARD])
    if found is None:
        raise LookupError("a card without its enrolment")
    return found


ENROLLMENT_LIST = KeysetList(
    CARDS,
    make=_card,
    orders={"id": [ENROLLMENTS.c.id]},
    filters={
        **{name: ENROLLMENTS.c[name] == bindparam(name) for name in ("user_id", "course_id", "source")},
        "active": HAS_ACCESS,
        "expired": ENROLLMENTS.c.expiry_date <= NOW,
        "suspended": ~ENROLLMENTS.c.is_active,
        "completed": ENROLLMENTS.c.completed_at.is_not(None),
    },
)
RESULT_LIST = KeysetList(
    select(IMPORT_ROWS.c.line, IMPORT_ROWS.c.email, IMPORT_ROWS.c.status).where(
        IMPORT_ROWS.c.import_id == bindparam("import_id")
    ),
    make=lambda row: ImportResult(*row),
    orders={"line": [IMPORT_ROWS.c.line]},
)
CARD_BY_ID = CARDS.where(ENROLLMENTS.c.id == bindparam("id"))
CARD_OF_STUDENT = CARDS.where(
    ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == bindparam("course_id")
)


class SqlStudyQueries:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sights = KeyedReads(database, SIGHT, "content_id", "user_id")

    async def content(self, content_id: int, viewer: Actor | None) -> ContentSight | None:
        row = await self._sights.row(content_id, viewer.user_id if viewer else 0)
        if row is None:
            return None
        return ContentSight(
            content=content(row[_CONTENT:_ENROLLMENT]),
            course_is_published=row[0],
            is_staff=is_staff(viewer, teaches=bool(row[1])),
            enrollment=enrollment(row[_ENROLLMENT:_PROGRESS]),
            progress=progress(row[_PROGRESS:]),
            is_blocked=bool(row[4]),
            previous_id=row[2],
            next_id=row[3],
        )

    async def enrollments(
        self, request: PageRequest, wanted: EnrollmentFilter, *, user_id: int | None
    ) -> Page[EnrollmentCard]:
        values = given(user_id=user_id, course_id=wanted.course_id, source=wanted.source and wanted.source.value)
        where = sorted(values)
        if wanted.status is not None:
            where.append(wanted.status)
            values["now"] = self._clock.now()
        return await ENROLLMENT_LIST.page(
            self._database, request, where=where, values=values, keys=lambda card: (card.enrollment.id,)
        )

    async def enrollment(self, enrollment_id: int) -> EnrollmentCard | None:
        row = await self._database.row(CARD_BY_ID, {"id": enrollment_id})
        return _card(row) if row else None

    async def enrollment_of(self, user_id: int, course_id: int) -> EnrollmentCard | None:
        row = await self._database.row(CARD_OF_STUDENT, {"user_id": user_id, "course_id": course_id})
        return _card(row) if row else None

    async def progress(self, user_id: int, course_id: int) -> ProgressReport | None:
        row = await self._database.row(OF_STUDENT, {"user_id": user_id, "course_id": course_id})
        found = enrollment(row) if row else None
        if found is None:
            return None
        rows = await self._database.rows(LINES, {"enrollment_id": found.id, "course_id": course_id})
        lines = [ProgressLine(r[0], r[1], TYPES[r[2]], r[3], progress(r[4:])) for r in rows]
        done = sum(1 for line in lines if line.progress and line.progress.is_completed)
        return ProgressReport(found, Tally(done, len(lines)), lines)

    async def is_staff(self, actor: Actor, course_id: int) -> bool:
        row = await self._database.row(TEACHES, {"course_id": course_id, "user_id": actor.user_id})
        return row is not None and is_staff(actor, teaches=bool(row[0]))

    async def import_status(self, import_id: int) -> ImportStatus | None:
        columns = select(IMPORTS.c.id, IMPORTS.c.course_id, IMPORTS.c.created_at, IMPORTS.c.finished_at)
        row = await self._database.row(columns.where(IMPORTS.c.id == import_id))
        if row is None:
            return None
        by_status = select(IMPORT_ROWS.c.status, func.count()).where(IMPORT_ROWS.c.import_id == import_id)
        counts = {r[0]: int(r[1]) for r in await self._database.rows(by_status.group_by(IMPORT_ROWS.c.status))}
        return ImportStatus(*[*row, sum(counts.values()), counts])

    async def import_results(self, import_id: int, request: PageRequest) -> Page[ImportResult]:
        return await RESULT_LIST.page(
            self._database,
            request,
            values={"import_id": import_id},
            order="line",
            descending=False,
            keys=lambda result: (result.line,),
        )
