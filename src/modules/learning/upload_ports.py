"""What uploads need from the database."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from modules.learning.ports import OutlineStore


class Upload(Struct, frozen=True):
    """`ref` is where it is sent to; what is used in the end is a copy, which its address cannot change any more."""

    id: int
    content_id: int
    user_id: int
    ref: str
    file_name: str
    mime_type: str
    size_bytes: int
    created_at: datetime
    completed_at: datetime | None


class UploadStore(OutlineStore, Protocol):
    async def add_upload(
        self, content_id: int, user_id: int, *, ref: str, file_name: str, mime_type: str, size_bytes: int
    ) -> Upload: ...

    async def upload(self, upload_id: int, *, lock: bool = False) -> Upload | None: ...

    async def finish_upload(self, upload_id: int, at: datetime) -> None: ...

    async def stale_uploads(self, before: datetime, limit: int) -> list[Upload]: ...

    async def drop_upload(self, upload_id: int) -> None: ...
