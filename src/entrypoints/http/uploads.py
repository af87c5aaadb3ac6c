"""Files that clients send."""

from collections.abc import AsyncIterator

from litestar.datastructures import UploadFile

from core.errors import Invalid
from entrypoints.http.calls import Call, caller, house
from entrypoints.http.policy import demand

CHUNK = 256 * 1024
PICTURE_BODY = 6 * 2**20
HOUR = 3600


async def one_file(request: Call) -> UploadFile:
    """The file in the field `file` of a multipart form.

    :raises Invalid: it is missing. :raises RateLimited: too many uploads within the hour.
    """
    h = house(request)
    await demand(h, "uploads", str(caller(request).user_id), most=h.settings.limit_uploads, seconds=HOUR)
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Invalid.field("file", "Send multipart/form-data with the field `file`.")
    return file


async def chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK):
        yield chunk
