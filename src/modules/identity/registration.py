"""Becoming a user."""

from dataclasses import dataclass

from core.actor import Role
from core.errors import FieldFault, Invalid
from core.idempotency import Once
from core.transaction import Begin
from modules.identity.codes import Codes
from modules.identity.domain import EmailTaken, User, normal_email, password_faults, profile_faults, refuse
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

        :raises Invalid: with all faults of the input. :raises EmailTaken: :raises UsernameTaken:
        """
        email, faults = _checked_email(email)
        faults += profile_faults(username=username, full_name=full_name, mobile_number=mobile_number)
        context = (username, full_name, email.partition("@")[0])
        faults += password_faults(password, is_common=self.common.is_common(password), context=context)
        refuse(faults)
        async with self.begin() as store:
            known = await store.answered(once, int)  # the id alone: a user's row holds the password's hash
            if known is not None and (registered := await store.user(known)) is not None:
                return registered
            if await store.user_by_email(email):
                raise EmailTaken  # before the costly hash
        password_hash = await self.hasher.hash(password)
        async with self.begin() as store:
            user = await store.add_user(
                email=email,
                username=username,
                password_hash=password_hash,
                role=role,
                full_name=full_name,
                mobile_number=mobile_number,
            )
            await store.emit(UserRegistered(user_id=user.id))
            await self.codes.open_verification(store, user)
            await store.answer(once, user.id)
        return user


def _checked_email(email: str) -> tuple[str, list[FieldFault]]:
    try:
        return normal_email(email), []
    except Invalid as error:
        return "", list(error.faults)
