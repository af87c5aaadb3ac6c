"""What a file is, told by its content."""

import io
import zipfile
from typing import Any

import puremagic

from modules.community.domain.attachments import FILE_TYPES, IMAGE_TYPES, OFFICE

HEAD = 8192
# what puremagic calls them, where it is not what the rest of the world does
USUAL = {"audio/mp3": "audio/mpeg", "audio/x-m4a": "audio/mp4", "application/ogg": "audio/ogg"}
OFFICE_FOLDERS = {
    "word": f"{OFFICE}.wordprocessingml.document",
    "xl": f"{OFFICE}.spreadsheetml.sheet",
    "ppt": f"{OFFICE}.presentationml.presentation",
}
PACKED = {"application/zip", *OFFICE_FOLDERS.values()}
MATROSKA = {"video/webm", "video/x-matroska"}
TEXT_CONTROLS = {0x07, 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x1B}


def sniffed(data: bytes) -> str | None:
    """The type that the content has; None if it is nothing known."""
    if data.startswith(b"PK"):
        return _inside_zip(data)
    return _by_magic(data)


def begins_as(head: bytes, mime_type: str) -> bool:
    """Whether a file of this type may begin so: all that can be told of a large one without reading it whole."""
    if head.startswith(b"PK"):
        return mime_type in PACKED
    found = _by_magic(head, is_cut=True)
    if mime_type.startswith("text/"):
        return found == "text/plain"
    return found == mime_type or (mime_type in MATROSKA and found in MATROSKA)


def _by_magic(data: bytes, *, is_cut: bool = False) -> str | None:
    try:
        found: list[Any] = puremagic.magic_string(data[: 4 * HEAD])
    except puremagic.PureError:
        return "text/plain" if _is_text(data, is_cut=is_cut) else None
    typed = [one for one in found if one.mime_type]
    surest = max((one.confidence for one in typed), default=0)
    types = [USUAL.get(one.mime_type, one.mime_type) for one in typed if one.confidence == surest]
    known = [mime_type for mime_type in types if mime_type in IMAGE_TYPES | FILE_TYPES]
    return known[0] if known else types[0] if types else None


def _inside_zip(data: bytes) -> str | None:
    """Office's files are zip files, too: what they are is told by the names of what is in them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            folders = {name.partition("/")[0] for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    office = [mime_type for folder, mime_type in OFFICE_FOLDERS.items() if folder in folders]
    return office[0] if office and "[Content_Types].xml" in folders else "application/zip"


def _is_text(data: bytes, *, is_cut: bool) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if not (is_cut and error.reason == "unexpected end of data" and len(data) - error.start < 4):
            return False
    return all(byte >= 0x20 or byte in TEXT_CONTROLS for byte in data[:HEAD])
