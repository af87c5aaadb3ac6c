"""Who sends this request."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.actor import Actor
from core.clock import Clock
from core.ids import Randomness
from core.transaction import Begin
from modules.identity.domain import AccountDisabled, InvalidTicket, InvalidToken, TokenRevoked
from modules.identity.ports import AccessTokens, IdentityStore
from modules.identity.queries import IdentityQueries, Standing

TICKET_LIFETIME = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Authentication:
    begin: Begin[IdentityStore]
    queries: IdentityQueries
    tokens: AccessTokens
    randomness: Randomness
    clock: Clock

    async def identify(self, access_token: str) -> Actor:
        """The actor behind an access token. Role, ban and logout are read anew, so they hold from this request on.

        :raises TokenExpired: :raises InvalidToken: :raises TokenRevoked: :raises AccountDisabled:
        """
        claims = self.tokens.read(access_token)
        standing = await self.queries.standing(claims.user_id, claims.session_id)
        return _judge(standing, claims.user_id, claims.session_id, claims.token_version)

    async def open(self, access_token: str) -> tuple[Actor, datetime]:
        """The actor, and until when the token is good: for what stays open longer than a request.

        :raises TokenExpired: :raises InvalidToken: :raises TokenRevoked: :raises AccountDisabled:
        """
        now = self.clock.now()
        actor = await self.identify(access_token)
        return actor, now + timedelta(seconds=self.tokens.read(access_token).expires_at - now.timestamp())

    async def open_with_ticket(self, ticket: str) -> tuple[Actor, datetime]:
        """The same for a ticket, which is as good as an access token that was issued now.

        :raises InvalidTicket: :raises TokenRevoked: :raises AccountDisabled:
        """
        actor = await self.redeem_ticket(ticket)
        return actor, self.clock.now() + timedelta(seconds=self.tokens.lifetime)

    async def alive_among(self, session_ids: list[int]) -> set[int]:
        """Which of these logins still stand."""
        return await self.queries.standing_among(session_ids, self.clock.now())

    async def is_alive(self, session_id: int) -> bool:
        """Whether this login still stands, for addresses that are bound to it."""
        return await self.queries.is_standing(session_id, self.clock.now())

    async def issue_ticket(self, actor: Actor) -> str:
        """A single-use ticket that opens one socket within 30 s; it may stand in a URL."""
        ticket = self.randomness.token(24)
        async with self.begin() as store:
            await store.add_ticket(_digest(ticket), actor.session_id, self.clock.now() + TICKET_LIFETIME)
        return ticket

    async def redeem_ticket(self, ticket: str) -> Actor:
        """The actor that the ticket was issued to; a second use is refused.

        :raises InvalidTicket: unknown, used or expired. :raises TokenRevoked: :raises AccountDisabled:
        """
        async with self.begin() as store:
            session = await store.take_ticket(_digest(ticket))
        if session is None:
            raise InvalidTicket
        standing = await self.queries.standing(session.user_id, session.id)
        return _judge(standing, session.user_id, session.id, standing.token_version if standing else 0)


def _judge(standing: Standing | None, user_id: int, session_id: int, token_version: int) -> Actor:
    if standing is None:
        raise InvalidToken
    if not standing.is_active:
        raise AccountDisabled
    if standing.has_ended or standing.token_version != token_version:
        raise TokenRevoked
    return Actor(user_id=user_id, role=standing.role, session_id=session_id)


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
