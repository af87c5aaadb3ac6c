"""Writing posts and replies, reacting to them, and reporting them."""

from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from core.clock import Clock
from core.errors import Invalid, NotFound, VersionConflict
from core.idempotency import Once
from core.transaction import Begin
from modules.community.domain.groups import Place, demand_member, demand_voice
from modules.community.domain.posts import (
    FLAGS_THAT_HIDE,
    FlagReason,
    NotAuthor,
    Post,
    PostStatus,
    ReactionType,
    demand_shape,
    depth_below,
    first_status,
    is_visible,
    mentioned,
    reacted,
    status_after_edit,
)
from modules.community.events import PostPublished, PostReported, PostWaits
from modules.community.ports import Flag, Markdown, PostStore


@dataclass(frozen=True, slots=True)
class Posting:
    begin: Begin[PostStore]
    markdown: Markdown
    clock: Clock

    async def write(
        self,
        actor: Actor,
        community_id: int,
        *,
        title: str | None,
        content: str,
        parent_post_id: int | None = None,
        once: Once | None = None,
    ) -> Post:
        """Publish a post or a reply, or have it wait for approval where the group wants that.

        :raises Invalid: no such post to reply to; a title too many or too few. :raises Silenced: and what being a
        member demands.
        """
        html = self.markdown.render(content)
        now = self.clock.now()
        async with self.begin() as store:
            if known := await store.answered(once, int):
                return _present(await store.post(known))
            place = demand_voice(await store.place(actor, community_id), now)
            parent = await _parent(store, place, actor, parent_post_id)
            demand_shape(title, parent)
            status = first_status(place)
            post = await store.add_post(
                community_id=community_id,
                author_id=actor.user_id,
                title=title or "",
                content=content,
                content_html=html,
                status=status,
                published_at=now if status is PostStatus.PUBLISHED else None,
                parent_post_id=parent_post_id,
                depth=depth_below(parent),
                mentions=mentioned(content),
            )
            if post.is_public:
                await _add_public(store, post)
            await _tell_waiting(store, None, post)
            await store.answer(once, post.id)
            return post

    async def draft(self, store: PostStore, author_id: int, community_id: int, *, title: str, content: str) -> None:
        """Reaction: a post that waits to be edited and approved, whatever the group does with posts."""
        post = await store.add_post(
            community_id=community_id,
            author_id=author_id,
            title=title,
            content=content,
            content_html=self.markdown.render(content),
            status=PostStatus.PENDING,
            published_at=None,
            parent_post_id=None,
            depth=0,
            mentions=[],
        )
        await _tell_waiting(store, None, post)

    async def edit(
        self, actor: Actor, post_id: int, *, title: str | None, content: str, version: int | None = None
    ) -> Post:
        """What it said before is kept; without `title` that stays. Where posts wait for approval, a changed one waits
        again; so does one that was rejected.

        :raises NotFound: :raises NotAuthor: :raises VersionConflict: :raises Silenced:
        """
        html = self.markdown.render(content)
        async with self.begin() as store:
            post, place = await seen(store, actor, post_id, lock=True)
            demand_voice(place, self.clock.now())
            if post.author_id != actor.user_id:
                raise NotAuthor
            if version is not None and version != post.version:
                raise VersionConflict
            title = post.title if title is None else title
            demand_shape(title, None if post.parent_post_id is None else post)
            if (title, content) == (post.title, post.content):
                return post
            await store.keep_revision(post)
            await store.set_mentions(post_id, post.community_id, mentioned(content))
            changed = await store.change_post(
                post_id, title=title, content=content, content_html=html, status=status_after_edit(post, place)
            )
            await _tell_waiting(store, post, changed)
            return await recount(store, post, changed, self.clock.now())

    async def remove(self, actor: Actor, post_id: int) -> None:
        """One's own, or anybody's as a moderator. With replies below it, it stays as a tombstone.

        :raises NotFound: :raises NotAuthor:
        """
        async with self.begin() as store:
            post, place = await seen(store, actor, post_id, lock=True)
            if post.is_deleted:
                return
            is_own = post.author_id == actor.user_id
            if not is_own and not place.is_moderator:
                raise NotAuthor
            await store.change_post(post_id, is_deleted=True, is_pinned=False, deleted_at=self.clock.now())
            if post.is_public:
                await store.count(post, -1)
            if not is_own:
                await store.audit(
                    actor_id=actor.user_id,
                    action="post.deleted",
                    target_type="post",
                    target_id=post_id,
                    author_id=post.author_id,
                )

    async def react(self, actor: Actor, post_id: int, reaction: ReactionType | None) -> dict[str, int]:
        """Set or change one's reaction, or take it back with None; the counts after it. A repeat changes nothing.

        :raises NotFound: and what being a member demands.
        """
        async with self.begin() as store:
            post, _ = await seen(store, actor, post_id, lock=True)
            if post.is_deleted:
                raise NotFound
            before = await store.reaction(post_id, actor.user_id)
            if before is reaction:
                return post.reactions
            counts = reacted(post.reactions, before, reaction)
            await store.set_reaction(post_id, actor.user_id, reaction)
            await store.set_reactions(post_id, counts)
            return counts

    async def flag(self, actor: Actor, post_id: int, reason: FlagReason, comment: str) -> Flag:
        """Report a post to the moderators; three reports hide it until one of them has looked.

        :raises AlreadyFlagged: :raises NotFound: and what being a member demands.
        """
        async with self.begin() as store:
            post, _ = await seen(store, actor, post_id, lock=True)
            if post.is_deleted:
                raise NotFound
            flag = await store.add_flag(post_id, actor.user_id, reason, comment)
            count = post.flag_count + 1
            await store.set_flags(post_id, count, flagged_review=count >= FLAGS_THAT_HIDE)
            if count == FLAGS_THAT_HIDE and post.is_public:
                await store.count(post, -1)
            if count in (1, FLAGS_THAT_HIDE):
                await store.emit(
                    PostReported(
                        report_id=flag.id,
                        post_id=post_id,
                        community_id=post.community_id,
                        is_hidden=count == FLAGS_THAT_HIDE,
                    )
                )
            return flag


async def seen(store: PostStore, actor: Actor, post_id: int, *, lock: bool = False) -> tuple[Post, Place]:
    """A post that the caller may see, as a member of its group.

    :raises NotFound: and what being a member demands.
    """
    post = await store.post(post_id, lock=lock)
    if post is None:
        raise NotFound
    place = demand_member(await store.place(actor, post.community_id))
    if not is_visible(post, place, actor.user_id):
        raise NotFound
    return post, place


async def recount(store: PostStore, before: Post, after: Post, now: datetime) -> Post:
    """Keep the counts true after a change, and tell it when members can read a post for the first time."""
    if before.is_public and not after.is_public:
        await store.count(after, -1)
    if before.is_public or not after.is_public:
        return after
    if after.published_at is not None:
        await store.count(after, 1)
        return after
    await _add_public(store, after)
    return await store.mark_published(after.id, now)


async def _add_public(store: PostStore, post: Post) -> None:
    """Members can read it for the first time."""
    await store.emit(
        PostPublished(
            post_id=post.id,
            community_id=post.community_id,
            author_id=post.author_id,
            parent_post_id=post.parent_post_id,
            has_mentions=bool(mentioned(post.content)),
        )
    )
    await store.count(post, 1)  # after the outbox: it holds the post above a reply, and who replies there waits for it


async def _tell_waiting(store: PostStore, before: Post | None, after: Post) -> None:
    if after.status is PostStatus.PENDING and (before is None or before.status is not PostStatus.PENDING):
        await store.emit(
            PostWaits(
                post_id=after.id, community_id=after.community_id, author_id=after.author_id, version=after.version
            )
        )


async def _parent(store: PostStore, place: Place, actor: Actor, parent_post_id: int | None) -> Post | None:
    if parent_post_id is None:
        return None
    parent = await store.post(parent_post_id)
    if parent is None or parent.community_id != place.group.id or not is_visible(parent, place, actor.user_id):
        raise Invalid.field("parent_post_id", "There is no such post in this community.")
    if parent.is_deleted or not parent.is_public:
        raise Invalid.field("parent_post_id", "Nobody can reply to this post now.")
    return parent


def _present(post: Post | None) -> Post:
    if post is None:
        raise NotFound
    return post
