"""One's own profile, and leaving for good."""

from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.errors import NotFound, VersionConflict
from core.ids import Randomness
from core.transaction import Begin
from modules.identity.domain import User, WrongPassword, profile_faults, refuse
from modules.identity.events import AccessEnded, AccountErased
from modules.identity.ports import IdentityStore, PasswordHasher, ProfileImages


@dataclass(frozen=True, slots=True)
class Profiles:
    begin: Begin[IdentityStore]
    images: ProfileImages
    hasher: PasswordHasher
    randomness: Randomness

    async def edit(self, actor: Actor, changes: dict[str, Any], *, version: int | None = None) -> User:
        """Change any of username, full_name and mobile_number; with `version`, only if nobody did meanwhile.

        :raises Invalid: :raises UsernameTaken: :raises VersionConflict:
        """
        refuse(
            profile_faults(
                username=changes.get("username"),
                full_name=changes.get("full_name"),
                mobile_number=changes.get("mobile_number"),
            )
        )
        async with self.begin() as store:
            user = await store.user(actor.user_id, lock=True)
            if user is None:
                raise NotFound
            if version is not None and version != user.version:
                raise VersionConflict
            return await store.change_user(actor.user_id, **changes) if changes else user

    async def set_image(self, actor: Actor, data: bytes | None) -> User:
        """Replace the profile image, or take it away with None.

        :raises Invalid: not a picture, or one that is too large.
        """
        key = await self.images.keep(data) if data is not None else None
        async with self.begin() as store:
            user = await store.user(actor.user_id, lock=True)
            if user is None:
                raise NotFound
            former = user.profile_image
            user = await store.change_user(actor.user_id, profile_image=key)
        if former:
            await self.images.discard(former)
        return user

    async def erase(self, actor: Actor, *, password: str) -> None:
        """Delete the account: the person is made anonymous at once, logins end, and other modules follow.

        What tax law wants kept (payments and their invoices) stays, under the anonymous user.

        :raises WrongPassword: the password is wrong.
        """
        async with self.begin() as store:
            user = await store.user(actor.user_id)
        if user is None:
            raise NotFound
        if not await self.hasher.verify(password, user.password_hash):
            raise WrongPassword
        async with self.begin() as store:
            await store.end_sessions(actor.user_id, reason="erased")
            await store.erase(actor.user_id, alias=f"deleted_{self.randomness.token(8)}")
            await store.audit(
                actor_id=actor.user_id, action="account.erased", target_type="user", target_id=actor.user_id
            )
            await store.emit(AccessEnded(user_id=actor.user_id, session_id=None, reason="erased"))
            await store.emit(AccountErased(user_id=actor.user_id))
        if user.profile_image:
            await self.images.discard(user.profile_image)
