"""Uploads, within a transaction."""

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update

from adapters.sql.learning.outline import UPLOADED, SqlOutlineStore
from modules.learning.upload_ports import Upload

COLUMNS = [UPLOADED.c[name] for name in Upload.__struct_fields__]
ADD = insert(UPLOADED).returning(*COLUMNS)
BY_ID = select(*COLUMNS).where(UPLOADED.c.id == bindparam("id"))
BY_ID_LOCKED = BY_ID.with_for_update()
FINISH = update(UPLOADED).where(UPLOADED.c.id == bindparam("row")).values(completed_at=bindparam("at"))
STALE = (
    select(*COLUMNS)
    .where(UPLOADED.c.created_at < bindparam("before"))
    .order_by(UPLOADED.c.id)
    .limit(bindparam("limit"))
)
DROP = delete(UPLOADED).where(UPLOADED.c.id == bindparam("row"))


class SqlUploadStore(SqlOutlineStore):
    async def add_upload(
        self, content_id: int, user_id: int, *, ref: str, file_name: str, mime_type: str, size_bytes: int
    ) -> Upload:
        said = {"ref": ref, "file_name": file_name, "mime_type": mime_type, "size_bytes": size_bytes}
        whose = {"content_id": content_id, "user_id": user_id, "created_at": self.transaction.clock.now()}
        return Upload(*(await self.transaction.execute(ADD, {**said, **whose})).one())

    async def upload(self, upload_id: int, *, lock: bool = False) -> Upload | None:
        row = await self.transaction.row(BY_ID_LOCKED if lock else BY_ID, {"id": upload_id})
        return Upload(*row) if row else None

    async def finish_upload(self, upload_id: int, at: datetime) -> None:
        await self.transaction.execute(FINISH, {"row": upload_id, "at": at})

    async def stale_uploads(self, before: datetime, limit: int) -> list[Upload]:
        return [Upload(*row) for row in await self.transaction.rows(STALE, {"before": before, "limit": limit})]

    async def drop_upload(self, upload_id: int) -> None:
        await self.transaction.execute(DROP, {"row": upload_id})
