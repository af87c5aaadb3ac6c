"""The HTTP application for tests called in process: its routes are made once, which takes a tenth of a second."""

from typing import Any

from litestar import Litestar

from entrypoints.compose import House
from entrypoints.http.app import create_litestar
from entrypoints.http.edge import Edge
from entrypoints.ws.routes import SocketRoutes
from entrypoints.ws.sockets import Sockets

_shared: list[Litestar] = []


def app_over(house: House) -> Edge:
    """What `create_app` gives, for houses whose settings differ in nothing but where they keep things.

    Each request brings its house along, so all may share the routes; what an application has of its house from its
    making (the directory of public files, the lifespan) it has of an own one, made when it is asked for.
    """
    sockets = Sockets(house)
    own: list[Litestar] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        is_own = scope["type"] != "http" or scope["path"].startswith("/media")
        made = own if is_own else _shared
        if not made:
            made.append(create_litestar(house, sockets=sockets))
        await made[0](scope, receive, send)

    return Edge(answer, house, SocketRoutes(sockets))
