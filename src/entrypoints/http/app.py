"""The HTTP application: routes, policies, errors, documentation; wrapped in the edge."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.exceptions import InternalServerException
from litestar.static_files import create_static_files_router

from entrypoints.compose import House
from entrypoints.http import (
    accounts,
    analytics,
    archives,
    attempts,
    attendance,
    attendance_reports,
    calendars,
    certificates,
    chatbot,
    chatbot_oversight,
    classes,
    contents,
    coupons,
    courses,
    credentials,
    enrolments,
    excuses,
    files,
    group_members,
    groups,
    invoices,
    mailed,
    media_uploads,
    messages,
    moderation,
    notes,
    notifications,
    offers,
    operations,
    payments,
    posts,
    preferences,
    problems,
    progress,
    quizzes,
    reconciliation,
    refunds,
    revenue,
    reviews,
    status_sets,
    users,
)
from entrypoints.http.answers import Answer
from entrypoints.http.docs import documentation
from entrypoints.http.edge import Edge
from entrypoints.http.policy import Policy, admit, demand_policies
from entrypoints.ws.routes import SocketRoutes
from entrypoints.ws.sockets import Sockets
from entrypoints.ws.watch import Watch

MONEY = [
    *payments.HANDLERS,
    *offers.HANDLERS,
    *invoices.HANDLERS,
    *coupons.HANDLERS,
    *refunds.HANDLERS,
    *reconciliation.HANDLERS,
    *revenue.HANDLERS,
]
LIVE = [
    *classes.HANDLERS,
    *attendance.HANDLERS,
    *attendance_reports.HANDLERS,
    *excuses.HANDLERS,
    *status_sets.HANDLERS,
    *calendars.HANDLERS,
]
LARGEST_BODY = 2**20
Background = Callable[[House], AbstractAsyncContextManager[None]]


def create_app(house: House, *, background: Background | None = None, sockets: Sockets | None = None) -> Edge:
    """The whole application as ASGI; `background` runs beside it, as the dispatcher does in the embedded default.

    :raises Missing: a route declares no policy.
    """
    sockets = sockets or Sockets(house)
    return Edge(create_litestar(house, background=background, sockets=sockets), house, SocketRoutes(sockets))


def create_litestar(house: House, *, background: Background | None = None, sockets: Sockets | None = None) -> Litestar:
    """The application without the edge and its sockets; its schema is complete."""
    origins = house.settings.listed("cors_origins")
    app = Litestar(
        route_handlers=_routes(house),
        before_request=admit,
        exception_handlers=problems.HANDLERS,
        response_class=Answer,
        request_max_body_size=LARGEST_BODY,
        openapi_config=documentation(),
        cors_config=CORSConfig(allow_origins=origins, expose_headers=["ETag", "X-Request-ID"]) if origins else None,
        lifespan=[lifespan(house, background=background, sockets=sockets or Sockets(house))],
        logging_config=None,
        multipart_form_part_limit=20,
    )
    demand_policies(app)
    return app


def lifespan(
    house: House, *, background: Background | None, sockets: Sockets
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """What stands for as long as the application is served; the house is closed at the end."""

    @asynccontextmanager
    async def standing(_: Litestar) -> AsyncGenerator[None, None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(house.close)
            if background is not None:
                await stack.enter_async_context(background(house))
            await stack.enter_async_context(Watch(sockets).running())
            yield

    return standing


def _routes(house: House) -> list[Any]:
    routes: list[Any] = [
        Router(
            "/api/accounts",
            route_handlers=[*accounts.HANDLERS, *credentials.HANDLERS, *users.HANDLERS],
            tags=["accounts"],
        ),
        Router(
            "/api/courses",
            route_handlers=[
                *courses.HANDLERS,
                *contents.HANDLERS,
                *enrolments.HANDLERS,
                *progress.HANDLERS,
                *quizzes.HANDLERS,
                *attempts.HANDLERS,
                *notes.HANDLERS,
                *reviews.HANDLERS,
                *certificates.HANDLERS,
                *media_uploads.HANDLERS,
                *analytics.HANDLERS,
                *archives.HANDLERS,
            ],
            tags=["courses"],
        ),
        Router("/api/attendance", route_handlers=LIVE, tags=["attendance"]),
        Router("/api/chatbot", route_handlers=chatbot.HANDLERS + chatbot_oversight.HANDLERS, tags=["chatbot"]),
        Router("/api/payments", route_handlers=MONEY, tags=["payments"]),
        Router(
            "/api/community",
            route_handlers=[
                *groups.HANDLERS,
                *group_members.HANDLERS,
                *posts.HANDLERS,
                *moderation.HANDLERS,
                *messages.HANDLERS,
                *notifications.HANDLERS,
                *preferences.HANDLERS,
                *mailed.HANDLERS,
            ],
            tags=["community"],
        ),
        *mailed.OPENING,
        *certificates.PAGES,
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
