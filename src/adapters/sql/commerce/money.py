"""Money that came in, and the ledger, within a transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, case, func, insert, select, update

from adapters.sql.models import Capture as CaptureModel
from adapters.sql.models import CourseShare, LedgerEntry
from adapters.sql.models import Refund as RefundModel
from adapters.sql.store import SqlStore, among, table
from modules.commerce.domain.captures import Capture, Resolution
from modules.commerce.domain.gateway import Known
from modules.commerce.domain.ledger import Account, Line, Posting
from modules.commerce.domain.payments import Reason
from modules.commerce.domain.refunds import GIVEN, RESERVING
from modules.commerce.domain.shares import Earned, Share

CAPTURES, REFUNDS, ENTRIES = table(CaptureModel), table(RefundModel), table(LedgerEntry)
SHARES = table(CourseShare)
CAPTURE_COLUMNS = [CAPTURES.c[name] for name in Capture.__struct_fields__]
REASON, RESOLUTION = (Capture.__struct_fields__.index(name) for name in ("reason", "resolution"))
CHANGING = ("fee_paise", "fee_gst_paise", "resolution", "notes", "resolved_by_id", "resolved_at")

BY_ID = select(*CAPTURE_COLUMNS).where(CAPTURES.c.id == bindparam("id"))
BY_PAYMENT = select(*CAPTURE_COLUMNS).where(CAPTURES.c.razorpay_payment == bindparam("razorpay_payment"))
BY_ID_LOCKED, BY_PAYMENT_LOCKED = BY_ID.with_for_update(), BY_PAYMENT.with_for_update()
ADD = insert(CAPTURES).returning(*CAPTURE_COLUMNS)
SAVE = (
    update(CAPTURES)
    .where(CAPTURES.c.id == bindparam("row"))
    .values({name: bindparam(f"new_{name}", type_=CAPTURES.c[name].type) for name in CHANGING})
)
_refunds = select(func.coalesce(func.sum(REFUNDS.c.amount_paise), 0)).where(
    REFUNDS.c.capture_id == bindparam("capture_id")
)
RESERVED = _refunds.where(among(REFUNDS.c.status, RESERVING))
GIVEN_BACK = _refunds.where(among(REFUNDS.c.status, GIVEN))
_lost = select(func.coalesce(func.sum(ENTRIES.c.amount_paise), 0)).where(
    ENTRIES.c.capture_id == bindparam("capture_id"), ENTRIES.c.account == Account.DISPUTES.value
)
GONE = select(GIVEN_BACK.scalar_subquery() + _lost.scalar_subquery())
_of_courses = select(SHARES.c.course_id, SHARES.c.instructor_id, SHARES.c.share_bp)
SHARES_OF = _of_courses.where(SHARES.c.course_id == bindparam("course_id")).order_by(SHARES.c.instructor_id)
EARNED = (
    select(
        ENTRIES.c.course_id,
        ENTRIES.c.instructor_id,
        func.sum(case((ENTRIES.c.posting.like("capture:%"), ENTRIES.c.amount_paise), else_=0)),
        func.sum(ENTRIES.c.amount_paise),
    )
    .where(ENTRIES.c.capture_id == bindparam("capture_id"), ENTRIES.c.account == Account.SHARES.value)
    .group_by(ENTRIES.c.course_id, ENTRIES.c.instructor_id)
    .order_by(ENTRIES.c.course_id, ENTRIES.c.instructor_id)
)
POSTED = (
    select(ENTRIES.c.account, ENTRIES.c.amount_paise, ENTRIES.c.course_id, ENTRIES.c.instructor_id)
    .where(ENTRIES.c.posting == bindparam("posting"))
    .order_by(ENTRIES.c.line)
)


class SqlMoneyStore(SqlStore):
    async def capture(self, capture_id: int, *, lock: bool = False) -> Capture | None:
        row = await self.transaction.row(BY_ID_LOCKED if lock else BY_ID, {"id": capture_id})
        return capture(row) if row else None

    async def capture_of(self, razorpay_payment: str, *, lock: bool = False) -> Capture | None:
        statement = BY_PAYMENT_LOCKED if lock else BY_PAYMENT
        row = await self.transaction.row(statement, {"razorpay_payment": razorpay_payment})
        return capture(row) if row else None

    async def add_capture(self, known: Known, payment_id: int | None, reason: Reason | None) -> Capture:
        values = {
            "razorpay_payment": known.payment_id,
            "payment_id": payment_id,
            "amount_paise": known.amount_paise,
            "currency": known.currency,
            "reason": reason,
            "notes": "",
            "captured_at": self.transaction.clock.now(),
        }
        return capture((await self.transaction.execute(ADD, values)).one())

    async def save_capture(self, saved: Capture) -> None:
        values = {f"new_{name}": getattr(saved, name) for name in CHANGING}
        await self.transaction.execute(SAVE, {**values, "row": saved.id})

    async def reserved(self, capture_id: int) -> int:
        return int(await self.transaction.scalar(RESERVED, {"capture_id": capture_id}))

    async def given_back(self, capture_id: int) -> int:
        return int(await self.transaction.scalar(GIVEN_BACK, {"capture_id": capture_id}))

    async def post(self, posting: Posting) -> None:
        if sum(line.amount_paise for line in posting.lines) != 0:
            raise ValueError(f"The posting {posting.key} does not add up.")
        fixed = {
            "posting": posting.key,
            "capture_id": posting.capture_id,
            "payment_id": posting.payment_id,
            "posted_at": self.transaction.clock.now(),
        }
        rows = [
            {
                **fixed,
                "line": number,
                "account": line.account.value,
                "amount_paise": line.amount_paise,
                "course_id": line.course_id,
                "instructor_id": line.user_id,
            }
            for number, line in enumerate(posting.lines)
        ]
        await self.transaction.execute(insert(ENTRIES), rows)

    async def posted(self, key: str) -> tuple[Line, ...]:
        rows = await self.transaction.rows(POSTED, {"posting": key})
        return tuple(Line(Account(account), *rest) for account, *rest in rows)

    async def shares(self, course_ids: Sequence[int]) -> list[Share]:
        found = list[Share]()
        for course_id in course_ids:
            found += [Share(*row) for row in await self.transaction.rows(SHARES_OF, {"course_id": course_id})]
        return found

    async def earned(self, capture_id: int) -> list[Earned]:
        rows = await self.transaction.rows(EARNED, {"capture_id": capture_id})
        return [Earned(course_id, user_id, int(at_sale), int(left)) for course_id, user_id, at_sale, left in rows]

    async def gone(self, capture_id: int) -> int:
        return int(await self.transaction.scalar(GONE, {"capture_id": capture_id}))


def capture(row: Sequence[Any]) -> Capture:
    values = list(row)
    values[REASON] = values[REASON] and Reason(values[REASON])
    values[RESOLUTION] = values[RESOLUTION] and Resolution(values[RESOLUTION])
    return Capture(*values)
