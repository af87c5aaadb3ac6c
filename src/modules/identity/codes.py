"""One-time codes by mail: opening, checking, and what they read. Shared by the workflows that send them."""

from dataclasses import dataclass
from datetime import timedelta

from core.clock import Clock
from core.errors import RateLimited
from core.ids import Derivation, Randomness
from modules.identity.domain import (
    CODE_ATTEMPTS,
    CODE_LIFETIME,
    CODES_PER_HOUR,
    CodePurpose,
    InvalidCode,
    OneTimeCode,
    User,
    digits,
)
from modules.identity.events import CodeRequested
from modules.identity.ports import IdentityStore


@dataclass(frozen=True, slots=True)
class Codes:
    derivation: Derivation
    randomness: Randomness
    clock: Clock

    async def open(self, store: IdentityStore, user: User, purpose: CodePurpose, email: str) -> None:
        """Void earlier codes of this purpose, open a new one and have it mailed.

        :raises RateLimited: five codes within the hour.
        """
        now = self.clock.now()
        if await store.codes_since(user.id, now - timedelta(hours=1)) >= CODES_PER_HOUR:
            raise RateLimited("Too many codes for this account; try again in an hour.", retry_after=3600)
        code = await store.add_code(
            user_id=user.id,
            purpose=purpose,
            nonce=self.randomness.token(16),
            email=email,
            expires_at=now + CODE_LIFETIME,
        )
        await store.emit(CodeRequested(user_id=user.id, code_id=code.id, purpose=purpose))

    async def open_verification(self, store: IdentityStore, user: User) -> None:
        await self.open(store, user, CodePurpose.VERIFY_EMAIL, user.email)

    async def redeem(self, store: IdentityStore, user_id: int, purpose: CodePurpose, given: str) -> OneTimeCode | None:
        """Use up the open code if `given` is it. None for a wrong guess, which is counted: the caller must commit first
        and raise `InvalidCode` afterwards.
        """
        code = await store.open_code(user_id, purpose)
        if code is None:
            raise InvalidCode
        if code.attempts >= CODE_ATTEMPTS or self.read(code) != given.strip():
            await store.count_attempt(code.id)
            return None
        await store.close_code(code.id)
        return code

    def read(self, code: OneTimeCode) -> str:
        """The six digits that the mail shows."""
        return digits(self.derivation.derive("code", code.purpose, code.user_id, code.nonce))
