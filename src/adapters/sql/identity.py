"""Identity's store."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from adapters.sql.database import AnyRow
from adapters.sql.failures import Duplicate, violated
from adapters.sql.models import OneTimeCode as CodeModel
from adapters.sql.models import Session as SessionModel
from adapters.sql.models import SocketTicket
from adapters.sql.models import User as UserModel
from adapters.sql.store import KEYS, SqlStore, table
from core.actor import Role
from core.idempotency import owner_digest
from modules.identity.domain import CodePurpose, EmailTaken, OneTimeCode, Session, User, UsernameTaken

USERS, SESSIONS, CODES, TICKETS = table(UserModel), table(SessionModel), table(CodeModel), table(SocketTicket)
USER_COLUMNS = [USERS.c[name] for name in User.__struct_fields__]
SESSION_COLUMNS = [SESSIONS.c[name] for name in Session.__struct_fields__]
CODE_COLUMNS = [CODES.c[name] for name in OneTimeCode.__struct_fields__]

BY_ID = select(*USER_COLUMNS).where(USERS.c.id == bindparam("id"))
BY_ID_LOCKED = BY_ID.with_for_update(key_share=True)
BY_EMAIL = select(*USER_COLUMNS).where(USERS.c.email == bindparam("email"), USERS.c.deleted_at.is_(None))
BY_EMAIL_LOCKED = BY_EMAIL.with_for_update(key_share=True)
ADD_USER = insert(USERS).returning(*USER_COLUMNS)
SESSION_BY_ID = select(*SESSION_COLUMNS).where(SESSIONS.c.id == bindparam("id"))
SESSION_BY_ID_LOCKED = SESSION_BY_ID.with_for_update()
ADD_SESSION = insert(SESSIONS).returning(*SESSION_COLUMNS)
VOID_CODES = (
    update(CODES)
    .where(CODES.c.user_id == bindparam("u"), CODES.c.purpose == bindparam("p"), CODES.c.closed_at.is_(None))
    .values(closed_at=bindparam("now"))
)
ADD_CODE = insert(CODES).returning(*CODE_COLUMNS)
OPEN_CODE = (
    select(*CODE_COLUMNS)
    .where(
        CODES.c.user_id == bindparam("u"),
        CODES.c.purpose == bindparam("p"),
        CODES.c.closed_at.is_(None),
        CODES.c.expires_at > bindparam("now"),
    )
    .order_by(CODES.c.id.desc())
    .limit(1)
    .with_for_update()
)
CODES_SINCE = select(func.count()).where(
    CODES.c.user_id == bindparam("u"),
    CODES.c.purpose == bindparam("p"),
    CODES.c.created_at > bindparam("since"),
    CODES.c.expires_at > CODES.c.created_at,  # else it keeps a former address
)


class SqlIdentityStore(SqlStore):
    async def add_user(
        self, *, email: str, username: str, password_hash: str, role: Role, full_name: str, mobile_number: str | None
    ) -> User:
        values = {
            "email": email,
            "username": username,
            "username_key": username.lower(),
            "password_hash": password_hash,
            "role": role.value,
            "full_name": full_name,
            "name_key": full_name.lower(),
            "mobile_number": mobile_number,
            "is_active": True,
            "created_at": self.transaction.clock.now(),
            "token_version": 1,
            "version": 1,
        }
        return to_user(await self._unique(ADD_USER, values))

    async def user(self, user_id: int, *, lock: bool = False) -> User | None:
        row = await self.transaction.row(BY_ID_LOCKED if lock else BY_ID, {"id": user_id})
        return to_user(row) if row else None

    async def user_by_email(self, email: str, *, lock: bool = False) -> User | None:
        row = await self.transaction.row(BY_EMAIL_LOCKED if lock else BY_EMAIL, {"email": email})
        return to_user(row) if row else None

    async def change_user(self, user_id: int, **changes: Any) -> User:
        if "username" in changes:
            changes["username_key"] = changes["username"].lower()
        if "full_name" in changes:
            changes["name_key"] = changes["full_name"].lower()
        statement = (
            update(USERS)
            .where(USERS.c.id == user_id)
            .values(version=USERS.c.version + 1, **changes)
            .returning(*USER_COLUMNS)
        )
        return to_user(await self._unique(statement))

    async def erase(self, user_id: int, *, alias: str) -> None:
        now = self.transaction.clock.now()
        await self.change_user(
            user_id,
            email=f"{alias}@deleted.invalid",
            username=alias,
            password_hash="",
            full_name="",
            mobile_number=None,
            profile_image=None,
            is_active=False,
            email_verified_at=None,
            deleted_at=now,
            token_version=USERS.c.token_version + 1,
        )
        await self.transaction.execute(delete(CODES).where(CODES.c.user_id == user_id))
        await self.transaction.execute(delete(KEYS).where(KEYS.c.scope.endswith(f":{owner_digest(user_id)}")))
        await self.transaction.execute(update(SESSIONS).where(SESSIONS.c.user_id == user_id).values(device=""))

    async def add_session(self, *, user_id: int, nonce: str, device: str, expires_at: datetime) -> Session:
        now = self.transaction.clock.now()
        row = await self.transaction.row(
            ADD_SESSION,
            {
                "user_id": user_id,
                "nonce": nonce,
                "generation": 1,
                "device": device,
                "created_at": now,
                "rotated_at": now,
                "expires_at": expires_at,
            },
        )
        return Session(*_present(row))

    async def session(self, session_id: int, *, lock: bool = False) -> Session | None:
        row = await self.transaction.row(SESSION_BY_ID_LOCKED if lock else SESSION_BY_ID, {"id": session_id})
        return Session(*row) if row else None

    async def rotate(self, session_id: int, *, generation: int, expires_at: datetime) -> None:
        now = self.transaction.clock.now()
        await self.transaction.execute(
            update(SESSIONS)
            .where(SESSIONS.c.id == session_id)
            .values(generation=generation, rotated_at=now, expires_at=expires_at)
        )

    async def end_sessions(
        self, user_id: int, *, reason: str, session_id: int | None = None, keep: int | None = None
    ) -> int:
        now = self.transaction.clock.now()
        statement = update(SESSIONS).where(
            SESSIONS.c.user_id == user_id, SESSIONS.c.ended_at.is_(None), SESSIONS.c.expires_at > now
        )
        if session_id is not None:
            statement = statement.where(SESSIONS.c.id == session_id)
        if keep is not None:
            statement = statement.where(SESSIONS.c.id != keep)
        result = await self.transaction.execute(statement.values(ended_at=now, end_reason=reason))
        return int(result.rowcount)

    async def add_code(
        self, *, user_id: int, purpose: CodePurpose, nonce: str, email: str, expires_at: datetime
    ) -> OneTimeCode:
        now = self.transaction.clock.now()
        await self.transaction.execute(VOID_CODES, {"u": user_id, "p": purpose.value, "now": now})
        values = {"user_id": user_id, "purpose": purpose.value, "nonce": nonce, "email": email}
        times = {"attempts": 0, "created_at": now, "expires_at": expires_at}
        return _code(_present(await self.transaction.row(ADD_CODE, {**values, **times})))

    async def keep_address(self, user_id: int, email: str) -> int:
        now = self.transaction.clock.now()
        values = {"user_id": user_id, "purpose": CodePurpose.CHANGE_EMAIL.value, "nonce": "-", "email": email}
        times = {"attempts": 0, "created_at": now, "expires_at": now, "closed_at": now}
        return int(_present(await self.transaction.row(ADD_CODE, {**values, **times}))[0])

    async def codes_since(self, user_id: int, purpose: CodePurpose, since: datetime) -> int:
        values = {"u": user_id, "p": purpose.value, "since": since}
        return int(await self.transaction.scalar(CODES_SINCE, values) or 0)

    async def open_code(self, user_id: int, purpose: CodePurpose) -> OneTimeCode | None:
        now = self.transaction.clock.now()
        row = await self.transaction.row(OPEN_CODE, {"u": user_id, "p": purpose.value, "now": now})
        return _code(row) if row else None

    async def count_attempt(self, code_id: int) -> None:
        await self.transaction.execute(update(CODES).where(CODES.c.id == code_id).values(attempts=CODES.c.attempts + 1))

    async def close_code(self, code_id: int) -> None:
        now = self.transaction.clock.now()
        await self.transaction.execute(update(CODES).where(CODES.c.id == code_id).values(closed_at=now))

    async def add_ticket(self, digest: str, session_id: int, expires_at: datetime) -> None:
        await self.transaction.execute(
            insert(TICKETS), {"digest": digest, "session_id": session_id, "expires_at": expires_at}
        )

    async def take_ticket(self, digest: str) -> Session | None:
        row = await self.transaction.row(
            delete(TICKETS).where(TICKETS.c.digest == digest).returning(TICKETS.c.session_id, TICKETS.c.expires_at)
        )
        if row is None or row[1] <= self.transaction.clock.now():
            return None
        return await self.session(row[0])

    async def _unique(self, statement: Any, values: Any = None) -> AnyRow:
        try:
            return _present(await self.transaction.row(statement, values))
        except Duplicate as error:
            if violated(error, "users.email"):
                raise EmailTaken from error
            if violated(error, "users.username_key"):
                raise UsernameTaken from error
            raise


def to_user(row: AnyRow) -> User:
    values = list(row)
    values[4] = Role(values[4])
    return User(*values)


def _code(row: AnyRow) -> OneTimeCode:
    values = list(row)
    values[2] = CodePurpose(values[2])
    return OneTimeCode(*values)


def _present(row: AnyRow | None) -> AnyRow:
    if row is None:
        raise LookupError("a statement that returns its row returned none")
    return row
