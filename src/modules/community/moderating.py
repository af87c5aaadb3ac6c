"""What moderators decide about posts."""

from dataclasses import dataclass

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound, VersionConflict
from core.transaction import Begin
from modules.community.domain.groups import demand_moderator
from modules.community.domain.posts import AlreadyModerated, Post, PostStatus
from modules.community.events import PostModerated
from modules.community.ports import PostStore
from modules.community.posting import recount, seen


@dataclass(frozen=True, slots=True)
class Moderating:
    begin: Begin[PostStore]
    clock: Clock

    async def approve(self, actor: Actor, post_id: int, *, notes: str, version: int | None = None) -> Post:
        """Publish a post that waited, or that reports had hidden.

        :raises AlreadyModerated: there is nothing to decide. :raises VersionConflict: it changed since `version`.
        :raises NotModerator: :raises NotFound:
        """
        return await self._decide(actor, post_id, PostStatus.PUBLISHED, notes, version)

    async def reject(self, actor: Actor, post_id: int, *, notes: str, version: int | None = None) -> Post:
        """Keep a post from the members; its author reads why in `notes`.

        :raises AlreadyModerated: :raises VersionConflict: :raises NotModerator: :raises NotFound:
        """
        return await self._decide(actor, post_id, PostStatus.REJECTED, notes, version)

    async def pin(self, actor: Actor, post_id: int, *, is_pinned: bool) -> Post:
        """Keep a post at the top, or no longer. A repeat changes nothing.

        :raises NotModerator: :raises NotFound: also for a reply, and for what members do not see.
        """
        async with self.begin() as store:
            post, place = await seen(store, actor, post_id, lock=True)
            demand_moderator(place)
            if post.parent_post_id is not None or not post.is_public:
                raise NotFound
            if post.is_pinned is is_pinned:
                return post
            changed = await store.change_post(post_id, is_pinned=is_pinned)
            await self._audit(store, actor, post, "pinned" if is_pinned else "unpinned")
            return changed

    async def _decide(self, actor: Actor, post_id: int, status: PostStatus, notes: str, version: int | None) -> Post:
        async with self.begin() as store:
            post, place = await seen(store, actor, post_id, lock=True)
            demand_moderator(place)
            if post.is_deleted:
                raise NotFound
            is_open = post.status is PostStatus.PENDING or post.flagged_review or post.flag_count > 0
            if not is_open:
                raise AlreadyModerated
            if version is not None and version != post.version:
                raise VersionConflict
            await store.clear_flags(post_id)
            changed = await store.change_post(
                post_id,
                status=status,
                moderation_notes=notes,
                flag_count=0,
                flagged_review=False,
                is_pinned=post.is_pinned and status is PostStatus.PUBLISHED,
            )
            changed = await recount(store, post, changed, self.clock.now())
            await store.emit(
                PostModerated(
                    post_id=post_id,
                    community_id=post.community_id,
                    author_id=post.author_id,
                    moderator_id=actor.user_id,
                    status=status.value,
                    version=changed.version,
                )
            )
            await self._audit(store, actor, post, "approved" if status is PostStatus.PUBLISHED else "rejected")
            return changed

    async def _audit(self, store: PostStore, actor: Actor, post: Post, what: str) -> None:
        await store.audit(
            actor_id=actor.user_id,
            action=f"post.{what}",
            target_type="post",
            target_id=post.id,
            community_id=post.community_id,
            author_id=post.author_id,
        )
