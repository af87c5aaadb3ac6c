"""Becoming a user."""

from dataclasses import dataclass
from typing import Any

from core.actor import Role
from core.errors import FieldFault, Invalid
from core.idempotency import Once
from core.transaction import Begin
from modules.identity.codes import Codes
from modules.identity.domain import (
    EmailTaken,
    User,
    UsernameTaken,
    normal_email,
    password_faults,
    profile_faults,
    refuse,
)
from modules.identity.events import UserRegistered
from modules.identity.ports import CommonPasswords, IdentityStore, PasswordHasher


@dataclass(frozen=True, slots=True)
class Registration:
    begin: Begin[IdentityStore]
    hasher: PasswordHasher
    common: CommonPasswords
    codes: Codes

    async def register(
        self,
        *,
        username: str,
        email: str,
        password: str,
        full_name: str = "",
        mobile_number: str | None = None,
        role: Role = Role.STUDENT,
        once: Once | None = None,
    ) -> User:
        """Create an account and send it a code that verifies its address. The public endpoint only makes students.

        A repeat with the same key gives the same account, even one that comes while the first call still runs.

        :raises Invalid: with all faults of the input. :raises EmailTaken: :raises UsernameTaken:
        """
        email, faults = _checked_email(email)
        faults += profile_faults(username=username, full_name=full_name, mobile_number=mobile_number)
        context = (username, full_name, email.partition("@")[0])
        faults += password_faults(password, is_common=self.common.is_common(password), context=context)
        refuse(faults)
        profile = {"username": username, "full_name": full_name, "mobile_number": mobile_number, "role": role}
        try:
            return await self._add(once, password, email=email, **profile)
        except (EmailTaken, UsernameTaken):
            async with self.begin() as store:  # what is taken may be what a parallel call with this key has just made
                if registered := await _registered(store, once):
                    return registered
                raise

    async def _add(self, once: Once | None, password: str, *, email: str, **profile: Any) -> User:
        async with self.begin() as store:
            if registered := await _registered(store, once):
                return registered
            if await store.user_by_email(email):
                raise EmailTaken  # before the costly hash
        password_hash = await self.hasher.hash(password)
        async with self.begin() as store:
            user = await store.add_user(email=email, password_hash=password_hash, **profile)
            await store.emit(UserRegistered(user_id=user.id))
            await self.codes.open_verification(store, user)
            await store.answer(once, user.id)
        return user


async def _registered(store: IdentityStore, once: Once | None) -> User | None:
    """Whom an earlier call with this key has registered. The id alone is kept: a user's row holds a hash."""
    known = await store.answered(once, int)
    return await store.user(known) if known is not None else None


def _checked_email(email: str) -> tuple[str, list[FieldFault]]:
    try:
        return normal_email(email), []
    except Invalid as error:
        return "", list(error.faults)
