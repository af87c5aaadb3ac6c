"""Logging in, staying logged in, and logging out."""

from dataclasses import dataclass

from msgspec import Struct

from core.actor import Actor
from core.clock import Clock
from core.errors import Invalid, NotFound
from core.ids import Derivation, Randomness
from core.transaction import Begin
from modules.identity.domain import (
    REFRESH_LIFETIME,
    AccountDisabled,
    InvalidCredentials,
    InvalidToken,
    RefreshReused,
    Rotation,
    Session,
    User,
    normal_email,
    rotation,
    still_proven,
)
from modules.identity.events import AccessEnded
from modules.identity.ports import AccessTokens, IdentityStore, PasswordHasher


class Tokens(Struct, frozen=True):
    access_token: str
    refresh_token: str
    expires_in: int
    user: User


@dataclass(frozen=True, slots=True)
class Logins:
    begin: Begin[IdentityStore]
    hasher: PasswordHasher
    tokens: AccessTokens
    derivation: Derivation
    randomness: Randomness
    clock: Clock

    async def login(self, email: str, password: str, *, device: str) -> Tokens:
        """Open a session on `device` (a name for people).

        Unknown address and wrong password take the same time and look the same.

        :raises InvalidCredentials: :raises AccountDisabled: only to somebody who knows the password.
        """
        try:
            email = normal_email(email)
        except Invalid:
            raise InvalidCredentials from None
        async with self.begin() as store:
            user = await store.user_by_email(email)
        if not await self.hasher.verify(password, user.password_hash if user else None) or user is None:
            raise InvalidCredentials
        if not user.is_active:
            raise AccountDisabled
        renewed = await self.hasher.hash(password) if self.hasher.is_outdated(user.password_hash) else None
        async with self.begin() as store:
            current = await store.user(user.id, lock=True)
            if not still_proven(current, user):
                raise InvalidCredentials
            if renewed:
                current = await store.change_user(user.id, password_hash=renewed)
            session = await store.add_session(
                user_id=user.id,
                nonce=self.randomness.token(16),
                device=device[:200],
                expires_at=self.clock.now() + REFRESH_LIFETIME,
            )
        return self._tokens(current, session, session.generation)

    async def refresh(self, refresh_token: str) -> Tokens:
        """Exchange a refresh token for new tokens.

        A repeat with the token that was just exchanged gives the same successor again (a phone may lose the reply).

        :raises InvalidToken: not ours, ended, or expired. :raises RefreshReused: an older token; the login is ended.
        :raises AccountDisabled:
        """
        session_id, generation, proof = _parse(refresh_token)
        async with self.begin() as store:
            session = await store.session(session_id, lock=True)
            if session is None or not self._is_genuine(session, generation, proof):
                raise InvalidToken
            now = self.clock.now()
            user = await store.user(session.user_id)
            if session.ended_at or session.expires_at <= now or user is None:
                raise InvalidToken
            if not user.is_active:
                raise AccountDisabled
            earned = rotation(session, generation, now)
            newest = session.generation
            if earned is Rotation.NEXT:
                newest = generation + 1
                await store.rotate(session.id, generation=newest, expires_at=now + REFRESH_LIFETIME)
            elif earned is Rotation.REUSED:
                await self._end(store, session.user_id, "reuse", session_id=session.id)
        if earned is Rotation.REUSED:
            raise RefreshReused
        return self._tokens(user, session, newest)

    async def logout(self, actor: Actor, *, session_id: int | None = None) -> None:
        """End the login in use, or another one of the same user.

        :raises NotFound: no such living login of this user.
        """
        async with self.begin() as store:
            wanted = actor.session_id if session_id is None else session_id
            if not await self._end(store, actor.user_id, "logout", session_id=wanted):
                raise NotFound

    async def logout_all(self, actor: Actor) -> None:
        """End every login of the user, this one too."""
        async with self.begin() as store:
            await self._end(store, actor.user_id, "logout_all")

    async def _end(self, store: IdentityStore, user_id: int, reason: str, session_id: int | None = None) -> bool:
        ended = await store.end_sessions(user_id, reason=reason, session_id=session_id)
        if ended:
            await store.emit(AccessEnded(user_id=user_id, session_id=session_id, reason=reason))
        return bool(ended)

    def _is_genuine(self, session: Session, generation: int, proof: str) -> bool:
        return self.derivation.matches(proof, "refresh", session.id, session.nonce, generation)

    def _tokens(self, user: User, session: Session, generation: int) -> Tokens:
        proof = self.derivation.derive("refresh", session.id, session.nonce, generation)
        return Tokens(
            access_token=self.tokens.issue(user_id=user.id, session_id=session.id, token_version=user.token_version),
            refresh_token=f"rt_{session.id}_{generation}_{proof}",
            expires_in=self.tokens.lifetime,
            user=user,
        )


def _parse(refresh_token: str) -> tuple[int, int, str]:
    prefix, _, rest = refresh_token.partition("_")
    parts = rest.split("_", 2)
    is_shaped = (
        prefix == "rt" and len(parts) == 3 and all(p.isascii() and p.isdigit() and len(p) < 19 for p in parts[:2])
    )
    if not is_shaped:
        raise InvalidToken
    return int(parts[0]), int(parts[1]), parts[2]
