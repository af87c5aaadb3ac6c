"""The HTTP application: routes, guard, errors, documentation; wrapped in the edge."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.exceptions import InternalServerException
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp

from core.errors import Invalid
from entrypoints.compose import House
from entrypoints.http import (
    accounts,
    contents,
    courses,
    credentials,
    enrolments,
    files,
    operations,
    payments,
    problems,
    progress,
    users,
)
from entrypoints.http.docs import documentation
from entrypoints.http.edge import Edge
from entrypoints.http.policy import Policy, demand_policies, enforce

LARGEST_BODY = 2**20
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it; after an even number of backslashes
Background = Callable[[House], AbstractAsyncContextManager[None]]


def create_app(house: House, *, background: Background | None = None) -> ASGIApp:
    """The whole application as ASGI; `background` runs beside it, as the dispatcher does in the embedded default.

    :raises Missing: a route declares no policy.
    """
    return Edge(create_litestar(house, background=background), allowed_hosts=house.settings.listed("allowed_hosts"))


def create_litestar(house: House, *, background: Background | None = None) -> Litestar:
    """The application without the edge; its schema is complete."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None, None]:
        if background is None:
            yield
        else:
            async with background(house):
                yield
        await house.close()

    origins = house.settings.listed("cors_origins")
    app = Litestar(
        route_handlers=_routes(house),
        guards=[enforce],
        before_request=refuse_nul,
        exception_handlers=problems.HANDLERS,
        request_max_body_size=LARGEST_BODY,
        openapi_config=documentation(),
        cors_config=CORSConfig(allow_origins=origins, expose_headers=["ETag", "X-Request-ID"]) if origins else None,
        lifespan=[lifespan],
        state=State({"house": house}),
        logging_config=None,
        multipart_form_part_limit=20,
    )
    demand_policies(app)
    return app


async def refuse_nul(request: Request[Any, Any, Any]) -> None:
    """PostgreSQL stores no text with a NUL in it, so none comes in. Bodies that are not JSON are left alone.

    :raises Invalid:
    """
    is_json = "data" in request.route_handler.parsed_fn_signature.parameters
    if b"%00" in request.scope["query_string"] or (is_json and NUL.search(await request.body())):
        raise Invalid("A text has a NUL character in it, which cannot be stored.")


def _routes(house: House) -> list[Any]:
    routes: list[Any] = [
        Router(
            "/api/accounts",
            route_handlers=[*accounts.HANDLERS, *credentials.HANDLERS, *users.HANDLERS],
            tags=["accounts"],
        ),
        Router(
            "/api/courses",
            route_handlers=[*courses.HANDLERS, *contents.HANDLERS, *enrolments.HANDLERS, *progress.HANDLERS],
            tags=["courses"],
        ),
        Router("/api/payments", route_handlers=payments.HANDLERS, tags=["payments"]),
        *files.HANDLERS,
        *operations.HANDLERS,
    ]
    if house.settings.storage == "local":
        public = house.settings.data_path / "media" / "public"
        public.mkdir(parents=True, exist_ok=True)
        routes.append(
            create_static_files_router(
                "/media",
                [public],
                opt={"policy": Policy.ANYONE},
                include_in_schema=False,
                exception_handlers={ValueError: problems.absent, InternalServerException: problems.absent},
            )
        )
    return routes
