"""Files that clients send to the store by themselves, and captions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from core.actor import Actor
from core.clock import Clock
from core.errors import Conflict, Invalid, NotFound, TooLarge, Unsupported
from core.transaction import Begin
from modules.learning.domain.captions import MOST_BYTES, VTT, caption_faults
from modules.learning.domain.catalogue import Content, ContentType, Media, Provider
from modules.learning.domain.media import FILE_TYPES
from modules.learning.events import ContentPublished
from modules.learning.ports import MediaLibrary, UploadLink
from modules.learning.staff import demand_content
from modules.learning.upload_ports import Upload, UploadStore

HOUR = 3600
KEPT = timedelta(hours=24)
SWEPT_AT_ONCE = 100


class NotUploaded(Conflict):
    code = "not_uploaded"
    detail = "Nothing has arrived at the upload's address yet."


@dataclass(frozen=True, slots=True)
class Uploading:
    """Every method but `sweep` is for the course's staff.

    :raises NotFound: :raises NotStaff: from each of them.
    """

    begin: Begin[UploadStore]
    library: MediaLibrary
    clock: Clock
    upload_limit: int

    async def start(
        self, actor: Actor, content_id: int, *, file_name: str, mime_type: str, size_bytes: int
    ) -> tuple[Upload, UploadLink]:
        """An address for the file of a video or document content, good for an hour.

        :raises Unsupported: a type that this content cannot have. :raises TooLarge:
        """
        async with self.begin() as store:
            content = await demand_content(store, actor, content_id)
        if mime_type not in FILE_TYPES.get(content.content_type, ()):
            raise Unsupported(f"A {content.content_type} cannot be a file of type {mime_type}.")
        if size_bytes > self.upload_limit:
            raise TooLarge(f"At most {self.upload_limit // 2**20} MiB.")
        ref, link = self.library.upload_link(
            f"uploads/{content_id}", mime_type=mime_type, size_bytes=size_bytes, lifetime=HOUR
        )
        async with self.begin() as store:
            upload = await store.add_upload(
                content_id, actor.user_id, ref=ref, file_name=file_name, mime_type=mime_type, size_bytes=size_bytes
            )
        return upload, link

    async def complete(self, actor: Actor, upload_id: int) -> int:
        """Look at what arrived, and make it the content's file in place of its former one; the content's id.

        A repeat changes nothing. What is not what was announced is thrown away.

        :raises NotUploaded: :raises Invalid: another size. :raises Unsupported: another type, by its content.
        """
        upload = await self._announced(actor, upload_id)
        if upload.completed_at is not None:
            return upload.content_id
        kept = await self.library.copy(upload.ref, f"contents/{upload.content_id}")
        if kept is None:
            if (await self._announced(actor, upload_id)).completed_at is None:
                raise NotUploaded
            return upload.content_id  # another call was faster
        try:
            await self._demand_as_said(upload, kept)
            former = await self._use(actor, upload, kept)
        except BaseException:
            await self.library.discard(kept)
            raise
        for ref in (former, upload.ref):
            if ref is not None:
                await self.library.discard(ref)
        return upload.content_id

    async def _announced(self, actor: Actor, upload_id: int) -> Upload:
        async with self.begin() as store:
            upload = await store.upload(upload_id)
            if upload is None:
                raise NotFound
            await demand_content(store, actor, upload.content_id)
            return upload

    async def _use(self, actor: Actor, upload: Upload, kept: str) -> str | None:
        """Make it the content's file; what is not needed any more: the former one's key, or this one's if another call
        was faster.
        """
        async with self.begin() as store:
            content = await demand_content(store, actor, upload.content_id)  # the course first, as whoever deletes it
            known = await store.upload(upload.id, lock=True)
            if known is None:
                raise NotFound
            if known.completed_at is not None:
                return kept
            media = Media(Provider.STORAGE, kept, upload.file_name[-200:], upload.mime_type, upload.size_bytes)
            await store.change_content(content.id, media=media)
            if content.is_published:
                await store.emit(ContentPublished(content_id=content.id))
            await store.touch_course(content.course_id)
            await store.finish_upload(upload.id, self.clock.now())
            former = content.media
            return former.ref if former is not None and former.provider is Provider.STORAGE else None

    async def sweep(self) -> None:
        """Throw away what was announced a day ago: it is in use, or nobody comes back for it."""
        before = self.clock.now() - KEPT
        while True:
            async with self.begin() as store:
                stale = await store.stale_uploads(before, SWEPT_AT_ONCE)
            for upload in stale:
                await self.library.discard(upload.ref)
                async with self.begin() as store:
                    await store.drop_upload(upload.id)
            if len(stale) < SWEPT_AT_ONCE:
                return

    async def set_captions(self, actor: Actor, content_id: int, language: str, text: str) -> None:
        """Captions of a video in a language, as WebVTT, in place of those before.

        :raises Invalid: naming what is wrong, by line; or this is no video.
        """
        if faults := caption_faults(text):
            count = "One thing is" if len(faults) == 1 else f"{len(faults)} things are"
            raise Invalid(f"{count} wrong.", faults=tuple(faults))
        async with self.begin() as store:
            await _video(store, actor, content_id)
        data = text.encode()
        ref, _ = await self.library.keep(f"contents/{content_id}", _whole(data), mime_type=VTT, limit=MOST_BYTES)
        await self._change_captions(actor, content_id, language, ref)

    async def remove_captions(self, actor: Actor, content_id: int, language: str) -> None:
        """A repeat changes nothing."""
        await self._change_captions(actor, content_id, language, None)

    async def _change_captions(self, actor: Actor, content_id: int, language: str, ref: str | None) -> None:
        try:
            async with self.begin() as store:
                content = await _video(store, actor, content_id)
                former = content.captions.get(language)
                left = {name: kept for name, kept in content.captions.items() if name != language}
                captions = left | ({language: ref} if ref else {})
                await store.change_content(content_id, captions=dict(sorted(captions.items())))
                if content.is_published:
                    await store.emit(ContentPublished(content_id=content_id))
                await store.touch_course(content.course_id)
        except BaseException:
            if ref:
                await self.library.discard(ref)
            raise
        if former:
            await self.library.discard(former)

    async def _demand_as_said(self, upload: Upload, kept: str) -> None:
        """It is the copy that is looked at: what lies at the address may have changed again."""
        found = await self.library.look(kept, upload.mime_type)
        if found is not None and found.size_bytes == upload.size_bytes and found.is_of_type:
            return
        await self.library.discard(upload.ref)
        if found is None or found.size_bytes != upload.size_bytes:
            message = f"{found.size_bytes if found else 0} bytes arrived of {upload.size_bytes}; send it again."
            raise Invalid.field("size_bytes", message)
        raise Unsupported(f"What arrived is no file of type {upload.mime_type}.")


async def _video(store: UploadStore, actor: Actor, content_id: int) -> Content:
    content = await demand_content(store, actor, content_id)
    if content.content_type is not ContentType.VIDEO:
        raise Invalid.field("content_id", "Only a video has captions.")
    return content


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
