"""The API's documentation: the OpenAPI document and a page that shows it without the internet."""

from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import State

from entrypoints.http.docs_page import PAGE
from entrypoints.http.policy import Policy

OFFLINE = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


@get("/openapi.json", policy=Policy.ANYONE, include_in_schema=False)
async def openapi(request: Request[None, None, State]) -> Response[dict[str, object]]:
    return Response(request.app.openapi_schema.to_schema(), media_type=MediaType.JSON)


@get("/", policy=Policy.ANYONE, include_in_schema=False)
async def page() -> Response[str]:
    return Response(PAGE, media_type=MediaType.HTML, headers={"Content-Security-Policy": OFFLINE})


def docs_router() -> Router:
    return Router("/docs", route_handlers=[openapi, page])
