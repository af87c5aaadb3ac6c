"""/api/courses/contents/{id}/uploads/ and captions/: files that clients send to the store by themselves."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Protocol, runtime_checkable

from litestar import delete, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from core.errors import Invalid, NotFound
from entrypoints.http.calls import Call, caller, do, house, viewer
from entrypoints.http.learning_wire import ContentInfo, content_info
from entrypoints.http.policy import Policy
from entrypoints.http.uploads import MIB, count_upload, one_file, text_of

CAPTIONS_BODY = 2 * MIB
LANGUAGE = re.compile("[a-z]{2,3}(-[A-Z]{2})?")


class NewUpload(Struct, frozen=True, forbid_unknown_fields=True):
    """What will be sent: completing it looks whether that arrived."""

    file_name: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
    mime_type: Annotated[str, Meta(max_length=100)]
    size_bytes: Annotated[int, Meta(ge=1)]


class UploadInfo(Struct, frozen=True):
    """Send the file itself as the body of a `method` request to `url`, with these headers and no other credentials."""

    upload_id: int
    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


@runtime_checkable
class ReceivesFiles(Protocol):
    """A media library that takes files through this process."""

    async def receive(self, token: str, chunks: AsyncIterator[bytes]) -> None: ...


@post("/contents/{content_id:int}/uploads/", policy=Policy.STAFF)
async def start_upload(request: Call, content_id: FromPath[int], data: JSONBody[NewUpload]) -> UploadInfo:
    """Ask for an address that takes the file of a video or document: in the store itself, where that is S3."""
    await count_upload(request)
    upload, link = await do(request).uploading.start(
        caller(request),
        content_id,
        file_name=data.file_name,
        mime_type=data.mime_type,
        size_bytes=data.size_bytes,
    )
    return UploadInfo(upload.id, "PUT", link.url, link.headers, link.expires_at)


@post("/uploads/{upload_id:int}/complete/", policy=Policy.STAFF, status_code=200)
async def complete_upload(request: Call, upload_id: FromPath[int]) -> ContentInfo:
    """Say that the file was sent: it is looked at, and takes the former one's place. Repeat it freely."""
    content_id = await do(request).uploading.complete(caller(request), upload_id)
    return content_info(await do(request).viewing.open(content_id, viewer(request)))


@put("/upload-slots/{token:str}/", policy=Policy.SIGNED, status_code=204, request_max_body_size=None)
async def receive_upload(request: Call, token: FromPath[str]) -> None:
    """Where the file is sent to, if the store is this installation's disk."""
    library = house(request).library
    if not isinstance(library, ReceivesFiles):
        raise NotFound
    await library.receive(token, request.stream())


@put(
    "/contents/{content_id:int}/captions/{language:str}/",
    policy=Policy.STAFF,
    takes_file=True,
    request_max_body_size=CAPTIONS_BODY,
)
async def set_captions(request: Call, content_id: FromPath[int], language: FromPath[str]) -> ContentInfo:
    """Captions of a video in a language: a WebVTT file (multipart field `file`) in place of the one before."""
    if not LANGUAGE.fullmatch(language):
        raise Invalid.field("language", "A code of two or three letters, as hi or en-IN.")
    text = await text_of(await one_file(request))
    if len(text.encode()) > MIB:
        raise Invalid.field("file", "At most 1 MiB.")
    await do(request).uploading.set_captions(caller(request), content_id, language, text)
    return content_info(await do(request).viewing.open(content_id, viewer(request)))


@delete("/contents/{content_id:int}/captions/{language:str}/", policy=Policy.STAFF, status_code=204)
async def remove_captions(request: Call, content_id: FromPath[int], language: FromPath[str]) -> None:
    """A repeat changes nothing."""
    await do(request).uploading.remove_captions(caller(request), content_id, language)


HANDLERS = [start_upload, complete_upload, receive_upload, set_captions, remove_captions]
