"""Identity's reads."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.sql.database import Database
from adapters.sql.export import export_of
from adapters.sql.failures import translated
from adapters.sql.identity import BY_ID, SESSIONS, USER_COLUMNS, USERS, to_user
from adapters.sql.pages import KeysetList, beginning, given
from adapters.sql.store import AUDIT
from adapters.sql.together import Together
from core.actor import Role
from core.clock import Clock
from core.paging import Page, PageRequest
from modules.identity.domain import User
from modules.identity.queries import AuditRecord, Device, Standing

_STANDING = select(
    SESSIONS.c.id, USERS.c.id, USERS.c.role, USERS.c.is_active, USERS.c.token_version, SESSIONS.c.ended_at
).join_from(SESSIONS, USERS, SESSIONS.c.user_id == USERS.c.id)
POSTGRES_STANDING = _STANDING.where(SESSIONS.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
SQLITE_STANDING = _STANDING.where(SESSIONS.c.id.in_(bindparam("ids", expanding=True)))
_STAND = (
    select(SESSIONS.c.id)
    .join_from(SESSIONS, USERS, SESSIONS.c.user_id == USERS.c.id)
    .where(SESSIONS.c.ended_at.is_(None), SESSIONS.c.expires_at > bindparam("now"), USERS.c.is_active)
)
IS_STANDING = _STAND.where(SESSIONS.c.id == bindparam("session_id"))
POSTGRES_STAND = _STAND.where(SESSIONS.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
SQLITE_STAND = _STAND.where(SESSIONS.c.id.in_(bindparam("ids", expanding=True)))
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
        self._standings = Together(self._standings_of)  # every request asks

    async def standing(self, user_id: int, session_id: int) -> Standing | None:
        with translated():
            return await self._standings.get((user_id, session_id))

    async def is_standing(self, session_id: int, now: datetime) -> bool:
        return await self._database.row(IS_STANDING, {"session_id": session_id, "now": now}) is not None

    async def standing_among(self, session_ids: list[int], now: datetime) -> set[int]:
        statement = SQLITE_STAND if self._database.is_sqlite else POSTGRES_STAND
        rows = await self._database.rows(statement, {"ids": session_ids, "now": now}) if session_ids else []
        return {int(row[0]) for row in rows}

    async def _standings_of(self, keys: list[tuple[int, int]]) -> dict[tuple[int, int], Standing]:
        statement = SQLITE_STANDING if self._database.is_sqlite else POSTGRES_STANDING
        rows = await self._database.rows(statement, {"ids": [session_id for _, session_id in keys]})
        return {(row[1], row[0]): Standing(ROLES[row[2]], row[3], row[4], row[5] is not None) for row in rows}

    async def user(self, user_id: int) -> User | None:
        row = await self._database.row(BY_ID, {"id": user_id})
        return to_user(row) if row else None

    async def users(
        self, request: PageRequest, *, role: Role | None, is_active: bool | None, search: str | None
    ) -> Page[User]:
        values = given(role=role and role.value, is_active=is_active, search=beginning(search) if search else None)
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
