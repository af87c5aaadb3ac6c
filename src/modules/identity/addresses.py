"""Proving and changing one's e-mail address."""

from dataclasses import dataclass

from core.actor import Actor
from core.clock import Clock
from core.errors import Conflict, NotFound
from core.transaction import Begin
from modules.identity.codes import Codes
from modules.identity.domain import (
    CodePurpose,
    EmailTaken,
    InvalidCode,
    User,
    WrongPassword,
    normal_email,
    still_proven,
)
from modules.identity.events import EmailChanged
from modules.identity.ports import IdentityStore, PasswordHasher


class AlreadyVerified(Conflict):
    code = "already_verified"
    detail = "This address is verified already."


@dataclass(frozen=True, slots=True)
class Addresses:
    begin: Begin[IdentityStore]
    hasher: PasswordHasher
    codes: Codes
    clock: Clock

    async def resend(self, actor: Actor) -> None:
        """Mail a verification code: the one that waits, or a new one if somebody guessed at it.

        :raises AlreadyVerified: :raises RateLimited: five codes within the hour.
        """
        async with self.begin() as store:
            user = await _own(store, actor)
            if user.email_verified_at is not None:
                raise AlreadyVerified
            await self.codes.open_verification(store, user)

    async def request_change(self, actor: Actor, *, email: str, password: str) -> None:
        """Mail a code to the new address; the address changes when the code comes back through `verify`.

        :raises WrongPassword: the password is wrong, or was changed meanwhile. :raises EmailTaken: :raises RateLimited:
        """
        email = normal_email(email)
        async with self.begin() as store:
            user = await _own(store, actor)
        if not await self.hasher.verify(password, user.password_hash):
            raise WrongPassword
        async with self.begin() as store:
            current = await store.user(actor.user_id, lock=True)
            if not still_proven(current, user):
                raise WrongPassword
            if await store.user_by_email(email):
                raise EmailTaken
            await self.codes.open(store, current, CodePurpose.CHANGE_EMAIL, email)

    async def verify(self, actor: Actor, code: str) -> User:
        """Take back the code that was mailed last: it verifies the address, or changes it.

        :raises InvalidCode: :raises EmailTaken: somebody took the address meanwhile.
        """
        async with self.begin() as store:
            user = await _own(store, actor)
            purpose = await _awaited(store, user.id)
            redeemed = await self.codes.redeem(store, user.id, purpose, code)
            if redeemed is not None:
                changing = purpose is CodePurpose.CHANGE_EMAIL
                if changing:
                    former_id = await store.keep_address(user.id, user.email)
                    await store.emit(EmailChanged(user_id=user.id, code_id=former_id))
                if changing or redeemed.email == user.email:
                    now = self.clock.now()
                    user = await store.change_user(user.id, email=redeemed.email, email_verified_at=now)
        if redeemed is None:
            raise InvalidCode
        return user


async def _own(store: IdentityStore, actor: Actor) -> User:
    user = await store.user(actor.user_id, lock=True)
    if user is None:
        raise NotFound
    return user


async def _awaited(store: IdentityStore, user_id: int) -> CodePurpose:
    """What the newest open code is for: the person types what came last."""
    purposes = (CodePurpose.VERIFY_EMAIL, CodePurpose.CHANGE_EMAIL)
    codes = [code for purpose in purposes if (code := await store.open_code(user_id, purpose))]
    newest = max(codes, key=lambda code: code.id, default=None)
    return newest.purpose if newest else CodePurpose.VERIFY_EMAIL
