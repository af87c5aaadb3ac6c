"""The HTTP application: routes, policies, errors, documentation; wrapped in the edge."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.exceptions import InternalServerException
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp

from entrypoints.compose import House
from entrypoints.http import (
    accounts,
    contents,
    courses,
    credentials,
    enrolments,
    files,
    group_members,
    groups,
    messages,
    moderation,
    operations,
    payments,
    posts,
    problems,
    progress,
    users,
)
from entrypoints.http.docs import documentation
from entrypoints.http.edge import Edge
from entrypoints.http.policy import Policy, admit, demand_policies

LARGEST_BODY = 2**20
Background = Callable[[House], AbstractAsyncContextManager[None]]


def create_app(house: House, *, background: Background | None = None) -> ASGIApp:
    """The whole application as ASGI; `background` runs beside it, as the dispatcher does in the embedded default.

    :raises Missing: a route declares no policy.
    """
    return Edge(create_litestar(house, background=background), house)


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
        before_request=admit,
        exception_handlers=problems.HANDLERS,
        request_max_body_size=LARGEST_BODY,
        openapi_config=documentation(),
        cors_config=CORSConfig(allow_origins=origins, expose_headers=["ETag", "X-Request-ID"]) if origins else None,
        lifespan=[lifespan],
        logging_config=None,
        multipart_form_part_limit=20,
    )
    demand_policies(app)
    return app


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
        Router(
            "/api/community",
            route_handlers=[
                *groups.HANDLERS,
                *group_members.HANDLERS,
                *posts.HANDLERS,
                *moderation.HANDLERS,
                *messages.HANDLERS,
            ],
            tags=["community"],
        ),
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
