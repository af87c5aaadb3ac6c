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
        """Mail a new verification code; the former one is void.

        :raises AlreadyVerified: :raises RateLimited: five codes within the hour.
        """
        async with self.begin() as store:
            user = await _own(store, actor)
            if user.email_verified_at is not None:
                raise AlreadyVerified
            await self.codes.open_verification(store, user)

    async def request_change(self, actor: Actor, *, email: str, password: str) -> None:
        """Mail a code to the new address; the address changes when the code comes back through `verify`.

        :raises WrongPassword: the password is wrong. :raises EmailTaken: :raises RateLimited:
        """
        email = normal_email(email)
        async with self.begin() as store:
            user = await _own(store, actor)
        if not await self.hasher.verify(password, user.password_hash):
            raise WrongPassword
        async with self.begin() as store:
            if await store.user_by_email(email):
                raise EmailTaken
            await self.codes.open(store, user, CodePurpose.CHANGE_EMAIL, email)

    async def verify(self, actor: Actor, code: str) -> User:
        """Take back a mailed code: it verifies the address, or changes it if a change was asked for later.

        :raises InvalidCode: :raises EmailTaken: somebody took the address meanwhile.
        """
        async with self.begin() as store:
            user = await _own(store, actor)
            changing = await store.open_code(user.id, CodePurpose.CHANGE_EMAIL)
            purpose = CodePurpose.CHANGE_EMAIL if changing else CodePurpose.VERIFY_EMAIL
            redeemed = await self.codes.redeem(store, user.id, purpose, code)
            if redeemed is not None:
                now = self.clock.now()
                if changing:
                    former = await store.add_code(
                        user_id=user.id, purpose=CodePurpose.CHANGE_EMAIL, nonce="-", email=user.email, expires_at=now
                    )
                    await store.emit(EmailChanged(user_id=user.id, code_id=former.id))
                if changing or redeemed.email == user.email:
                    user = await store.change_user(user.id, email=redeemed.email, email_verified_at=now)
        if redeemed is None:
            raise InvalidCode
        return user


async def _own(store: IdentityStore, actor: Actor) -> User:
    user = await store.user(actor.user_id, lock=True)
    if user is None:
        raise NotFound
    return user
