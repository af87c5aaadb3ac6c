"""Posts and threads as people read them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    SelectBase,
    and_,
    any_,
    bindparam,
    column,
    or_,
    select,
    true,
    union,
)
from sqlalchemy import values as listed
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.sql.community.rows import GROUPS, MEMBERS, PERSON_COLUMNS
from adapters.sql.community.searching import matches, query_of
from adapters.sql.database import AnyRow, Database
from adapters.sql.keyed import KeyedReads
from adapters.sql.learning.access import HAS_ACCESS, teaches
from adapters.sql.learning.rows import ENROLLMENTS, USERS
from adapters.sql.models import CommunityPost, PostMention, PostReaction, PostRevision
from adapters.sql.pages import KeysetList, given
from adapters.sql.store import table
from core.actor import Actor, Role
from core.clock import Clock
from core.paging import Page, PageRequest
from core.text import words
from modules.community.domain.groups import Visibility
from modules.community.domain.posts import Post, PostStatus, ReactionType
from modules.community.queries import Person, PostCard, PostFilter, Revision

POSTS, REACTIONS, MENTIONS, REVISIONS = (
    table(CommunityPost),
    table(PostReaction),
    table(PostMention),
    table(PostRevision),
)
POST_COLUMNS = [POSTS.c[name] for name in Post.__struct_fields__]
STATUSES = {status.value: status for status in PostStatus}
REACTION_TYPES = {reaction.value: reaction for reaction in ReactionType}
_POST = len(POST_COLUMNS)
_VIEWER: BindParameter[int] = bindparam("user_id")
CARDS = (
    select(*POST_COLUMNS, *PERSON_COLUMNS, REACTIONS.c.reaction_type)
    .select_from(POSTS)
    .join(USERS, USERS.c.id == POSTS.c.author_id)
    .outerjoin(REACTIONS, and_(REACTIONS.c.post_id == POSTS.c.id, REACTIONS.c.user_id == _VIEWER))
)
CARD_BY_ID = CARDS.where(POSTS.c.id == bindparam("id"))


def _tombstone(posts: FromClause) -> ColumnElement[bool]:
    return and_(posts.c.is_deleted, posts.c.reply_count > 0)


def _seen_by_members(posts: FromClause) -> ColumnElement[bool]:
    is_public = and_(posts.c.status == PostStatus.PUBLISHED.value, ~posts.c.flagged_review, ~posts.c.is_deleted)
    return or_(is_public, _tombstone(posts), and_(posts.c.author_id == _VIEWER, ~posts.c.is_deleted))


_JOINED: Select[Any] = (
    select(GROUPS.c.id)
    .join(MEMBERS, MEMBERS.c.community_id == GROUPS.c.id)
    .join(ENROLLMENTS, and_(ENROLLMENTS.c.course_id == GROUPS.c.course_id, ENROLLMENTS.c.user_id == _VIEWER))
    .where(
        MEMBERS.c.user_id == _VIEWER,
        MEMBERS.c.is_active,
        MEMBERS.c.banned_at.is_(None),
        GROUPS.c.visibility != Visibility.PRIVATE.value,
        HAS_ACCESS,
    )
)
_TAUGHT: Select[Any] = select(GROUPS.c.id).where(teaches(GROUPS.c.course_id))


def _feed(groups: SelectBase, cursor: str) -> ColumnElement[bool]:
    """What a page of the feed of these groups can have in it: of each group as many as the page takes, by the index of
    its screen. The list itself would walk over all posts of the school while one's own groups are quiet.
    """
    own, mine = POSTS.alias("own"), groups.subquery("mine")
    kinds = listed(column("is_pinned", Boolean), name="kinds").data([(True,), (False,)])  # the index has them apart
    after = bindparam("after_0", type_=POSTS.c.id.type)
    resuming = {"first": [], "older": [own.c.id < after], "newer": [own.c.id > after]}[cursor]
    found = (
        select(own.c.id)
        .where(own.c.community_id == mine.c.id, own.c.is_pinned == kinds.c.is_pinned, own.c.parent_post_id.is_(None))
        .where(_seen_by_members(own), *resuming)
        .order_by(own.c.id.asc() if cursor == "newer" else own.c.id.desc())
        .limit(bindparam("page_limit", type_=Integer))
        .lateral("found")
    )
    return POSTS.c.id.in_(select(found.c.id).select_from(mine.join(kinds, true()).join(found, true())))


FILTERS = {
    **{name: POSTS.c[name] == bindparam(name) for name in ("community_id", "parent_post_id", "author_id", "status")},
    "top": POSTS.c.parent_post_id.is_(None),
    "pinned": POSTS.c.is_pinned,
    "not_pinned": ~POSTS.c.is_pinned,
    "flagged": and_(POSTS.c.flag_count > 0, ~POSTS.c.is_deleted),
    "seen_by_members": _seen_by_members(POSTS),
    "seen_by_moderators": or_(~POSTS.c.is_deleted, _tombstone(POSTS)),
    "found_sqlite": matches(POSTS, is_sqlite=True),
    "found_postgres": matches(POSTS, is_sqlite=False),
    "found_here_postgres": matches(POSTS, is_sqlite=False, place=bindparam("community_id", type_=BigInteger)),
    "joined": POSTS.c.community_id.in_(_JOINED),
    "joined_or_taught": or_(POSTS.c.community_id.in_(_JOINED), POSTS.c.community_id.in_(_TAUGHT)),
    **{f"feed_{cursor}_joined": _feed(_JOINED, cursor) for cursor in ("first", "older", "newer")},
    **{
        f"feed_{cursor}_joined_or_taught": _feed(union(_JOINED, _TAUGHT), cursor)
        for cursor in ("first", "older", "newer")
    },
}
FEED = ["seen_by_members", "top"]
"""What is asked of the feed where nothing is filtered."""
ORDERS = {"pinned": [POSTS.c.is_pinned, POSTS.c.id], "id": [POSTS.c.id]}
PEOPLE = select(MENTIONS.c.post_id, *PERSON_COLUMNS).join(USERS, USERS.c.id == MENTIONS.c.user_id).order_by(USERS.c.id)
POSTGRES_PEOPLE = PEOPLE.where(MENTIONS.c.post_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
SQLITE_PEOPLE = PEOPLE.where(MENTIONS.c.post_id.in_(bindparam("ids", expanding=True)))
HISTORY = (
    select(REVISIONS.c.title, REVISIONS.c.content, REVISIONS.c.replaced_at)
    .where(REVISIONS.c.post_id == bindparam("post_id"))
    .order_by(REVISIONS.c.id.desc())
    .limit(100)
)


def post(row: Sequence[Any]) -> Post:
    values = list(row)
    values[6] = STATUSES[values[6]]
    return Post(*values)


def _card(row: AnyRow) -> PostCard:
    reaction = row[-1]
    mine = None if reaction is None else REACTION_TYPES[reaction]
    return PostCard(post(row[:_POST]), Person(*row[_POST:-1]), mine, [])


POST_LIST = KeysetList(CARDS, make=_card, orders=ORDERS, filters=FILTERS)


class SqlPostQueries:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._cards = KeyedReads(database, CARD_BY_ID, "id", "user_id")

    async def posts(self, request: PageRequest, viewer: Actor, wanted: PostFilter) -> Page[PostCard]:
        if wanted.search is not None and not words(wanted.search):
            return Page([])
        values: dict[str, Any] = given(
            community_id=wanted.community_id,
            parent_post_id=wanted.parent_post_id,
            author_id=wanted.author_id,
            status=wanted.status and wanted.status.value,
        )
        where = sorted(values)
        if wanted.search is not None:
            is_sqlite = self._database.is_sqlite
            here = "" if wanted.community_id is None else "here_"
            where.append("found_sqlite" if is_sqlite else f"found_{here}postgres")
            values["query"] = query_of(words(wanted.search), is_sqlite=is_sqlite)
        elif wanted.parent_post_id is None and not wanted.is_queue:
            where.append("top")
        if wanted.is_pinned is not None:
            where.append("pinned" if wanted.is_pinned else "not_pinned")
        if wanted.is_flagged:
            where.append("flagged")
        where.append("seen_by_moderators" if wanted.sees_all else "seen_by_members")
        values["user_id"] = viewer.user_id
        if wanted.community_id is None and not viewer.is_admin:
            mine = "joined_or_taught" if viewer.role is Role.INSTRUCTOR else "joined"
            if sorted(where) == FEED and not request.want_count and not self._database.is_sqlite:
                cursor = "first" if request.after is None else "newer" if request.backward else "older"
                mine = f"feed_{cursor}_{mine}"
            where.append(mine)
            values["now"] = self._clock.now()
        page = await POST_LIST.page(
            self._database,
            request,
            where=where,
            values=values,
            order="pinned" if wanted.pins_first else "id",
            descending=wanted.parent_post_id is None and not wanted.is_queue,
            keys=(lambda c: (c.post.is_pinned, c.post.id)) if wanted.pins_first else (lambda c: (c.post.id,)),
        )
        return Page(await self._named(page.results), page.next_cursor, page.previous_cursor, page.count)

    async def post(self, viewer: Actor, post_id: int) -> PostCard | None:
        row = await self._cards.row(post_id, viewer.user_id)
        return (await self._named([_card(row)]))[0] if row else None

    async def revisions(self, post_id: int) -> list[Revision]:
        return [Revision(*row) for row in await self._database.rows(HISTORY, {"post_id": post_id})]

    async def _named(self, cards: list[PostCard]) -> list[PostCard]:
        """The same cards with the people whom they mention, by one statement for all."""
        ids = [card.post.id for card in cards if "@" in card.post.content]
        if ids:
            statement = SQLITE_PEOPLE if self._database.is_sqlite else POSTGRES_PEOPLE
            by_post: dict[int, list[Person]] = {}
            for row in await self._database.rows(statement, {"ids": ids}):
                by_post.setdefault(row[0], []).append(Person(*row[1:]))
            for card in cards:
                card.mentions.extend(by_post.get(card.post.id, ()))
        return cards
