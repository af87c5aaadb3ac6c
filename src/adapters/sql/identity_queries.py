"""Identity's reads."""

from typing import Any

from sqlalchemy import String, bindparam, or_, select

from adapters.sql.database import Database
from adapters.sql.export import export_of
from adapters.sql.identity import BY_ID, SESSIONS, USER_COLUMNS, USERS, to_user
from adapters.sql.pages import KeysetList, given
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
_SEARCH = bindparam("search", type_=String)
USER_LIST = KeysetList(
    select(*USER_COLUMNS).where(USERS.c.deleted_at.is_(None)),
    make=to_user,
    orders={"id": [USERS.c.id]},
    filters={
        "role": USERS.c.role == bindparam("role"),
        "is_active": USERS.c.is_active == bindparam("is_active"),
        "search": or_(
            USERS.c.email.like(_SEARCH, escape="/"),
            USERS.c.username_key.like(_SEARCH, escape="/"),
            USERS.c.name_key.like(_SEARCH, escape="/"),
        ),
    },
)
AUDIT_LIST = KeysetList(
    select(*(AUDIT.c[name] for name in AuditRecord.__struct_fields__)),
    make=lambda row: AuditRecord(*row),
    orders={"id": [AUDIT.c.id]},
    filters={
        "target_type": AUDIT.c.target_type == bindparam("target_type"),
        "target_id": AUDIT.c.target_id == bindparam("target_id"),
    },
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
        values = given(role=role and role.value, is_active=is_active, search=_beginning(search) if search else None)
        return await USER_LIST.page(
            self._database, request, where=sorted(values), values=values, keys=lambda user: (user.id,)
        )

    async def devices(self, user_id: int) -> list[Device]:
        rows = await self._database.rows(DEVICES, {"user_id": user_id, "now": self._clock.now()})
        return [Device(*row) for row in rows]

    async def audit(self, request: PageRequest, *, target_type: str | None, target_id: int | None) -> Page[AuditRecord]:
        values = given(target_type=target_type, target_id=target_id)
        return await AUDIT_LIST.page(
            self._database, request, where=sorted(values), values=values, keys=lambda record: (record.id,)
        )

    async def export(self, user_id: int) -> dict[str, Any]:
        return await export_of(self._database, user_id)


def _beginning(search: str) -> str:
    """The search as a pattern for LIKE; what LIKE has a meaning for is taken literally."""
    literal = search.strip().lower().replace("/", "//").replace("%", "/%").replace("_", "/_")
    return f"{literal}%"
