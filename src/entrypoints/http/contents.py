"""/api/courses/modules/ and /contents/: what a course consists of, and opening a lesson."""

from typing import Annotated, Any

from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from core.errors import Invalid
from entrypoints.http.calls import Call, caller, do, expected_version, given, house, viewer
from entrypoints.http.courses import Text, Title
from entrypoints.http.learning_wire import ContentInfo, ModuleInfo, content_info
from entrypoints.http.policy import Policy
from entrypoints.http.uploads import MIB, chunks, demand_length, one_file
from modules.learning.domain.catalogue import MAX_DRIP_DAYS, ContentType, Module

Duration = Annotated[int, Meta(ge=1, le=86_400)]
DripDays = Annotated[int, Meta(ge=0, le=MAX_DRIP_DAYS)]


class NewModule(Struct, frozen=True, forbid_unknown_fields=True):
    course_id: int
    title: Title
    description: Text = ""


class ModuleChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays."""

    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    id: Any = UNSET
    course_id: Any = UNSET
    order: Any = UNSET
    contents: Any = UNSET
    version: Any = UNSET


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """Every id once, in the wanted order."""

    ids: Annotated[list[int], Meta(min_length=1, max_length=1000)]


class NewContent(Struct, frozen=True, forbid_unknown_fields=True):
    """`video_url` is an address of YouTube or Vimeo; other videos and documents are uploaded afterwards."""

    module_id: int
    title: Title
    content_type: ContentType
    video_url: str | None = None
    video_duration: Duration | None = None
    text_content: Text = ""
    is_preview: bool = False
    available_after_days: DripDays = 0


class ContentChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays. The rest of a content may be sent back and is ignored."""

    module_id: int | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    video_url: str | UnsetType | None = UNSET
    video_duration: Duration | UnsetType | None = UNSET
    text_content: Text | UnsetType = UNSET
    is_preview: bool | UnsetType = UNSET
    available_after_days: DripDays | UnsetType = UNSET
    id: Any = UNSET
    course_id: Any = UNSET
    content_type: Any = UNSET
    text_html: Any = UNSET
    document: Any = UNSET
    quiz: Any = UNSET
    playback: Any = UNSET
    order: Any = UNSET
    is_published: Any = UNSET
    progress: Any = UNSET
    previous_id: Any = UNSET
    next_id: Any = UNSET
    version: Any = UNSET


@post("/modules/", policy=Policy.STAFF)
async def create_module(request: Call, data: JSONBody[NewModule]) -> ModuleInfo:
    """Add a module at the end of a course."""
    return _module(
        await do(request).outlining.add_module(
            caller(request), data.course_id, title=data.title, description=data.description
        )
    )


@patch("/modules/{module_id:int}/", policy=Policy.STAFF)
async def edit_module(request: Call, module_id: FromPath[int], data: JSONBody[ModuleChanges]) -> ModuleInfo:
    changes = given(data, "title", "description")
    return _module(
        await do(request).outlining.edit_module(caller(request), module_id, changes, version=expected_version(request))
    )


@delete("/modules/{module_id:int}/", policy=Policy.STAFF, status_code=204)
async def remove_module(request: Call, module_id: FromPath[int]) -> None:
    """Delete an empty module."""
    await do(request).outlining.remove_module(caller(request), module_id)


@post("/courses/{course_id:int}/modules/reorder/", policy=Policy.STAFF, status_code=204)
async def order_modules(request: Call, course_id: FromPath[int], data: JSONBody[Order]) -> None:
    """Put a course's modules in order."""
    await do(request).outlining.order_modules(caller(request), course_id, data.ids)


@post("/modules/{module_id:int}/contents/reorder/", policy=Policy.STAFF, status_code=204)
async def order_contents(request: Call, module_id: FromPath[int], data: JSONBody[Order]) -> None:
    """Put a module's contents in order."""
    await do(request).outlining.order_contents(caller(request), module_id, data.ids)


@get("/contents/{content_id:int}/", policy=Policy.ANYONE)
async def content(request: Call, content_id: FromPath[int]) -> ContentInfo:
    """Open a lesson: a preview for anybody, else for enrolled students, the course's instructors and administrators."""
    return content_info(await do(request).viewing.open(content_id, viewer(request)))


@post("/contents/", policy=Policy.STAFF)
async def create_content(request: Call, data: JSONBody[NewContent]) -> ContentInfo:
    """Add an unpublished content at the end of a module."""
    created = await do(request).outlining.add_content(
        caller(request),
        data.module_id,
        content_type=data.content_type,
        video_url=data.video_url,
        title=data.title,
        video_duration=data.video_duration,
        text_content=data.text_content,
        is_preview=data.is_preview,
        available_after_days=data.available_after_days,
    )
    return await _opened(request, created.id)


@patch("/contents/{content_id:int}/", policy=Policy.STAFF)
async def edit_content(request: Call, content_id: FromPath[int], data: JSONBody[ContentChanges]) -> ContentInfo:
    names = ("module_id", "title", "video_duration", "text_content", "is_preview", "available_after_days")
    changes = given(data, *names)
    if data.video_url is not UNSET and not _is_own_playback(data):
        changes["video_url"] = data.video_url
    await do(request).outlining.edit_content(caller(request), content_id, changes, version=expected_version(request))
    return await _opened(request, content_id)


@delete("/contents/{content_id:int}/", policy=Policy.STAFF, status_code=204)
async def remove_content(request: Call, content_id: FromPath[int]) -> None:
    """Delete a content that no student has progress in."""
    await do(request).outlining.remove_content(caller(request), content_id)


@post("/contents/{content_id:int}/publish/", policy=Policy.STAFF, status_code=200)
async def publish_content(request: Call, content_id: FromPath[int]) -> ContentInfo:
    """Show a content to students, or hear what it lacks."""
    await do(request).outlining.set_published(caller(request), content_id, is_published=True)
    return await _opened(request, content_id)


@post("/contents/{content_id:int}/unpublish/", policy=Policy.STAFF, status_code=200)
async def unpublish_content(request: Call, content_id: FromPath[int]) -> ContentInfo:
    """Hide a content from students."""
    await do(request).outlining.set_published(caller(request), content_id, is_published=False)
    return await _opened(request, content_id)


@post(
    "/contents/{content_id:int}/file/",
    policy=Policy.STAFF,
    takes_file=True,
    status_code=200,
    request_max_body_size=None,
)
async def upload_file(request: Call, content_id: FromPath[int]) -> ContentInfo:
    """Store the file of a video (MP4, WebM) or a document (multipart field `file`)."""
    demand_length(request, most=house(request).settings.upload_limit_mib * MIB)
    file = await one_file(request)
    if not file.filename:
        raise Invalid.field("file", "The file needs a name.")
    await do(request).outlining.upload(
        caller(request), content_id, chunks(file), mime_type=file.content_type, file_name=file.filename
    )
    return await _opened(request, content_id)


async def _opened(request: Call, content_id: int) -> ContentInfo:
    return content_info(await do(request).viewing.open(content_id, viewer(request)))


def _is_own_playback(data: ContentChanges) -> bool:
    """The app sends back what it read: the player's address, which is not a new video."""
    return (
        isinstance(data.playback, dict)
        and isinstance(data.video_url, str)
        and data.playback.get("url") == data.video_url
    )


def _module(module: Module) -> ModuleInfo:
    return ModuleInfo(module.id, module.course_id, module.title, module.description, module.order, module.version)


HANDLERS = [
    create_module, edit_module, remove_module, order_modules, order_contents, content, create_content, edit_content,
    remove_content, publish_content, unpublish_content, upload_file,
]  # fmt: skip
