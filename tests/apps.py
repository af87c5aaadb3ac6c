"""The HTTP application for tests that share a process: its routes are made once, as that takes a tenth of a second."""

from typing import Any

from litestar import Litestar

from entrypoints.compose import House
from entrypoints.http.app import create_litestar, lifespan
from entrypoints.http.edge import Edge
from entrypoints.ws.routes import SocketRoutes
from entrypoints.ws.sockets import Sockets

_shared: dict[tuple[str, str], Litestar] = {}


def app_over(house: House, sockets: Sockets | None = None) -> Edge:
    """What `create_app` gives. Each request brings its house along, so that houses may share the routes; what is
    of the house from the making (the lifespan, the directory of public files) each has for itself.
    """
    sockets = sockets or Sockets(house)
    own: list[Litestar] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            lasting = Litestar(lifespan=[lifespan(house, background=None, sockets=sockets)], logging_config=None)
            return await lasting(scope, receive, send)
        if scope["path"].startswith("/media"):
            if not own:
                own.append(create_litestar(house, sockets=sockets))
            return await own[0](scope, receive, send)
        made_of = house.settings.storage, house.settings.cors_origins
        if made_of not in _shared:
            _shared[made_of] = create_litestar(house, sockets=sockets)
        return await _shared[made_of](scope, receive, send)

    return Edge(answer, house, SocketRoutes(sockets))
