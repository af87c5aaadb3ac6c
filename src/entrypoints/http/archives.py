"""A course as one file: /api/courses/courses/{id}/archive/ and /courses/import/. A ZIP with `course.json` in it."""

import asyncio
import io
import lzma
import zipfile
import zlib

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from core.errors import Invalid
from entrypoints.decoding import decoded
from entrypoints.http.calls import Call, caller, do
from entrypoints.http.policy import Policy
from entrypoints.http.uploads import MIB, one_file
from modules.learning.domain.archive import Archive

NAME = "course.json"
MOST_PACKED, MOST_UNPACKED = 20 * MIB, 100 * MIB
DECODER = msgspec.json.Decoder(Archive)
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, ValueError, NotImplementedError, RuntimeError, OSError,
    EOFError,
)  # fmt: skip
WHEN = (1980, 1, 1, 0, 0, 0)  # the same course gives the same file


class ImportedCourse(Struct, frozen=True):
    """`missing` says what could not be taken over, by its place in the archive."""

    course_id: int
    missing: list[str]


@get("/courses/{course_id:int}/archive/", policy=Policy.STAFF)
async def export_course(request: Call, course_id: FromPath[int]) -> Response[bytes]:
    """The whole course as one file: texts, quizzes with their keys, references to media."""
    archive = await do(request).archiving.export(caller(request), course_id)
    headers = {"Content-Disposition": f'attachment; filename="course-{course_id}.zip"'}
    return Response(await asyncio.to_thread(_packed, archive), media_type="application/zip", headers=headers)


@post("/courses/import/", policy=Policy.ADMIN, takes_file=True, request_max_body_size=MOST_PACKED)
async def import_course(request: Call) -> ImportedCourse:
    """Make a new, unpublished course of an exported one (multipart field `file`)."""
    file = await one_file(request)
    restored = await do(request).archiving.restore(
        caller(request), await asyncio.to_thread(_unpacked, await file.read())
    )
    return ImportedCourse(restored.course_id, restored.missing)


def _packed(archive: Archive) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        body = msgspec.json.format(msgspec.json.encode(archive), indent=1)
        packed.writestr(zipfile.ZipInfo(NAME, WHEN), body, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def _unpacked(data: bytes) -> Archive:
    """:raises Invalid:"""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed, packed.open(NAME) as file:
            body = file.read(MOST_UNPACKED + 1)
    except BROKEN:
        raise Invalid.field("file", f"This is no archive of a course: a ZIP with {NAME} in it.") from None
    if len(body) > MOST_UNPACKED:
        raise Invalid.field("file", f"At most {MOST_UNPACKED // MIB} MiB when it is unpacked.")
    if b"\\u0000" in body:
        raise Invalid.field("file", "There is a NUL character in it.")
    return decoded(body, DECODER)


HANDLERS = [export_course, import_course]
