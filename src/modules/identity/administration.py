"""What administrators do with accounts. Everything here is in the audit log."""

from dataclasses import dataclass

from core.actor import Actor, Role
from core.errors import NotFound, VersionConflict
from core.transaction import Begin
from modules.identity.domain import OwnAccount, User
from modules.identity.events import AccessEnded, RoleChanged
from modules.identity.ports import IdentityStore


@dataclass(frozen=True, slots=True)
class Administration:
    begin: Begin[IdentityStore]

    async def change(
        self,
        actor: Actor,
        user_id: int,
        *,
        role: Role | None = None,
        is_active: bool | None = None,
        version: int | None = None,
    ) -> User:
        """Give a role, ban (`is_active` False) or lift a ban. Both hold from the user's next request on.

        :raises NotFound: :raises OwnAccount: :raises VersionConflict:
        """
        if user_id == actor.user_id:
            raise OwnAccount
        async with self.begin() as store:
            user = await store.user(user_id, lock=True)
            if user is None or user.deleted_at is not None:
                raise NotFound
            if version is not None and version != user.version:
                raise VersionConflict
            if role is not None and role != user.role:
                user = await self._give_role(store, actor, user, role)
            if is_active is not None and is_active != user.is_active:
                user = await self._set_active(store, actor, user, is_active=is_active)
        return user

    async def end_logins(self, actor: Actor, user_id: int) -> None:
        """End all logins of somebody whose phone was stolen.

        :raises NotFound:
        """
        async with self.begin() as store:
            if await store.user(user_id) is None:
                raise NotFound
            await store.end_sessions(user_id, reason="admin")
            await store.emit(AccessEnded(user_id=user_id, session_id=None, reason="admin"))
            await store.audit(actor_id=actor.user_id, action="user.logins_ended", target_type="user", target_id=user_id)

    async def _give_role(self, store: IdentityStore, actor: Actor, user: User, role: Role) -> User:
        changed = await store.change_user(user.id, role=role)
        await store.emit(RoleChanged(user_id=user.id, role=role))
        await store.audit(
            actor_id=actor.user_id,
            action="user.role_changed",
            target_type="user",
            target_id=user.id,
            before=user.role,
            after=role,
        )
        return changed

    async def _set_active(self, store: IdentityStore, actor: Actor, user: User, *, is_active: bool) -> User:
        # the version in the token goes up, so that no token issued before the ban is good after it is lifted
        changed = await store.change_user(user.id, is_active=is_active, token_version=user.token_version + 1)
        if not is_active:
            await store.end_sessions(user.id, reason="banned")
            await store.emit(AccessEnded(user_id=user.id, session_id=None, reason="banned"))
        await store.audit(
            actor_id=actor.user_id,
            action="user.enabled" if is_active else "user.banned",
            target_type="user",
            target_id=user.id,
        )
        return changed
