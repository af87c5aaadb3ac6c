"""Errors as RFC 9457 problem+json: the one table from kinds to statuses."""

import errno
import http
import re
import traceback
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Struct

from core.errors import (
    AppError,
    Conflict,
    FieldFault,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from entrypoints.decoding import fault

MEDIA_TYPE = "application/problem+json"
STATUSES: dict[type[AppError], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Unsupported: 415,
    RateLimited: 429,
    Unavailable: 503,
}
# what Litestar itself refuses
CODES = {
    400: "invalid_input",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    503: "unavailable",
}
TITLES = {"invalid_input": "Invalid input", "not_authenticated": "Not authenticated"}
KEPT_HEADERS = {"allow", "retry-after"}
log = structlog.get_logger()


class Problem(Struct, frozen=True):
    """`code` is stable and listed in docs/errors.md; `errors` names each faulty field by its dotted path."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldFault]
    request_id: str


AnyRequest = Request[Any, Any, Any]


def answer(
    request: AnyRequest,
    *,
    status: int,
    code: str,
    detail: str,
    faults: tuple[FieldFault, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    problem = Problem(
        type=f"urn:shala:error:{code}",
        title=TITLES.get(code) or code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        code=code,
        errors=list(faults),
        request_id=str(request.scope.get("request_id", "")),
    )
    headers = headers or {}
    if status == http.HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(msgspec.json.encode(problem), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def refused(request: AnyRequest, error: AppError) -> Response[bytes]:
    """A refusal of ours."""
    status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    may_come_back = error.retry_after is not None or status in {429, 503}
    headers = {"Retry-After": str(error.retry_after or 1)} if may_come_back else {}
    return answer(request, status=status, code=error.code, detail=error.message, faults=error.faults, headers=headers)


def rejected(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """A refusal of Litestar: no such route or method, a body that cannot be read."""
    status = error.status_code
    if error.detail == "client disconnected prematurely":  # nobody is there to read it, and nothing of ours is broken
        return answer(request, status=400, code="malformed_json", detail="The body ended too early.")
    if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return broken(request, error)
    headers = {k: v for k, v in (error.headers or {}).items() if k.lower() in KEPT_HEADERS}
    if status == http.HTTPStatus.BAD_REQUEST and request.headers.get("content-type", "").startswith("multipart/"):
        faults = (FieldFault("body", "This is no form that can be read, or it has too many fields."),)
        return answer(request, status=status, code="invalid_input", detail=faults[0].message, faults=faults)
    if isinstance(error, ValidationException):
        return _invalid(request, error)
    if status == http.HTTPStatus.BAD_REQUEST:
        return _malformed(request)
    details = {404: "There is nothing at this address.", 405: f"{request.method} is not possible here."}
    detail = details.get(status, http.HTTPStatus(status).description or error.detail)
    return answer(request, status=status, code=CODES.get(status, "invalid_input"), detail=detail, headers=headers)


def broken(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A fault of ours: logged with its trace, told without it."""
    if isinstance(error, UnicodeDecodeError | RecursionError) and _was_decoding(error):
        return _malformed(request)
    log.error("request_failed", exc_info=error)
    detail = "Something went wrong on our side. If it stays, tell us the request_id."
    return answer(request, status=500, code="internal_error", detail=detail)


def absent(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A path that no file can have: too long a name, a NUL in it."""
    cause = error.__cause__
    if not isinstance(error, ValueError) and not (isinstance(cause, OSError) and cause.errno == errno.ENAMETOOLONG):
        return broken(request, error)
    return answer(request, status=404, code="not_found", detail="There is nothing at this address.")


def _malformed(request: AnyRequest) -> Response[bytes]:
    return answer(request, status=400, code="malformed_json", detail="The body is not JSON as expected.")


def _was_decoding(error: Exception) -> bool:
    """Bytes that are no UTF-8, and brackets without end, come out of msgspec as errors that are not its own."""
    return traceback.extract_tb(error.__traceback__)[-1].name == "decode_json"


def _invalid(request: AnyRequest, error: ValidationException) -> Response[bytes]:
    faults = []
    for one in error.extra if isinstance(error.extra, list) else []:
        key = _sent_as(request, str(one.get("key") or "").removeprefix("data"))
        faults.append(fault(f"{one.get('message', '')} - at `${key}`"))
    if missing := re.search(r"[Mm]issing required (?:\w+ )?parameter '(\w+)'", str(error.detail)):
        faults = [FieldFault(missing[1], "Required.")]
    if not faults or faults[0].message == "'data'":
        faults = [FieldFault("body", "A JSON body is required.")]
    count = "One field is" if len(faults) == 1 else f"{len(faults)} fields are"
    return answer(request, status=400, code="invalid_input", detail=f"{count} wrong.", faults=tuple(faults))


def _sent_as(request: AnyRequest, key: str) -> str:
    """A parameter's name as the client knows it, where the handler calls it otherwise."""
    known = request.route_handler.parsed_fn_signature.parameters.get(key)
    return getattr(known.kwarg_definition, "name", None) or key if known is not None else key


HANDLERS: dict[Any, Any] = {AppError: refused, HTTPException: rejected, Exception: broken}
