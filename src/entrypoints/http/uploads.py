"""Files that clients send."""

from collections.abc import AsyncIterator

from litestar.datastructures import UploadFile

from core.errors import Invalid, TooLarge
from entrypoints.http.calls import Call, caller, house
from entrypoints.http.policy import demand

CHUNK = 256 * 1024
MIB = 2**20
PICTURE_BODY = 6 * MIB
HOUR = 3600
LONGEST_LENGTH = 18


async def one_file(request: Call) -> UploadFile:
    """The file in the field `file` of a multipart form.

    :raises Invalid: it is missing. :raises RateLimited: too many uploads within the hour.
    """
    await count_upload(request)
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Invalid.field("file", "Send multipart/form-data with the field `file`.")
    return file


async def count_upload(request: Call) -> None:
    """:raises RateLimited: too many uploads within the hour."""
    h = house(request)
    await demand(h, "uploads", str(caller(request).user_id), most=h.settings.limit_uploads, seconds=HOUR)


def demand_length(request: Call, *, most: int) -> None:
    """Look at the announced length of a form before any of it is read: what comes is kept in a temporary file first.

    :raises TooLarge: no file of up to `most` bytes makes it that long. :raises Invalid: none is announced.
    """
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit():
        raise Invalid.field("Content-Length", "Say how long the upload is.")
    if len(length) > LONGEST_LENGTH or int(length) > most + MIB:
        raise TooLarge(f"At most {most // MIB} MiB.")


async def text_of(file: UploadFile) -> str:
    """:raises Invalid: no UTF-8, or with a NUL, which cannot be stored."""
    try:
        text = (await file.read()).decode()
    except UnicodeDecodeError:
        raise Invalid.field("file", "Not UTF-8; save it as UTF-8.") from None
    if "\0" in text:
        raise Invalid.field("file", "There is a NUL character in it.")
    return text


async def chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK):
        yield chunk
