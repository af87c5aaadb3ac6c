"""Changing a password, and getting back in without it."""

from dataclasses import dataclass

from core.actor import Actor
from core.errors import Invalid, NotFound, RateLimited
from core.transaction import Begin
from modules.identity.codes import Codes
from modules.identity.domain import (
    CodePurpose,
    InvalidCode,
    TokenRevoked,
    User,
    WrongPassword,
    normal_email,
    password_faults,
    refuse,
    still_proven,
)
from modules.identity.events import AccessEnded, PasswordChanged
from modules.identity.ports import CommonPasswords, IdentityStore, PasswordHasher


@dataclass(frozen=True, slots=True)
class Passwords:
    begin: Begin[IdentityStore]
    hasher: PasswordHasher
    common: CommonPasswords
    codes: Codes

    async def change(self, actor: Actor, *, current: str, new: str) -> None:
        """Set a new password; the user's other logins end and the user is told by mail.

        :raises WrongPassword: the current password is wrong, or was changed meanwhile.
        :raises TokenRevoked: this login has ended meanwhile. :raises Invalid: the new password is too weak.
        """
        async with self.begin() as store:
            user = await store.user(actor.user_id)
        if user is None:
            raise NotFound
        if not await self.hasher.verify(current, user.password_hash):
            raise WrongPassword("The current password is wrong.")
        self._judge(user, new)
        password_hash = await self.hasher.hash(new)
        async with self.begin() as store:
            if not still_proven(await store.user(user.id, lock=True), user):
                raise WrongPassword("The current password is wrong.")
            session = await store.session(actor.session_id)
            if session is None or session.ended_at is not None:
                raise TokenRevoked
            await self._set(store, user.id, password_hash, reason="password_change", keep=actor.session_id)

    async def forgot(self, email: str) -> None:
        """Mail a code to this address if an account has it. Nothing tells the caller whether one has."""
        try:
            email = normal_email(email)
        except Invalid:
            return
        try:
            async with self.begin() as store:
                user = await _holder(store, email)
                if user is not None:
                    await self.codes.open(store, user, CodePurpose.RESET_PASSWORD, user.email)
        except RateLimited:
            return  # an answer here would tell that the account exists

    async def reset(self, *, email: str, code: str, new: str) -> None:
        """Set a new password with the mailed code; all logins end. The address counts as verified.

        The code is looked at before the password: without it nothing tells whether the address has an account, and
        nothing is hashed.

        :raises InvalidCode: wrong, used, void, expired, or tried five times. :raises Invalid: the password is too weak.
        """
        try:
            email = normal_email(email)
        except Invalid:
            raise InvalidCode from None
        async with self.begin() as store:
            user = await _holder(store, email)
            waiting = user and await self.codes.check(store, user.id, CodePurpose.RESET_PASSWORD, code)
        if user is None or waiting is None:
            raise InvalidCode
        self._judge(user, new)
        password_hash = await self.hasher.hash(new)
        async with self.begin() as store:
            user = await _holder(store, email)
            redeemed = user and await self.codes.redeem(store, user.id, CodePurpose.RESET_PASSWORD, code)
            if user is not None and redeemed is not None:
                await self._set(store, user.id, password_hash, reason="password_reset", keep=None)
                if user.email_verified_at is None:
                    await store.change_user(user.id, email_verified_at=self.codes.clock.now())
        if redeemed is None:
            raise InvalidCode

    def _judge(self, user: User, password: str) -> None:
        context = (user.username, user.full_name, user.email.partition("@")[0])
        refuse(password_faults(password, is_common=self.common.is_common(password), context=context))

    async def _set(
        self, store: IdentityStore, user_id: int, password_hash: str, *, reason: str, keep: int | None
    ) -> None:
        changed = await store.change_user(user_id, password_hash=password_hash)
        if await store.end_sessions(user_id, reason=reason, keep=keep):
            await store.emit(AccessEnded(user_id=user_id, session_id=None, reason=reason))
        await store.emit(PasswordChanged(user_id=user_id, version=changed.version))


async def _holder(store: IdentityStore, email: str) -> User | None:
    """Who may reset a password by this address, locked."""
    user = await store.user_by_email(email, lock=True)
    return user if user is not None and user.is_active else None
