"""What may hang on a message."""

from core.errors import Invalid, TooLarge, Unsupported
from modules.community.domain.chat import MessageType

MOST_BYTES = 10 * 2**20
LONGEST_NAME = 200
IMAGE_TYPES = {"image/jpeg", "image/png", "image/webp"}
OFFICE = "application/vnd.openxmlformats-officedocument"
FILE_TYPES = {
    "application/pdf",
    "application/zip",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "text/plain",
    "video/mp4",
    f"{OFFICE}.presentationml.presentation",
    f"{OFFICE}.spreadsheetml.sheet",
    f"{OFFICE}.wordprocessingml.document",
}


def demand_size(size: int) -> None:
    """:raises Invalid: an empty file. :raises TooLarge:"""
    if size == 0:
        raise Invalid.field("attachment", "The file is empty.")
    if size > MOST_BYTES:
        raise TooLarge(f"An attachment may have {MOST_BYTES // 2**20} MiB.")


def kind_of(mime_type: str | None) -> MessageType:
    """What a message with a file of this type is; the type is what the content says, not its name.

    :raises Unsupported:
    """
    if mime_type in IMAGE_TYPES:
        return MessageType.IMAGE
    if mime_type in FILE_TYPES:
        return MessageType.FILE
    raise Unsupported("An attachment is a picture, PDF, text, zip, Word, Excel or PowerPoint file, audio or MP4 video.")
