"""The API's documentation: the OpenAPI document, and a page that shows it without the internet."""

from typing import Any

from litestar import MediaType, Request, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from entrypoints.http.docs_page import PAGE
from entrypoints.http.policy import Policy

OFFLINE = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


def slashed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the trailing slash that our paths have and Litestar drops."""
    paths = {path if path.endswith("/") else f"{path}/": item for path, item in document["paths"].items()}
    return {**document, "paths": paths}


class SlashedJson(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, slashed(openapi_schema))


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
        response_headers={"Content-Security-Policy": OFFLINE},
    )
    return OpenAPIConfig(
        title="Shala",
        version="1",
        description="Sells courses, teaches them, keeps the class together.",
        openapi_router=router,
        render_plugins=[OfflinePage(), SlashedJson(path="/openapi.json")],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"bearer": []}, {}],
    )
