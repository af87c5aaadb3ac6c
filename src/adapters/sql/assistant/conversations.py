"""Conversations, within a transaction and as their owners read them."""

from datetime import datetime

from msgspec import to_builtins
from sqlalchemy import bindparam, delete, func, insert, select, update

from adapters.sql.assistant.rows import CONVERSATION_COLUMNS, CONVERSATIONS, MESSAGE_COLUMNS, MESSAGES, USAGE, message
from adapters.sql.database import AnyRow, Database
from adapters.sql.learning.rows import COURSES
from adapters.sql.pages import KeysetList, given
from adapters.sql.store import SqlStore
from core.paging import Page, PageRequest
from modules.assistant.domain.answers import Reply
from modules.assistant.domain.conversations import Author, Conversation, Message
from modules.assistant.queries import ConversationCard

_ID, _USER = bindparam("id", type_=CONVERSATIONS.c.id.type), bindparam("user_id", type_=CONVERSATIONS.c.user_id.type)
OWN = select(*CONVERSATION_COLUMNS).where(CONVERSATIONS.c.id == _ID, CONVERSATIONS.c.user_id == _USER)
OWN_LOCKED = OWN.with_for_update(key_share=True)
ADD = insert(CONVERSATIONS).returning(*CONVERSATION_COLUMNS)
_ROW = bindparam("row", type_=CONVERSATIONS.c.id.type)
RENAME = update(CONVERSATIONS).where(CONVERSATIONS.c.id == _ROW).values(title=bindparam("to_title"))
REMOVE_MESSAGES = delete(MESSAGES).where(MESSAGES.c.conversation_id == _ROW)
REMOVE = delete(CONVERSATIONS).where(CONVERSATIONS.c.id == _ROW)
SAY = insert(MESSAGES).returning(MESSAGES.c.id)
GO_ON = (
    update(CONVERSATIONS)
    .where(CONVERSATIONS.c.id == _ROW)
    .values(
        message_count=CONVERSATIONS.c.message_count + 2,
        updated_at=bindparam("at", type_=CONVERSATIONS.c.updated_at.type),
        title=bindparam("to_title"),
    )
)
COUNT = insert(USAGE).returning(USAGE.c.id)
COUNT_TOKENS = update(USAGE).where(USAGE.c.id == bindparam("row")).values(tokens=bindparam("taken"))
ASKED = (
    select(USAGE.c.asked_at)
    .where(USAGE.c.user_id == _USER)
    .order_by(USAGE.c.asked_at.desc())
    .offset(bindparam("later"))
    .limit(1)
)
SPENT = select(func.coalesce(func.sum(USAGE.c.tokens), 0)).where(
    USAGE.c.asked_at > bindparam("since", type_=USAGE.c.asked_at.type)
)
LAST_QUESTION = (
    select(MESSAGES.c.content)
    .where(MESSAGES.c.conversation_id == _ID, MESSAGES.c.role == Author.USER.value)
    .order_by(MESSAGES.c.id.desc())
    .limit(1)
)
MESSAGE = select(*MESSAGE_COLUMNS).where(MESSAGES.c.id == _ID)
IN_CONVERSATION = MESSAGE.where(MESSAGES.c.conversation_id == bindparam("conversation_id"))
OWN_MESSAGE = MESSAGE.where(MESSAGES.c.user_id == _USER)
RATE = (
    update(MESSAGES).where(MESSAGES.c.id == _ROW).values(rating=bindparam("to_rating"), reason=bindparam("to_reason"))
)
FORGET = (
    delete(MESSAGES).where(MESSAGES.c.user_id == bindparam("whose", type_=MESSAGES.c.user_id.type)),
    delete(CONVERSATIONS).where(CONVERSATIONS.c.user_id == bindparam("whose", type_=MESSAGES.c.user_id.type)),
    delete(USAGE).where(USAGE.c.user_id == bindparam("whose", type_=MESSAGES.c.user_id.type)),
)
_CARDS = select(*CONVERSATION_COLUMNS, COURSES.c.title).join(COURSES, COURSES.c.id == CONVERSATIONS.c.course_id)


def _card(row: AnyRow) -> ConversationCard:
    return ConversationCard(Conversation(*row[:-1]), row[-1])


CARD = _CARDS.where(CONVERSATIONS.c.id == _ID, CONVERSATIONS.c.user_id == _USER)
CARDS = KeysetList(
    _CARDS.where(CONVERSATIONS.c.user_id == _USER),
    make=_card,
    orders={"updated_at": [CONVERSATIONS.c.updated_at, CONVERSATIONS.c.id]},
    filters={"course_id": CONVERSATIONS.c.course_id == bindparam("course_id")},
)
MESSAGE_LIST = KeysetList(
    select(*MESSAGE_COLUMNS).where(
        MESSAGES.c.conversation_id == bindparam("conversation_id"), MESSAGES.c.user_id == _USER
    ),
    make=message,
    orders={"id": [MESSAGES.c.id]},
)


class SqlConversationStore(SqlStore):
    async def conversation(self, conversation_id: int, user_id: int) -> Conversation | None:
        row = await self.transaction.row(OWN_LOCKED, {"id": conversation_id, "user_id": user_id})
        return Conversation(*row) if row else None

    async def add_conversation(self, user_id: int, course_id: int, title: str) -> Conversation:
        now = self.transaction.clock.now()
        whose = {"user_id": user_id, "course_id": course_id, "title": title}
        values = {**whose, "message_count": 0, "created_at": now, "updated_at": now}
        return Conversation(*(await self.transaction.execute(ADD, values)).one())

    async def rename(self, conversation_id: int, title: str) -> None:
        await self.transaction.execute(RENAME, {"row": conversation_id, "to_title": title})

    async def remove(self, conversation_id: int) -> None:
        for statement in (REMOVE_MESSAGES, REMOVE):
            await self.transaction.execute(statement, {"row": conversation_id})

    async def add_turn(
        self, conversation: Conversation, question: str, reply: Reply, *, latency_ms: int, title: str
    ) -> int:
        now = self.transaction.clock.now()
        same = {"conversation_id": conversation.id, "user_id": conversation.user_id, "reason": "", "created_at": now}
        asked = {**same, "role": Author.USER.value, "content": question, "citations": [], "nearest": []}
        question_id = int(await self.transaction.scalar(SAY, asked))
        said = {
            **same,
            "role": Author.ASSISTANT.value,
            "question_id": question_id,
            "content": reply.content,
            "kind": reply.kind.value,
            "mode": reply.mode.value,
            "citations": to_builtins(reply.citations),
            "nearest": to_builtins(reply.nearest),
            "latency_ms": latency_ms,
            "tokens": reply.tokens,
        }
        answer_id = int(await self.transaction.scalar(SAY, said))
        values = {"row": conversation.id, "at": now, "to_title": conversation.title or title}
        await self.transaction.execute(GO_ON, values)
        return answer_id

    async def asked_at(self, user_id: int, later: int) -> datetime | None:
        found: datetime | None = await self.transaction.scalar(ASKED, {"user_id": user_id, "later": later})
        return found

    async def count(self, user_id: int) -> int:
        values = {"user_id": user_id, "asked_at": self.transaction.clock.now(), "tokens": 0}
        return int(await self.transaction.scalar(COUNT, values))

    async def count_tokens(self, usage_id: int, tokens: int) -> None:
        await self.transaction.execute(COUNT_TOKENS, {"row": usage_id, "taken": tokens})

    async def spent_since(self, since: datetime) -> int:
        return int(await self.transaction.scalar(SPENT, {"since": since}))

    async def last_question(self, conversation_id: int) -> str | None:
        found: str | None = await self.transaction.scalar(LAST_QUESTION, {"id": conversation_id})
        return found

    async def message(self, conversation_id: int, message_id: int) -> Message | None:
        row = await self.transaction.row(IN_CONVERSATION, {"id": message_id, "conversation_id": conversation_id})
        return message(row) if row else None

    async def rate(self, message_id: int, rating: int, reason: str) -> None:
        await self.transaction.execute(RATE, {"row": message_id, "to_rating": rating, "to_reason": reason})

    async def forget(self, user_id: int) -> None:
        for statement in FORGET:
            await self.transaction.execute(statement, {"whose": user_id})


class SqlAssistantQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def conversations(self, request: PageRequest, user_id: int, course_id: int | None) -> Page[ConversationCard]:
        values = given(course_id=course_id)
        return await CARDS.page(
            self._database,
            request,
            where=sorted(values),
            values={**values, "user_id": user_id},
            order="updated_at",
            keys=lambda card: (card.conversation.updated_at, card.conversation.id),
        )

    async def conversation(self, conversation_id: int, user_id: int) -> ConversationCard | None:
        row = await self._database.row(CARD, {"id": conversation_id, "user_id": user_id})
        return _card(row) if row else None

    async def messages(self, request: PageRequest, conversation_id: int, user_id: int) -> Page[Message]:
        values = {"conversation_id": conversation_id, "user_id": user_id}
        return await MESSAGE_LIST.page(self._database, request, values=values, keys=lambda one: (one.id,))

    async def message(self, message_id: int, user_id: int) -> Message | None:
        row = await self._database.row(OWN_MESSAGE, {"id": message_id, "user_id": user_id})
        return message(row) if row else None
