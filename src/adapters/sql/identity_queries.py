"""Identity's reads."""

from typing import Any

from sqlalchemy import bindparam, or_, select

from adapters.sql.database import Database
from adapters.sql.export import export_of
from adapters.sql.identity import BY_ID, SESSIONS, USER_COLUMNS, USERS, to_user
from adapters.sql.pages import page
from adapters.sql.store import AUDIT
from core.actor import Role
from core.clock import Clock
from core.paging import Page, PageRequest
from modules.identity.domain import User
from modules.identity.queries import AuditRecord, Device, Standing

STANDING = (
    select(USERS.c.role, USERS.c.is_active, USERS.c.token_version, SESSIONS.c.ended_at)
    .join_from(SESSIONS, USERS, SESSIONS.c.user_id == USERS.c.id)
    .where(SESSIONS.c.id == bindparam("session_id"), USERS.c.id == bindparam("user_id"))
)
DEVICES = (
    select(SESSIONS.c.id, SESSIONS.c.device, SESSIONS.c.created_at, SESSIONS.c.rotated_at, SESSIONS.c.expires_at)
    .where(
        SESSIONS.c.user_id == bindparam("user_id"),
        SESSIONS.c.ended_at.is_(None),
        SESSIONS.c.expires_at > bindparam("now"),
    )
    .order_by(SESSIONS.c.rotated_at.desc(), SESSIONS.c.id.desc())
)
ROLES = {role.value: role for role in Role}


class SqlIdentityQueries:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def standing(self, user_id: int, session_id: int) -> Standing | None:
        row = await self._database.row(STANDING, {"user_id": user_id, "session_id": session_id})
        if row is None:
            return None
        role, is_active, token_version, ended_at = row
        return Standing(ROLES[role], is_active, token_version, ended_at is not None)

    async def user(self, user_id: int) -> User | None:
        row = await self._database.row(BY_ID, {"id": user_id})
        return to_user(row) if row else None

    async def users(
        self, request: PageRequest, *, role: Role | None, is_active: bool | None, search: str | None
    ) -> Page[User]:
        statement = select(*USER_COLUMNS).where(USERS.c.deleted_at.is_(None))
        if role is not None:
            statement = statement.where(USERS.c.role == role.value)
        if is_active is not None:
            statement = statement.where(USERS.c.is_active.is_(is_active))
        if search:
            beginning = search.strip().lower()
            statement = statement.where(
                or_(
                    USERS.c.email.startswith(beginning, autoescape=True),
                    USERS.c.username_key.startswith(beginning, autoescape=True),
                    USERS.c.name_key.startswith(beginning, autoescape=True),
                )
            )
        return await page(
            self._database,
            statement,
            request,
            keys=[USERS.c.id],
            descending=True,
            make=to_user,
            values=lambda user: (user.id,),
        )

    async def devices(self, user_id: int) -> list[Device]:
        rows = await self._database.rows(DEVICES, {"user_id": user_id, "now": self._clock.now()})
        return [Device(*row) for row in rows]

    async def audit(self, request: PageRequest, *, target_type: str | None, target_id: int | None) -> Page[AuditRecord]:
        statement = select(*(AUDIT.c[name] for name in AuditRecord.__struct_fields__))
        if target_type is not None:
            statement = statement.where(AUDIT.c.target_type == target_type)
        if target_id is not None:
            statement = statement.where(AUDIT.c.target_id == target_id)
        return await page(
            self._database,
            statement,
            request,
            keys=[AUDIT.c.id],
            descending=True,
            make=lambda row: AuditRecord(*row),
            values=lambda record: (record.id,),
        )

    async def export(self, user_id: int) -> dict[str, Any]:
        return await export_of(self._database, user_id)
