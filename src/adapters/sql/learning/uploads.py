"""Uploads, within a transaction."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from adapters.sql.learning.outline import SqlOutlineStore
from adapters.sql.models import Upload as UploadModel
from adapters.sql.store import table
from modules.learning.uploading import Upload

UPLOADS = table(UploadModel)
COLUMNS = [UPLOADS.c[name] for name in Upload.__struct_fields__]


class SqlUploadStore(SqlOutlineStore):
    async def add_upload(
        self, content_id: int, user_id: int, *, ref: str, file_name: str, mime_type: str, size_bytes: int
    ) -> Upload:
        said = {"ref": ref, "file_name": file_name, "mime_type": mime_type, "size_bytes": size_bytes}
        whose = {"content_id": content_id, "user_id": user_id, "created_at": self.transaction.clock.now()}
        statement = insert(UPLOADS).values(**said, **whose).returning(*COLUMNS)
        return Upload(*(await self.transaction.execute(statement)).one())

    async def upload(self, upload_id: int) -> Upload | None:
        row = await self.transaction.row(select(*COLUMNS).where(UPLOADS.c.id == upload_id).with_for_update())
        return Upload(*row) if row else None

    async def finish_upload(self, upload_id: int, at: datetime) -> None:
        await self.transaction.execute(update(UPLOADS).where(UPLOADS.c.id == upload_id).values(completed_at=at))

    async def stale_uploads(self, before: datetime, limit: int) -> list[Upload]:
        stale = select(*COLUMNS).where(UPLOADS.c.created_at < before).order_by(UPLOADS.c.id).limit(limit)
        return [Upload(*row) for row in await self.transaction.rows(stale)]

    async def drop_upload(self, upload_id: int) -> None:
        await self.transaction.execute(delete(UPLOADS).where(UPLOADS.c.id == upload_id))
