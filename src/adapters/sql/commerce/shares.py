"""Shares and payouts, within a transaction."""

from sqlalchemy import bindparam, delete, exists, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.commerce.money import ENTRIES, SHARES
from adapters.sql.commerce.payments import COURSES
from adapters.sql.learning.rows import INSTRUCTORS
from adapters.sql.models import Payout as PayoutModel
from adapters.sql.store import SqlStore, table
from modules.commerce.domain.ledger import Account
from modules.commerce.domain.shares import Share
from modules.commerce.share_ports import Payout

PAYOUTS = table(PayoutModel)
PAYOUT_COLUMNS = [
    PAYOUTS.c[name] for name in ("id", "instructor_id", "amount_paise", "notes", "created_by_id", "created_at")
]
LOCK_COURSE = select(COURSES.c.id).where(COURSES.c.id == bindparam("id")).with_for_update(key_share=True)
TEACHES = select(
    exists().where(INSTRUCTORS.c.course_id == bindparam("course_id"), INSTRUCTORS.c.user_id == bindparam("user_id"))
)
OWED = select(-func.coalesce(func.sum(ENTRIES.c.amount_paise), 0)).where(
    ENTRIES.c.account == Account.OWED.value, ENTRIES.c.instructor_id == bindparam("user_id")
)
_add = upsert(SHARES)
SAVE = _add.on_conflict_do_update(
    index_elements=["course_id", "instructor_id"], set_={"share_bp": _add.excluded.share_bp}
)
ADD_PAYOUT = insert(PAYOUTS).returning(*PAYOUT_COLUMNS)


class SqlShareStore(SqlStore):
    async def lock_course(self, course_id: int) -> bool:
        return await self.transaction.row(LOCK_COURSE, {"id": course_id}) is not None

    async def teaches(self, course_id: int, user_id: int) -> bool:
        return bool(await self.transaction.scalar(TEACHES, {"course_id": course_id, "user_id": user_id}))

    async def save_share(self, share: Share) -> None:
        if share.share_bp:
            values = {"course_id": share.course_id, "instructor_id": share.user_id, "share_bp": share.share_bp}
            await self.transaction.execute(SAVE, values)
            return
        mine = (SHARES.c.course_id == share.course_id, SHARES.c.instructor_id == share.user_id)
        await self.transaction.execute(delete(SHARES).where(*mine))

    async def owed(self, user_id: int) -> int:
        return int(await self.transaction.scalar(OWED, {"user_id": user_id}))

    async def add_payout(self, user_id: int, amount_paise: int, *, notes: str, created_by_id: int) -> Payout:
        values = {
            "instructor_id": user_id,
            "amount_paise": amount_paise,
            "notes": notes,
            "created_by_id": created_by_id,
            "created_at": self.transaction.clock.now(),
        }
        return Payout(*(await self.transaction.execute(ADD_PAYOUT, values)).one())
