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
        """Have a code mailed to `email`. The caller holds the user's lock, so that parallel calls count one another.

        A code that waits for the same address and that nobody has guessed at is mailed again: whoever asks in another's
        name must not void what that person is typing. Otherwise a new one voids the earlier ones of this purpose.

        :raises RateLimited: five mails of this purpose within the hour.
        """
        now = self.clock.now()
        if await store.codes_since(user.id, purpose, now - timedelta(hours=1)) >= CODES_PER_HOUR:
            raise RateLimited("Too many codes for this account; try again in an hour.", retry_after=3600)
        waiting = await store.open_code(user.id, purpose)
        again = waiting if waiting and waiting.attempts == 0 and waiting.email == email else None
        # the same digits in a row of their own: each row is one mail, and is counted as one
        code = await store.add_code(
            user_id=user.id,
            purpose=purpose,
            nonce=again.nonce if again else self.randomness.token(16),
            email=email,
            expires_at=now + CODE_LIFETIME,  # as each mail promises
        )
        await store.emit(CodeRequested(user_id=user.id, code_id=code.id, purpose=purpose))

    async def open_verification(self, store: IdentityStore, user: User) -> None:
        await self.open(store, user, CodePurpose.VERIFY_EMAIL, user.email)

    async def check(self, store: IdentityStore, user_id: int, purpose: CodePurpose, given: str) -> OneTimeCode | None:
        """The open code if `given` is it. None if there is none, and for a wrong guess, which is counted: the caller
        must commit first and raise `InvalidCode` afterwards.
        """
        code = await store.open_code(user_id, purpose)
        if code is None:
            return None
        if code.attempts >= CODE_ATTEMPTS or self.read(code) != given.strip():
            await store.count_attempt(code.id)
            return None
        return code

    async def redeem(self, store: IdentityStore, user_id: int, purpose: CodePurpose, given: str) -> OneTimeCode | None:
        """The same, and the code is used up."""
        code = await self.check(store, user_id, purpose, given)
        if code is not None:
            await store.close_code(code.id)
        return code

    def read(self, code: OneTimeCode) -> str:
        """The six digits that the mail shows."""
        return digits(self.derivation.derive("code", code.purpose, code.user_id, code.nonce))
