"""What a course consists of: its modules and contents, their order, and what students see of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, NoReturn

from core.actor import Actor
from core.errors import FieldFault, Invalid, NotFound, Unsupported
from core.transaction import Begin
from modules.learning.domain.catalogue import (
    Content,
    ContentType,
    InUse,
    Media,
    Module,
    NotPublishable,
    Provider,
    content_gaps,
    same_members,
)
from modules.learning.domain.media import FILE_TYPES, hosted_video
from modules.learning.domain.quizzes import quiz_gaps
from modules.learning.events import ContentPublished, ContentWithdrawn
from modules.learning.ports import Markdown, MediaLibrary, OutlineStore
from modules.learning.staff import demand_content, demand_same_version, demand_staff


@dataclass(frozen=True, slots=True)
class Outlining:
    """Every method is for the course's staff.

    :raises NotFound: :raises NotStaff: from each of them.
    """

    begin: Begin[OutlineStore]
    library: MediaLibrary
    markdown: Markdown
    upload_limit: int

    async def add_module(self, actor: Actor, course_id: int, *, title: str, description: str) -> Module:
        """Add a module at the end of the course."""
        async with self.begin() as store:
            await demand_staff(store, actor, course_id)
            module = await store.add_module(course_id, title=title, description=description)
            await store.touch_course(course_id)
            return module

    async def edit_module(
        self, actor: Actor, module_id: int, changes: dict[str, Any], *, version: int | None = None
    ) -> Module:
        """:raises VersionConflict:"""
        async with self.begin() as store:
            module = await _module(store, actor, module_id)
            demand_same_version(module.version, version)
            await store.touch_course(module.course_id)
            return await store.change_module(module_id, **changes)

    async def remove_module(self, actor: Actor, module_id: int) -> None:
        """Delete an empty module.

        :raises InUse: it has contents.
        """
        async with self.begin() as store:
            module = await _module(store, actor, module_id)
            if await store.content_ids(module_id):
                raise InUse("Move or delete its contents first.")
            await store.remove_module(module_id)
            await store.touch_course(module.course_id)

    async def order_modules(self, actor: Actor, course_id: int, ids: list[int]) -> None:
        """Put the modules in the order of `ids`, which must name each once.

        :raises Invalid:
        """
        async with self.begin() as store:
            await demand_staff(store, actor, course_id)
            same_members(ids, await store.module_ids(course_id), "ids")
            await store.order_modules(ids)
            await store.touch_course(course_id)

    async def add_content(
        self, actor: Actor, module_id: int, *, content_type: ContentType, video_url: str | None, **values: Any
    ) -> Content:
        """Add an unpublished content at the end of the module.

        :raises Invalid: the address is not one of an allowed video host, or this is no video.
        """
        values = _with_media(content_type, {"media": None, "video_url": video_url, **values})
        values["text_html"] = self.markdown.render(values["text_content"])
        async with self.begin() as store:
            module = await _module(store, actor, module_id)
            await store.touch_course(module.course_id)
            return await store.add_content(module, content_type=content_type, **values)

    async def edit_content(
        self, actor: Actor, content_id: int, changes: dict[str, Any], *, version: int | None = None
    ) -> Content:
        """Change a content; a content that students see must stay complete.

        :raises VersionConflict: :raises NotPublishable: :raises Invalid:
        """
        if "text_content" in changes:
            changes["text_html"] = self.markdown.render(changes["text_content"])
        async with self.begin() as store:
            content = await demand_content(store, actor, content_id)
            demand_same_version(content.version, version)
            changes = _with_media(content.content_type, changes)
            if "module_id" in changes:
                target = await _module(store, actor, changes["module_id"])
                if target.course_id != content.course_id:
                    raise Invalid.field("module_id", "This module belongs to another course.")
            changed = await store.change_content(content_id, **changes) if changes else content
            if changed.is_published and (gaps := content_gaps(changed)):
                raise NotPublishable(faults=tuple(gaps))
            if changed.is_published and changes:
                await store.emit(ContentPublished(content_id=content_id))
            await store.touch_course(content.course_id)
        await self._discard_former(content.media, changed.media)
        return changed

    async def remove_content(self, actor: Actor, content_id: int) -> None:
        """:raises InUse: a student has progress in it."""
        async with self.begin() as store:
            content = await demand_content(store, actor, content_id)
            if await store.is_content_used(content_id):
                raise InUse
            uploaded = await store.uploaded(content_id)
            await store.emit(ContentWithdrawn(content_id=content_id))
            await store.remove_content(content_id)
            await store.touch_course(content.course_id)
        await self._discard_former(content.media, None)
        for ref in (*content.captions.values(), *uploaded):
            await self.library.discard(ref)

    async def order_contents(self, actor: Actor, module_id: int, ids: list[int]) -> None:
        """Put the module's contents in the order of `ids`, which must name each once.

        :raises Invalid:
        """
        async with self.begin() as store:
            module = await _module(store, actor, module_id)
            same_members(ids, await store.content_ids(module_id), "ids")
            await store.order_contents(ids)
            await store.touch_course(module.course_id)

    async def set_published(self, actor: Actor, content_id: int, *, is_published: bool) -> Content:
        """Show a content to students, or hide it.

        :raises NotPublishable: with everything that is missing.
        """
        async with self.begin() as store:
            content = await demand_content(store, actor, content_id)
            if is_published and (gaps := content_gaps(content) + await _quiz_gaps(store, content)):
                raise NotPublishable(faults=tuple(gaps))
            if content.is_published == is_published:
                return content
            await store.touch_course(content.course_id)
            changed = await store.change_content(content_id, is_published=is_published)
            shown = ContentPublished if is_published else ContentWithdrawn
            await store.emit(shown(content_id=content_id))
            return changed

    async def upload(
        self, actor: Actor, content_id: int, chunks: AsyncIterator[bytes], *, mime_type: str, file_name: str
    ) -> Content:
        """Store the file of a video or document content in place of its former one.

        :raises Unsupported: a type that this content cannot have. :raises TooLarge:
        """
        async with self.begin() as store:
            content = await demand_content(store, actor, content_id)
        if mime_type not in FILE_TYPES.get(content.content_type, ()):
            raise Unsupported(f"A {content.content_type} cannot be a file of type {mime_type}.")
        key, size = await self.library.keep(
            f"contents/{content_id}", chunks, mime_type=mime_type, limit=self.upload_limit
        )
        media = Media(
            provider=Provider.STORAGE, ref=key, file_name=file_name[-200:], mime_type=mime_type, size_bytes=size
        )
        try:
            async with self.begin() as store:
                former = (await demand_content(store, actor, content_id)).media
                changed = await store.change_content(content_id, media=media)
                if changed.is_published:
                    await store.emit(ContentPublished(content_id=content_id))
                await store.touch_course(content.course_id)
        except BaseException:
            await self.library.discard(key)
            raise
        await self._discard_former(former, media)
        return changed

    async def _discard_former(self, former: Media | None, present: Media | None) -> None:
        """Delete the file of a media that was replaced."""
        if former and former.provider is Provider.STORAGE and former != present:
            await self.library.discard(former.ref)


async def _module(store: OutlineStore, actor: Actor, module_id: int) -> Module:
    """The module as it is while its course is locked: it may have changed while the lock was waited for."""
    module = await store.module(module_id)
    if module is None:
        raise NotFound
    await demand_staff(store, actor, module.course_id)
    return await store.module(module_id) or _gone()


async def _quiz_gaps(store: OutlineStore, content: Content) -> list[FieldFault]:
    if content.content_type is not ContentType.QUIZ:
        return []
    quiz = await store.quiz_of(content.id)
    if quiz is None:
        return [FieldFault("quiz", "The content has no quiz yet.")]
    return quiz_gaps(quiz, await store.questions(quiz.id))


def _gone() -> NoReturn:
    raise NotFound


def _with_media(content_type: ContentType, values: dict[str, Any]) -> dict[str, Any]:
    """`values` with `media` in place of `video_url`, which, like a duration, only a video has.

    :raises Invalid:
    """
    media: dict[str, Any] = {}
    if content_type is not ContentType.VIDEO:
        for field in ("video_url", "video_duration"):
            if values.get(field) is not None:
                raise Invalid.field(field, "Only a video has this.")
    elif "video_url" in values:
        url = values["video_url"]
        media = {"media": hosted_video(url) if url else None}
    return {key: value for key, value in values.items() if key != "video_url"} | media
