"""One's own profile, and leaving for good."""

from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.errors import NotFound, VersionConflict
from core.ids import Randomness
from core.transaction import Begin
from modules.identity.domain import User, WrongPassword, profile_faults, refuse, still_proven
from modules.identity.events import AccessEnded, AccountErased, EmailForgotten
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
            user = await _own(store, actor)
            if version is not None and version != user.version:
                raise VersionConflict
            return await store.change_user(actor.user_id, **changes) if changes else user

    async def set_image(self, actor: Actor, data: bytes | None) -> User:
        """Replace the profile image, or take it away with None.

        :raises Invalid: not a picture, or one that is too large.
        """
        key = await self.images.keep(data) if data is not None else None
        try:
            async with self.begin() as store:
                former = (await _own(store, actor)).profile_image
                user = await store.change_user(actor.user_id, profile_image=key)
        except BaseException:
            if key:
                await self.images.discard(key)
            raise
        if former:
            await self.images.discard(former)
        return user

    async def erase(self, actor: Actor, *, password: str) -> None:
        """Delete the account: the person is made anonymous and their logins end at once. What is held elsewhere, their
        picture too, goes by the reactions to `AccountErased`.

        What tax law wants kept (payments and their invoices) stays, under the anonymous user.

        :raises WrongPassword: the password is wrong, or was changed meanwhile.
        """
        async with self.begin() as store:
            user = await store.user(actor.user_id)
        if user is None:
            raise NotFound
        if not await self.hasher.verify(password, user.password_hash):
            raise WrongPassword
        async with self.begin() as store:
            current = await store.user(actor.user_id, lock=True)
            if not still_proven(current, user):
                raise WrongPassword
            await store.end_sessions(actor.user_id, reason="erased")
            await store.erase(actor.user_id, alias=f"deleted_{self.randomness.token(8)}")
            await store.audit(
                actor_id=actor.user_id, action="account.erased", target_type="user", target_id=actor.user_id
            )
            await store.emit(AccessEnded(user_id=actor.user_id, session_id=None, reason="erased"))
            await store.emit(EmailForgotten(email=current.email))
            await store.emit(AccountErased(user_id=actor.user_id, picture=current.profile_image))

    async def discard_image(self, key: str | None) -> None:
        """Remove the picture of somebody who has left, if there was one. A reaction outside: twice is harmless."""
        if key:
            await self.images.discard(key)


async def _own(store: IdentityStore, actor: Actor) -> User:
    """:raises NotFound: the account was erased meanwhile, and is to get no personal data again."""
    user = await store.user(actor.user_id, lock=True)
    if user is None or user.deleted_at is not None:
        raise NotFound
    return user
