"""May these sockets still be open? Asked of the database, for many at once."""

from collections.abc import Iterable

from core.errors import AppError
from entrypoints.ws.connection import Connection
from entrypoints.ws.sockets import Sockets
from modules.community.domain.groups import demand_member
from modules.identity.domain import TokenRevoked

AT_ONCE = 500


async def review(sockets: Sockets, connections: Iterable[Connection]) -> None:
    """Close those whose login or place has ended; note until when the places of the others last.

    :raises Unavailable: some were not looked at.
    """
    remaining = [one for one in connections if not one.is_closing]
    while remaining:
        batch, remaining = remaining[:AT_ONCE], remaining[AT_ONCE:]
        alive = await sockets.house.workflows.authentication.alive_among(list({one.actor.session_id for one in batch}))
        for connection in batch:
            if connection.actor.session_id not in alive:
                connection.evict(TokenRevoked())
        await _review_places(sockets, [one for one in batch if not one.is_closing])


async def _review_places(sockets: Sockets, connections: list[Connection]) -> None:
    by_community: dict[int, list[Connection]] = {}
    for connection in connections:
        if connection.community_id is not None:
            by_community.setdefault(connection.community_id, []).append(connection)
    for community_id, members in by_community.items():
        user_ids = list({one.user_id for one in members})
        places = await sockets.house.workflows.community.places(community_id, user_ids)
        for connection in members:
            if connection.user_id not in places:  # an account that was closed since its login was looked at
                connection.evict(TokenRevoked())
                continue
            try:
                connection.place_ends = demand_member(places[connection.user_id]).ends_at
            except AppError as error:
                connection.evict(error)
            else:
                sockets.schedule(connection)
