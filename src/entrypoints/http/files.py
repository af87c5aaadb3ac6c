"""Private files of the local store, with ranges so that players can seek (Starlette's FileResponse does the work)."""

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from litestar import asgi
from litestar.types import Receive, Scope, Send
from starlette.responses import FileResponse

from core.errors import NotFound
from entrypoints.http.policy import Policy, enforce
from entrypoints.http.scope import house_of


@runtime_checkable
class ReadsTokens(Protocol):
    """A media library whose files this process serves itself."""

    def read(self, token: str) -> tuple[Path, str, Any]: ...


# mounted: Litestar 2.25 answers 500 on an ASGI route with a path parameter
@asgi("/api/courses/files", policy=Policy.SIGNED, is_mount=True, copy_scope=True, guards=[enforce])
async def file(scope: Scope, receive: Receive, send: Send) -> None:
    """A video or document under a token that is bound to a login: it ends with it."""
    house = house_of(scope)
    if not isinstance(house.library, ReadsTokens) or scope.get("method") not in {"GET", "HEAD"}:
        raise NotFound
    path, mime_type, ticket = house.library.read(scope["path"].strip("/"))
    if ticket.session_id is not None and not await house.workflows.authentication.is_alive(ticket.session_id):
        raise NotFound
    response = FileResponse(
        path,
        media_type=mime_type,
        filename=ticket.file_name,
        content_disposition_type="attachment" if ticket.file_name else "inline",
        headers={"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "sandbox; default-src 'none'"},
    )
    await response(scope, receive, send)  # type: ignore[arg-type]


HANDLERS = [file]
