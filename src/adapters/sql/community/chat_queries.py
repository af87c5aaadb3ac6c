"""Messages as people read them."""

from bisect import bisect_left
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, select

from adapters.sql.community.conversations import CONVERSATIONS
from adapters.sql.community.messages import (
    BETWEEN,
    DELIVERIES,
    IN_COMMUNITY,
    MESSAGE_COLUMNS,
    MESSAGES,
    POINTERS,
    RECEIPTS,
    STREAMS,
    message,
    pair,
)
from adapters.sql.community.rows import GROUPS, PERSON_COLUMNS
from adapters.sql.community.searching import matches, query_of
from adapters.sql.database import AnyRow, Database
from adapters.sql.failures import translated
from adapters.sql.learning.rows import USERS
from adapters.sql.together import Shared
from core.actor import Actor
from core.paging import Page, PageRequest
from core.text import words
from modules.community.domain.chat import MOST_READERS, Message, MessageStatus
from modules.community.queries import Conversation, MessageCard, MessageRef, Messages, Person, Reader

QUOTED = MESSAGES.alias("quoted")
_MESSAGE = len(MESSAGE_COLUMNS)
_PERSON = _MESSAGE + len(PERSON_COLUMNS)
# the move that came to rest nearest to it: as good as the first one, and found without looking at all of them
_READ_AT = (
    select(RECEIPTS.c.read_at)
    .where(
        RECEIPTS.c.stream_id == MESSAGES.c.stream_id,
        RECEIPTS.c.seq >= MESSAGES.c.seq,
        RECEIPTS.c.user_id != MESSAGES.c.sender_id,
    )
    .order_by(RECEIPTS.c.seq, RECEIPTS.c.id)
    .limit(1)
    .correlate(MESSAGES)
    .scalar_subquery()
)
CARDS = (
    select(
        *MESSAGE_COLUMNS,
        *PERSON_COLUMNS,
        USERS.c.email,
        QUOTED.c.id,
        QUOTED.c.sender_id,
        QUOTED.c.message,
        QUOTED.c.is_deleted,
        _READ_AT,
        DELIVERIES.c.user_id,
        DELIVERIES.c.seq,
        DELIVERIES.c.second_seq,
    )
    .select_from(MESSAGES)
    .join(USERS, USERS.c.id == MESSAGES.c.sender_id)
    .outerjoin(QUOTED, QUOTED.c.id == MESSAGES.c.reply_to_id)
    .outerjoin(DELIVERIES, DELIVERIES.c.stream_id == MESSAGES.c.stream_id)
)
CARD_BY_ID = CARDS.where(MESSAGES.c.id == bindparam("id"))
_LIMIT = bindparam("page_limit", type_=Integer)
_DOWN, _UP = MESSAGES.c.seq.desc(), MESSAGES.c.seq.asc()


class Pages:
    """The statements that page through a stream: the community's own, or that of two members."""

    def __init__(self, *is_stream: Any) -> None:
        stream = select(STREAMS.c.id).where(*is_stream).scalar_subquery()
        seq = (
            select(MESSAGES.c.seq)
            .where(MESSAGES.c.id == bindparam("id"), MESSAGES.c.stream_id == stream)
            .scalar_subquery()
        )
        of_stream = CARDS.where(MESSAGES.c.stream_id == stream)
        self.latest: Select[Any] = of_stream.order_by(_DOWN).limit(_LIMIT)
        self.before: Select[Any] = of_stream.where(MESSAGES.c.seq < seq).order_by(_DOWN).limit(_LIMIT)
        self.up_to: Select[Any] = of_stream.where(MESSAGES.c.seq <= seq).order_by(_DOWN).limit(_LIMIT)
        self.after: Select[Any] = of_stream.where(MESSAGES.c.seq > seq).order_by(_UP).limit(_LIMIT)
        # the newest of all that match: what was found is numbered by id, as all streams are in order of time
        self.found = {
            is_sqlite: of_stream.where(matches(MESSAGES, is_sqlite=is_sqlite, place=stream))
            .order_by(MESSAGES.c.id.desc())
            .limit(_LIMIT)
            for is_sqlite in (False, True)
        }
        self.found_before = {
            is_sqlite: statement.where(MESSAGES.c.id < bindparam("id")) for is_sqlite, statement in self.found.items()
        }


OF_ALL, OF_TWO = Pages(*IN_COMMUNITY), Pages(*BETWEEN)
FURTHEST_READERS = (
    select(POINTERS.c.last_read_seq, POINTERS.c.user_id)
    .where(POINTERS.c.stream_id == bindparam("stream_id"), POINTERS.c.last_read_seq >= bindparam("seq"))
    .order_by(POINTERS.c.last_read_seq.desc())
    .limit(MOST_READERS + 1)
)
READERS = (
    select(*PERSON_COLUMNS, func.min(RECEIPTS.c.read_at))
    .join(RECEIPTS, RECEIPTS.c.user_id == USERS.c.id)
    .where(
        RECEIPTS.c.stream_id == bindparam("stream_id"),
        RECEIPTS.c.seq >= bindparam("seq"),
        RECEIPTS.c.user_id != bindparam("sender_id"),
    )
    .group_by(*PERSON_COLUMNS)
    .order_by(func.min(RECEIPTS.c.read_at), USERS.c.id)
    .limit(MOST_READERS)
)
MEMBER_COUNT = select(GROUPS.c.member_count).where(GROUPS.c.id == bindparam("community_id"))


def _card(row: AnyRow) -> MessageCard:
    email, quoted_id, quoted_sender, quoted, is_gone, read_at, delivered_to, delivered, second = row[_PERSON:]
    reply_to = None if quoted_id is None else MessageRef(quoted_id, quoted_sender, "" if is_gone else quoted)
    known = message(row[:_MESSAGE])
    to_others = (second if delivered_to == known.sender_id else delivered) or 0
    status = MessageStatus.DELIVERED if to_others >= known.seq else MessageStatus.SENT
    return MessageCard(known, Person(*row[_MESSAGE:_PERSON]), email, reply_to, status, 0, read_at)


class SqlChatQueries:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._latest = Shared(self._read_latest)  # when a class begins, all open its chat

    async def messages(
        self,
        community_id: int,
        *,
        between: tuple[int, int] | None = None,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
        search: str | None = None,
    ) -> Messages:
        is_latest = before is None and after is None and around is None
        if is_latest and between is None and search is None:
            with translated():
                return await self._latest.get((community_id, limit))
        pages = OF_ALL if between is None else OF_TWO
        stream = {"community_id": community_id, **(pair(*between) if between else {})}
        if search is not None:
            return Messages(await self._found(pages, stream, limit, search, before))
        if after is not None:
            cards = (await self._cards(pages.after, stream, limit, after))[::-1]
        elif around is not None:
            newer = await self._cards(pages.after, stream, limit // 2, around)
            cards = newer[::-1] + await self._cards(pages.up_to, stream, limit - len(newer), around)
        elif before is not None:
            cards = await self._cards(pages.before, stream, limit, before)
        else:
            cards = await self._cards(pages.latest, stream, limit, None)
        return Messages(await self._read(cards))

    async def message(self, message_id: int) -> MessageCard | None:
        row = await self._database.row(CARD_BY_ID, {"id": message_id})
        return (await self._read([_card(row)]))[0] if row else None

    async def readers(self, message: Message) -> list[Reader]:
        counted = await self._database.row(MEMBER_COUNT, {"community_id": message.community_id})
        if counted is None or (counted[0] > MOST_READERS and message.recipient_id is None):
            return []
        values = {"stream_id": message.stream_id, "seq": message.seq, "sender_id": message.sender_id}
        return [Reader(Person(*row[:-1]), row[-1]) for row in await self._database.rows(READERS, values)]

    async def conversations(self, request: PageRequest, viewer: Actor, community_id: int) -> Page[Conversation]:
        values = {"community_id": community_id, "user_id": viewer.user_id}
        return await CONVERSATIONS.page(
            self._database,
            request,
            values=values,
            order="recent",
            keys=lambda one: (one.latest.id,),
        )

    async def _read_latest(self, asked: tuple[int, int]) -> Messages:
        community_id, limit = asked
        return Messages(await self._read(await self._cards(OF_ALL.latest, {"community_id": community_id}, limit, None)))

    async def _cards(
        self, statement: Select[Any], stream: dict[str, Any], limit: int, message_id: int | None
    ) -> list[MessageCard]:
        values = {**stream, "page_limit": limit, **({} if message_id is None else {"id": message_id})}
        return [_card(row) for row in await self._database.rows(statement, values)]

    async def _found(
        self, pages: Pages, stream: dict[str, Any], limit: int, search: str, before: int | None
    ) -> list[MessageCard]:
        terms, is_sqlite = words(search), self._database.is_sqlite
        if not terms:
            return []
        statement = (pages.found if before is None else pages.found_before)[is_sqlite]
        values = {**stream, "query": query_of(terms, is_sqlite=is_sqlite)}
        return await self._read(await self._cards(statement, values, limit, before))

    async def _read(self, cards: list[MessageCard]) -> list[MessageCard]:
        """With the numbers of readers, which the furthest pointers tell of all messages of a page."""
        if not cards:
            return cards
        values = {"stream_id": cards[0].message.stream_id, "seq": min(card.message.seq for card in cards)}
        pointers = await self._database.rows(FURTHEST_READERS, values)
        reached = {user_id: last_read for last_read, user_id in pointers}
        in_order = sorted(reached.values())
        return [_counted(card, reached, in_order) for card in cards]


def _counted(card: MessageCard, reached: dict[int, int], in_order: list[int]) -> MessageCard:
    seq = card.message.seq
    is_read_by_sender = reached.get(card.message.sender_id, 0) >= seq
    readers = min(MOST_READERS, len(in_order) - bisect_left(in_order, seq) - is_read_by_sender)
    if not readers:
        return card
    return MessageCard(
        card.message, card.sender, card.sender_email, card.reply_to, MessageStatus.READ, readers, card.read_at
    )
