"""All that is held about one person, for `GET me/export/`: every table that names a user, by its columns."""

from typing import Any

from sqlalchemy import Select, Table, select

from adapters.sql.database import Database
from adapters.sql.models import metadata

HIDDEN = {
    "password_hash",
    "nonce",
    "token_version",
    "username_key",
    "name_key",
    "razorpay_sig",
    "gateway_key",
    "lease_token",
    "terms",
    "paper",
}
INTERNAL = {"one_time_codes", "socket_tickets", "socket_reviews", "chat_deliveries", "audit_log"}
LIMIT = 10_000


def owner_columns(table: Table) -> list[str]:
    """The columns that say whose a row is."""
    if table.name == "users":
        return ["id"]
    return [c.name for c in table.columns if c.name in {"user_id", "sender_id", "author_id", "recipient_id"}]


async def export_of(database: Database, user_id: int) -> dict[str, Any]:
    """Table name → rows; secrets and internal columns are left out. At most 10,000 rows a table, oldest first."""
    exported: dict[str, Any] = {}
    for table in metadata.sorted_tables:
        owners = owner_columns(table)
        if not owners or table.name in INTERNAL:
            continue
        columns = [column for column in table.columns if column.name not in HIDDEN]
        statement = select(*columns).where(table.c[owners[0]] == user_id)
        in_order = statement.order_by(*table.primary_key.columns).limit(LIMIT)  # ids grow with time
        exported[table.name] = await _named(database, in_order)
    for name in ("progress", "quiz_attempts"):
        exported[name] = await _named(database, _learnt(metadata.tables[name], user_id))
    for name in ("refunds", "invoices"):
        exported[name] = await _named(database, _paid(metadata.tables[name], user_id))
    exported["quiz_answers"] = await _named(database, _answered(user_id))
    return exported


def _learnt(table: Table, user_id: int) -> Select[Any]:
    """What belongs to the user's enrolments."""
    enrollments = metadata.tables["enrollments"]
    columns = [column for column in table.columns if column.name not in HIDDEN]
    own = select(*columns).join(enrollments, table.c.enrollment_id == enrollments.c.id)
    return own.where(enrollments.c.user_id == user_id).order_by(table.c.id).limit(LIMIT)


def _paid(table: Table, user_id: int) -> Select[Any]:
    """What belongs to the user's payments."""
    payments = metadata.tables["payments"]
    columns = [column for column in table.columns if column.name not in HIDDEN]
    own = select(*columns).join(payments, table.c.payment_id == payments.c.id)
    return own.where(payments.c.user_id == user_id).order_by(table.c.id).limit(LIMIT)


def _answered(user_id: int) -> Select[Any]:
    answers, attempts = metadata.tables["quiz_answers"], metadata.tables["quiz_attempts"]
    own = _learnt(attempts, user_id).with_only_columns(attempts.c.id).order_by(None).limit(None)
    return select(answers).where(answers.c.attempt_id.in_(own)).order_by(answers.c.id).limit(LIMIT)


async def _named(database: Database, statement: Select[Any]) -> list[dict[str, Any]]:
    names = [column.name for column in statement.selected_columns]
    return [dict(zip(names, row, strict=True)) for row in await database.rows(statement)]
