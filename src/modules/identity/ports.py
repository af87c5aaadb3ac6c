"""What identity needs from the outside."""

from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from core.actor import Role
from core.events import Emits
from core.idempotency import Remembers
from modules.identity.domain import CodePurpose, OneTimeCode, Session, User


class PasswordHasher(Protocol):
    async def hash(self, password: str) -> str:
        """An argon2id hash, computed off the event loop.

        :raises Unavailable: too many hashes are waiting.
        """
        ...

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether they match; with `stored` None the same time passes and the answer is no."""
        ...

    def is_outdated(self, stored: str) -> bool:
        """Whether `stored` was made with weaker parameters than today's."""
        ...


class CommonPasswords(Protocol):
    def is_common(self, password: str) -> bool:
        """Whether the password is on the list that attackers try first."""
        ...


class Claims(Struct, frozen=True):
    """What an access token says."""

    user_id: int
    session_id: int
    token_version: int
    expires_at: int


class AccessTokens(Protocol):
    lifetime: int
    """Seconds."""

    def issue(self, *, user_id: int, session_id: int, token_version: int) -> str: ...

    def read(self, token: str) -> Claims:
        """:raises TokenExpired: it was ours, once. :raises InvalidToken: it is not, or not an access token."""
        ...


class ProfileImages(Protocol):
    async def keep(self, data: bytes) -> str:
        """Re-encode the picture, without its metadata, and give its storage key.

        :raises Invalid: not a picture, or one that is too large.
        """
        ...

    async def discard(self, key: str) -> None: ...


class IdentityStore(Emits, Remembers, Protocol):
    """Identity's rows within one transaction. `lock=True` keeps others from changing the row until it ends."""

    async def add_user(
        self, *, email: str, username: str, password_hash: str, role: Role, full_name: str, mobile_number: str | None
    ) -> User:
        """:raises EmailTaken: :raises UsernameTaken:"""
        ...

    async def user(self, user_id: int, *, lock: bool = False) -> User | None: ...

    async def user_by_email(self, email: str, *, lock: bool = False) -> User | None: ...

    async def change_user(self, user_id: int, **changes: Any) -> User:
        """Set columns, raise `version` by one, and give the row as it is then.

        :raises EmailTaken: :raises UsernameTaken:
        """
        ...

    async def erase(self, user_id: int, *, alias: str) -> None:
        """Overwrite all personal data of the user with `alias` and forget codes and devices."""
        ...

    async def add_session(self, *, user_id: int, nonce: str, device: str, expires_at: datetime) -> Session: ...

    async def session(self, session_id: int, *, lock: bool = False) -> Session | None: ...

    async def rotate(self, session_id: int, *, generation: int, expires_at: datetime) -> None: ...

    async def end_sessions(
        self, user_id: int, *, reason: str, session_id: int | None = None, keep: int | None = None
    ) -> int:
        """End one login, or all of them but `keep`; how many were alive."""
        ...

    async def add_code(
        self, *, user_id: int, purpose: CodePurpose, nonce: str, email: str, expires_at: datetime
    ) -> OneTimeCode:
        """Open a code; earlier ones for the same purpose are void."""
        ...

    async def codes_since(self, user_id: int, purpose: CodePurpose, since: datetime) -> int: ...

    async def open_code(self, user_id: int, purpose: CodePurpose) -> OneTimeCode | None:
        """The newest code that is neither used nor void nor expired, locked."""
        ...

    async def keep_address(self, user_id: int, email: str) -> int:
        """Keep a former address among the codes, as one that never was open nor is counted; its id."""
        ...

    async def count_attempt(self, code_id: int) -> None: ...

    async def close_code(self, code_id: int) -> None: ...

    async def add_ticket(self, digest: str, session_id: int, expires_at: datetime) -> None: ...

    async def take_ticket(self, digest: str) -> Session | None:
        """The login of a ticket that is alive; it is gone afterwards."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None:
        """Append to the audit log."""
        ...
