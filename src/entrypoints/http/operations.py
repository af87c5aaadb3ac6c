"""For operators: is it alive, is it ready, how does it fare; and the documentation pages."""

import asyncio
import hmac
from collections.abc import Awaitable
from typing import Any

from litestar import Response, get
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from core.errors import Unauthenticated
from entrypoints.compose import House
from entrypoints.http.answers import Answer
from entrypoints.http.calls import Call, house
from entrypoints.http.policy import Policy

WAITING = Gauge("shala_outbox_waiting", "Reactions that wait")
DEAD = Gauge("shala_outbox_dead", "Reactions that were given up")
AGE = Gauge("shala_outbox_oldest_seconds", "How long the oldest due reaction waits")
PATIENCE_S = 2


class Health(Struct, frozen=True):
    """`status` is ok, degraded (slower, nothing lost) or down."""

    status: str
    checks: dict[str, str]


@get("/health/live/", policy=Policy.ANYONE)
async def live(request: Call) -> Health:  # noqa: ARG001
    """The process answers."""
    return Health("ok", {})


@get("/health/ready/", policy=Policy.ANYONE)
async def ready(request: Call) -> Response[Health]:
    """What the service needs: without the database it is down (503), without Redis only slower."""
    h = house(request)
    database, redis = await asyncio.gather(_check(_database(h)), _check(_redis(h)))
    checks = {"database": database, **({"redis": redis} if h.settings.redis_url else {})}
    status = "down" if database != "ok" else "ok" if redis == "ok" else "degraded"
    return Answer(Health(status, checks), status_code=503 if status == "down" else 200)


@get("/metrics/", policy=Policy.SIGNED)
async def metrics(request: Call) -> Response[bytes]:
    """Prometheus's format; guarded by SHALA_METRICS_TOKEN where that is set."""
    h = house(request)
    token, given = h.settings.metrics_token, request.headers.get("x-metrics-token", "")
    if token and not hmac.compare_digest(given.encode(), token.encode()):
        raise Unauthenticated("Send the header X-Metrics-Token.")
    waiting, dead, since = await h.outbox.backlog()
    WAITING.set(waiting)
    DEAD.set(dead)
    AGE.set(max(0.0, (h.clock.now() - since).total_seconds()) if since else 0)
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST}, media_type=None)


async def _database(h: House) -> None:
    await h.database.ping()


async def _redis(h: House) -> None:
    if h.settings.redis_url:
        await h.limits.ping()


async def _check(work: Awaitable[Any]) -> str:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await work
    except Exception as error:  # noqa: BLE001 - any failure is an answer here
        return type(error).__name__
    return "ok"


HANDLERS = [live, ready, metrics]
