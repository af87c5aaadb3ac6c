"""The API's documentation: the OpenAPI document, and a page that shows it without the internet."""

from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from msgspec import Struct

from entrypoints.http.docs_page import PAGE
from entrypoints.http.policy import Policy
from entrypoints.http.problems import MEDIA_TYPE

OFFLINE = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable (docs/errors.md); `errors` names each faulty field by its dotted path.",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "request_id": {"type": "string"},
    },
}
REFUSALS = {
    "400": "The input is not valid",
    "401": "Not logged in, or the access token has expired",
    "403": "Not allowed",
    "404": "There is no such thing, or it is not yours to see",
    "409": "It contradicts what is already there",
    "413": "The body is larger than allowed here",
    "415": "The body is of another kind than accepted here",
    "429": "Too many requests; `Retry-After` says when",
    "503": "A part of the service does not answer; `Retry-After` says when",
}
OF_BODIES = {"413", "415"}
FILE_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        }
    },
}


def _with_attachment(body: type[Struct], field: str) -> dict[str, Any]:
    """A body as JSON, or the same fields as a form with a file."""
    (schema,), _ = msgspec.json.schema_components([body], ref_template="#/components/schemas/{name}")
    described = {"schema": schema}
    file = {"allOf": [schema, {"type": "object", "properties": {field: {"type": "string", "format": "binary"}}}]}
    return {"required": True, "content": {"application/json": described, "multipart/form-data": {"schema": file}}}


ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key and body give the same answer for 30 days; another body or address is a 409.",
}
VERSION = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": 'The `version` that was read, as "7"; a 409 if somebody changed it meanwhile.',
}


def completed(document: dict[str, Any], app: Litestar) -> dict[str, Any]:
    """The document with what Litestar leaves out: the trailing slashes of our paths, how refusals look, who may call,
    the headers that handlers read themselves, and the files that they take.
    """
    paths: dict[str, Any] = {}
    handlers = {
        (route.path_format or "/", method.lower()): handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
    }
    for path, item in document["paths"].items():
        operations = {
            method: _operation(operation, handlers[path, method].opt, method)
            if (path, method) in handlers
            else operation
            for method, operation in item.items()
        }
        paths[path if path.endswith("/") else f"{path}/"] = operations
    components = {**document["components"]}
    bodies = [handler.opt["body"] for handler in handlers.values() if "attachment" in handler.opt]
    _, schemas = msgspec.json.schema_components(bodies, ref_template="#/components/schemas/{name}")
    components["schemas"] = {**components.get("schemas", {}), **schemas, "Problem": PROBLEM}
    return {**document, "paths": paths, "components": components}


def _operation(operation: dict[str, Any], opt: dict[str, Any], method: str) -> dict[str, Any]:
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    is_open = opt["policy"] in {Policy.ANYONE, Policy.SIGNED}
    has_body = "requestBody" in operation or opt.get("takes_file") or "attachment" in opt
    expected = [status for status in REFUSALS if has_body or status not in OF_BODIES]
    refusals = {status: {"description": REFUSALS[status], "content": problem} for status in expected}
    parameters = [*operation.get("parameters", ())]
    if opt.get("once"):
        parameters.append(ONCE)
    if method == "patch" and not opt.get("unversioned"):
        parameters.append(VERSION)
    return {
        **operation,
        "description": f"{operation.get('description') or ''}\n\nWho: {opt['policy'].value}.".strip(),
        "responses": {**operation["responses"], **refusals},
        "security": [{"bearer": []}, {}] if is_open else [{"bearer": []}],
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": FILE_BODY} if opt.get("takes_file") else {}),
        **({"requestBody": _with_attachment(opt["body"], opt["attachment"])} if "attachment" in opt else {}),
    }


class CompletedJson(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, completed(openapi_schema, request.app))


class OfflinePage(OpenAPIRenderPlugin):
    """Our own page: Litestar's load their scripts from the internet."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        return PAGE.encode()


def documentation() -> OpenAPIConfig:
    router = Router(
        "/docs",
        route_handlers=[],
        opt={"policy": Policy.ANYONE},
        include_in_schema=False,
        response_class=Response,
        response_headers={"Content-Security-Policy": OFFLINE},
    )
    return OpenAPIConfig(
        title="Shala",
        version="1",
        description="Sells courses, teaches them, keeps the class together.",
        openapi_router=router,
        use_handler_docstrings=True,
        render_plugins=[OfflinePage(), CompletedJson(path="/openapi.json")],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
    )
