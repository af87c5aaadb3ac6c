"""What a course's staff learn of the chatbot: questions in vain, answers that did not help, lessons without words."""

from datetime import datetime

import msgspec
from sqlalchemy import bindparam, exists, func, select, update

from adapters.sql.assistant.rows import CONVERSATIONS, INDEXED, MESSAGES, PASSAGES
from adapters.sql.community.rows import GROUPS
from adapters.sql.database import AnyRow, Database
from adapters.sql.learning.rows import CONTENTS, USERS
from adapters.sql.pages import KeysetList
from adapters.sql.store import SqlStore
from core.actor import Role
from core.paging import Page, PageRequest
from modules.assistant.domain.answers import Citation, Kind, Nearest
from modules.assistant.domain.conversations import UnansweredQuestion
from modules.assistant.queries import DislikedAnswer, IndexedLesson
from modules.learning.domain.catalogue import ContentType

_ID = bindparam("id", type_=MESSAGES.c.id.type)
_COURSE = CONVERSATIONS.c.course_id == bindparam("course_id")
_QUESTIONS = MESSAGES.alias("questions")
_UNANSWERED = (
    select(
        MESSAGES.c.id,
        CONVERSATIONS.c.course_id,
        _QUESTIONS.c.content,
        MESSAGES.c.nearest,
        MESSAGES.c.created_at,
        MESSAGES.c.drafted_at,
    )
    .join(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
    .join(_QUESTIONS, _QUESTIONS.c.id == MESSAGES.c.question_id)
    .where(MESSAGES.c.kind == Kind.NO_ANSWER.value)
)
UNANSWERED = _UNANSWERED.where(MESSAGES.c.id == _ID).with_for_update(key_share=True, of=MESSAGES)
GROUP = select(GROUPS.c.id).where(GROUPS.c.course_id == bindparam("course_id"))
DRAFTED = (
    update(MESSAGES)
    .where(MESSAGES.c.id == bindparam("row", type_=MESSAGES.c.id.type))
    .values(drafted_at=bindparam("at", type_=MESSAGES.c.drafted_at.type))
)
QUESTION = (
    select(_QUESTIONS.c.content).join(MESSAGES, MESSAGES.c.question_id == _QUESTIONS.c.id).where(MESSAGES.c.id == _ID)
)
_PASSAGE_COUNT = (
    select(func.count()).where(PASSAGES.c.content_id == CONTENTS.c.id).correlate(CONTENTS).scalar_subquery()
)


def _unanswered(row: AnyRow) -> UnansweredQuestion:
    id_, course_id, question, nearest, *moments = row
    return UnansweredQuestion(id_, course_id, question, msgspec.convert(nearest, tuple[Nearest, ...]), *moments)


def _disliked(row: AnyRow) -> DislikedAnswer:
    id_, course_id, question, answer, citations, reason, at = row
    cited = msgspec.convert(citations, tuple[Citation, ...])
    return DislikedAnswer(id_, course_id, question, answer, cited, reason, at)


def _lesson(row: AnyRow) -> IndexedLesson:
    return IndexedLesson(*row)


_OF_A_STUDENT = (
    exists().where(USERS.c.id == CONVERSATIONS.c.user_id, USERS.c.role == Role.STUDENT.value).correlate(CONVERSATIONS)
)
UNANSWERED_LIST = KeysetList(
    _UNANSWERED.where(_COURSE, _OF_A_STUDENT),
    make=_unanswered,
    orders={"id": [MESSAGES.c.id]},
    filters={"drafted": MESSAGES.c.drafted_at.is_not(None), "open": MESSAGES.c.drafted_at.is_(None)},
)
DISLIKED_LIST = KeysetList(
    select(
        MESSAGES.c.id,
        CONVERSATIONS.c.course_id,
        _QUESTIONS.c.content,
        MESSAGES.c.content,
        MESSAGES.c.citations,
        MESSAGES.c.reason,
        MESSAGES.c.created_at,
    )
    .join(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
    .join(_QUESTIONS, _QUESTIONS.c.id == MESSAGES.c.question_id)
    .where(_COURSE, MESSAGES.c.rating == -1),
    make=_disliked,
    orders={"id": [MESSAGES.c.id]},
)
LESSON_LIST = KeysetList(
    select(
        CONTENTS.c.id,
        CONTENTS.c.title,
        CONTENTS.c.content_type,
        _PASSAGE_COUNT,
        func.coalesce(INDEXED.c.version == CONTENTS.c.version, False),
        INDEXED.c.indexed_at,
    )
    .outerjoin(INDEXED, INDEXED.c.content_id == CONTENTS.c.id)
    .where(
        CONTENTS.c.course_id == bindparam("course_id"),
        CONTENTS.c.is_published,
        CONTENTS.c.content_type != ContentType.QUIZ.value,  # of which nothing is ever quoted
    ),
    make=_lesson,
    orders={"id": [CONTENTS.c.id]},
    filters={"found": _PASSAGE_COUNT > 0, "silent": _PASSAGE_COUNT == 0},
)


class SqlUnansweredStore(SqlStore):
    async def unanswered(self, message_id: int) -> UnansweredQuestion | None:
        row = await self.transaction.row(UNANSWERED, {"id": message_id})
        return _unanswered(row) if row else None

    async def group_of(self, course_id: int) -> int | None:
        found = await self.transaction.scalar(GROUP, {"course_id": course_id})
        return None if found is None else int(found)

    async def mark_drafted(self, message_id: int, at: datetime) -> None:
        await self.transaction.execute(DRAFTED, {"row": message_id, "at": at})


class SqlOversight:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def unanswered(
        self, request: PageRequest, course_id: int, *, is_drafted: bool | None
    ) -> Page[UnansweredQuestion]:
        which = () if is_drafted is None else ("drafted" if is_drafted else "open",)
        return await UNANSWERED_LIST.page(
            self._database, request, where=which, values={"course_id": course_id}, keys=lambda one: (one.id,)
        )

    async def disliked(self, request: PageRequest, course_id: int) -> Page[DislikedAnswer]:
        return await DISLIKED_LIST.page(
            self._database, request, values={"course_id": course_id}, keys=lambda one: (one.id,)
        )

    async def lessons(self, request: PageRequest, course_id: int, *, has_passages: bool | None) -> Page[IndexedLesson]:
        return await LESSON_LIST.page(
            self._database,
            request,
            where=() if has_passages is None else ("found" if has_passages else "silent",),
            values={"course_id": course_id},
            keys=lambda one: (one.content_id,),
            descending=False,
        )

    async def question(self, message_id: int) -> str | None:
        row = await self._database.row(QUESTION, {"id": message_id})
        return str(row[0]) if row else None
