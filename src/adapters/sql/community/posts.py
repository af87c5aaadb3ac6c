"""Posts, reactions and reports, within a transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.community.counts import COUNT_POST
from adapters.sql.community.places import PlaceStore
from adapters.sql.community.rows import GROUPS, MEMBERS
from adapters.sql.community.threads import POST_COLUMNS, POSTS, REACTION_TYPES, post
from adapters.sql.failures import Duplicate
from adapters.sql.learning.rows import INSTRUCTORS, USERS
from adapters.sql.models import PostFlag, PostMention, PostReaction, PostRevision
from adapters.sql.store import table
from core.text import words
from modules.community.domain.posts import AlreadyFlagged, FlagReason, Post, ReactionType
from modules.community.ports import Flag

REACTIONS, FLAGS, REVISIONS = table(PostReaction), table(PostFlag), table(PostRevision)
MENTIONS = table(PostMention)
BY_ID: Select[Any] = select(*POST_COLUMNS).where(POSTS.c.id == bindparam("id"))
BY_ID_LOCKED = BY_ID.with_for_update(key_share=True)
ADD = insert(POSTS).returning(*POST_COLUMNS)
_BY = bindparam("by", type_=POSTS.c.reply_count.type)
COUNT_REPLY = update(POSTS).where(POSTS.c.id == bindparam("row")).values(reply_count=POSTS.c.reply_count + _BY)
REACTION = select(REACTIONS.c.reaction_type).where(
    REACTIONS.c.post_id == bindparam("post_id"), REACTIONS.c.user_id == bindparam("user_id")
)
_REACT = upsert(REACTIONS)
REACT = _REACT.on_conflict_do_update(
    index_elements=["post_id", "user_id"],
    set_={"reaction_type": _REACT.excluded.reaction_type, "created_at": _REACT.excluded.created_at},
)
UNREACT = delete(REACTIONS).where(REACTIONS.c.post_id == bindparam("in_post"), REACTIONS.c.user_id == bindparam("who"))
_GROUP = bindparam("community_id", type_=GROUPS.c.id.type)
_POST = bindparam("mentioning", type_=MENTIONS.c.post_id.type)
MENTIONABLE = select(_POST, USERS.c.id).where(  # members, and the course's instructors, who are so without joining
    USERS.c.is_active,
    or_(
        exists().where(MEMBERS.c.community_id == _GROUP, MEMBERS.c.user_id == USERS.c.id, MEMBERS.c.is_active),
        exists().where(
            GROUPS.c.id == _GROUP, INSTRUCTORS.c.course_id == GROUPS.c.course_id, INSTRUCTORS.c.user_id == USERS.c.id
        ),
    ),
)


class SqlPostStore(PlaceStore):
    async def post(self, post_id: int, *, lock: bool = False) -> Post | None:
        row = await self.transaction.row(BY_ID_LOCKED if lock else BY_ID, {"id": post_id})
        return post(row) if row else None

    async def add_post(self, *, mentions: list[str], **values: Any) -> Post:
        now = self.transaction.clock.now()
        fixed: dict[str, Any] = {
            **dict.fromkeys(("is_pinned", "is_deleted", "flagged_review"), False),
            **dict.fromkeys(("view_count", "reply_count", "flag_count"), 0),
            "moderation_notes": "",
            "reactions": {},
            "deleted_at": None,
            "version": 1,
        }
        values["status"], values["terms"] = values["status"].value, _terms(values["title"], values["content"])
        row = (await self.transaction.execute(ADD, {**fixed, **values, "created_at": now, "updated_at": now})).one()
        made = post(row)
        await self._mention(made.id, made.community_id, mentions)
        return made

    async def change_post(self, post_id: int, **changes: Any) -> Post:
        columns = {name: getattr(value, "value", value) for name, value in changes.items()}
        if "content" in changes:
            columns["terms"] = _terms(changes["title"], changes["content"])
        elif changes.get("is_deleted"):
            columns["terms"] = ""
        columns["updated_at"] = self.transaction.clock.now()
        return await self._set(post_id, is_new_version=True, **columns)

    async def mark_published(self, post_id: int, now: datetime) -> Post:
        return await self._set(post_id, published_at=now)

    async def keep_revision(self, post: Post) -> None:
        values = {"post_id": post.id, "title": post.title, "content": post.content}
        await self.transaction.execute(insert(REVISIONS), {**values, "replaced_at": self.transaction.clock.now()})

    async def set_mentions(self, post_id: int, community_id: int, names: list[str]) -> None:
        await self.transaction.execute(delete(MENTIONS).where(MENTIONS.c.post_id == post_id))
        await self._mention(post_id, community_id, names)

    async def count(self, post: Post, by: int) -> None:
        if post.parent_post_id is not None:
            await self.transaction.execute(COUNT_REPLY, {"row": post.parent_post_id, "by": by})
        else:
            await self.transaction.execute(COUNT_POST, {"community_id": post.community_id, "change": by})

    async def reaction(self, post_id: int, user_id: int) -> ReactionType | None:
        found = await self.transaction.scalar(REACTION, {"post_id": post_id, "user_id": user_id})
        return None if found is None else REACTION_TYPES[found]

    async def set_reaction(self, post_id: int, user_id: int, reaction: ReactionType | None) -> None:
        if reaction is None:
            await self.transaction.execute(UNREACT, {"in_post": post_id, "who": user_id})
            return
        values = {"post_id": post_id, "user_id": user_id, "reaction_type": reaction.value}
        await self.transaction.execute(REACT, {**values, "created_at": self.transaction.clock.now()})

    async def set_flags(self, post_id: int, flag_count: int, *, flagged_review: bool) -> None:
        await self._set(post_id, flag_count=flag_count, flagged_review=flagged_review)

    async def set_reactions(self, post_id: int, reactions: dict[str, int]) -> None:
        await self._set(post_id, reactions=reactions)

    async def add_flag(self, post_id: int, user_id: int, reason: FlagReason, comment: str) -> Flag:
        now = self.transaction.clock.now()
        values = {"post_id": post_id, "user_id": user_id, "reason": reason.value, "comment": comment, "created_at": now}
        try:
            id_ = int(await self.transaction.scalar(insert(FLAGS).returning(FLAGS.c.id), values))
        except Duplicate as error:
            raise AlreadyFlagged from error
        return Flag(id_, post_id, reason, comment, now)

    async def clear_flags(self, post_id: int) -> None:
        await self.transaction.execute(delete(FLAGS).where(FLAGS.c.post_id == post_id))

    async def _mention(self, post_id: int, community_id: int, names: list[str]) -> None:
        if names:
            named = MENTIONABLE.where(or_(*(USERS.c.username_key == name for name in names)))
            mention = insert(MENTIONS).from_select(["post_id", "user_id"], named)
            await self.transaction.execute(mention, {"mentioning": post_id, "community_id": community_id})

    async def _set(self, post_id: int, *, is_new_version: bool = False, **columns: Any) -> Post:
        if is_new_version:
            columns["version"] = POSTS.c.version + 1
        statement = update(POSTS).where(POSTS.c.id == post_id).values(**columns).returning(*POST_COLUMNS)
        return post((await self.transaction.execute(statement)).one())


def _terms(title: str, content: str) -> str:
    """What search reads."""
    return " ".join(words(f"{title} {content}"))
