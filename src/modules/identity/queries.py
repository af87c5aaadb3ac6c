"""What people read of identity."""

from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from core.actor import Role
from core.paging import Page, PageRequest
from modules.identity.domain import User


class Standing(Struct, frozen=True):
    """What a request needs to know of its user and login, read anew each time."""

    role: Role
    is_active: bool
    token_version: int
    has_ended: bool


class Device(Struct, frozen=True):
    id: int
    device: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


class AuditRecord(Struct, frozen=True):
    id: int
    at: datetime
    actor_id: int | None
    action: str
    target_type: str
    target_id: int
    data: dict[str, Any]


class IdentityQueries(Protocol):
    async def standing(self, user_id: int, session_id: int) -> Standing | None: ...

    async def is_standing(self, session_id: int, now: datetime) -> bool:
        """Whether the login has neither ended nor expired, and its user is active."""
        ...

    async def standing_among(self, session_ids: list[int], now: datetime) -> set[int]: ...

    async def user(self, user_id: int) -> User | None: ...

    async def users(
        self, request: PageRequest, *, role: Role | None, is_active: bool | None, search: str | None
    ) -> Page[User]:
        """Newest first; `search` is the beginning of a name, username or address."""
        ...

    async def devices(self, user_id: int) -> list[Device]:
        """Living logins, the one last used first."""
        ...

    async def audit(self, request: PageRequest, *, target_type: str | None, target_id: int | None) -> Page[AuditRecord]:
        """Newest first."""
        ...

    async def export(self, user_id: int) -> dict[str, Any]:
        """All that is held about a person, table by table."""
        ...
