"""Firebase Cloud Messaging's HTTP v1 API for one project, and Google's token endpoint: ``/sandbox/fcm/...``.

A device's token says what becomes of it: ``unregistered…`` is gone, ``invalid…`` never was one, and ``mismatch…``
belongs to another project.
"""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response, Router, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from entrypoints.sandbox import fcm_errors as errors
from entrypoints.sandbox.fault_gate import FcmGate
from entrypoints.sandbox.faults import Faults
from entrypoints.sandbox.fcm_account import FcmAccount, GrantError
from entrypoints.sandbox.fcm_errors import FcmError, Json
from entrypoints.sandbox.fcm_messages import request_of
from entrypoints.sandbox.pushes import Pushes

FcmRequest = Request[Any, Any, Any]


class Fcm:
    """Without an account nobody is let in."""

    def __init__(self, account: FcmAccount | None, pushes: Pushes, faults: Faults) -> None:
        self._account = account
        self.pushes = pushes
        self.faults = faults

    @property
    def account(self) -> FcmAccount:
        if self._account is None:
            raise errors.unauthenticated()
        return self._account

    def send(self, project: str, body: bytes) -> Json:
        if project != self.account.project_id:
            raise errors.permission_denied(project)
        request = request_of(body)
        self._require_reachable(request.message.token)
        if request.validate_only:
            return {"name": f"projects/{project}/messages/fake_message_id"}
        push = self.pushes.add(request.message, request.raw)
        return {"name": f"projects/{project}/messages/{push.id}"}

    def _require_reachable(self, token: str) -> None:
        if token.startswith("unregistered") or token in self.faults.document.fcm.unregistered:
            raise errors.unregistered()
        if token.startswith("invalid"):
            raise errors.invalid_token()
        if token.startswith("mismatch"):
            raise errors.sender_id_mismatch()


def fcm_api(fcm: Fcm) -> Router:
    projects = Router(
        path="/v1/projects",
        route_handlers=[send_message],
        guards=[_BearerAuth(fcm)],
        # A function, because Litestar copies a router deeply and would give the gate fault knobs of its own.
        middleware=[lambda app: FcmGate(app, fcm.faults)],
    )
    return Router(
        path="/sandbox/fcm",
        route_handlers=[give_token, projects],
        dependencies={"fcm": Provide(lambda: fcm, sync_to_thread=False)},
        exception_handlers={FcmError: _refusal, GrantError: _no_token},
    )


def _refusal(_: FcmRequest, error: FcmError) -> Response[Json]:
    return Response(error.as_json(), status_code=error.http_status, media_type=MediaType.JSON)


def _no_token(_: FcmRequest, error: GrantError) -> Response[Json]:
    answer = {"error": error.error, "error_description": error.description}
    return Response(answer, status_code=400, media_type=MediaType.JSON)


@post("/token", status_code=200)
async def give_token(request: FcmRequest, fcm: NamedDependency[Fcm]) -> Json:
    form = await request.form()
    return fcm.account.token(str(form.get("grant_type", "")), str(form.get("assertion", "")))


@post("/{project:str}/messages:send", status_code=200)
async def send_message(request: FcmRequest, fcm: NamedDependency[Fcm], project: FromPath[str]) -> Json:
    return fcm.send(project, await request.body())


class _BearerAuth:
    def __init__(self, fcm: Fcm) -> None:
        self.fcm = fcm

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        scheme, _space, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.fcm.account.accepts(token):
            raise errors.unauthenticated()
