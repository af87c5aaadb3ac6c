"""Where links in mails lead: ending them without a login (RFC 8058), and what opens the app."""

from html import escape
from typing import Annotated

from litestar import MediaType, Response, get, post
from litestar.params import FromPath, QueryParameter

from entrypoints.http.calls import Call, do
from entrypoints.http.pages import page_of
from entrypoints.http.policy import Policy
from modules.notifications.domain.kinds import LinkType

Token = Annotated[str, QueryParameter(max_length=100, description="As it stands in the mail")]
ClassCode = Annotated[str | None, QueryParameter(max_length=10, pattern=r"^\d+$", description="Of a live class")]


@get("/notifications/unsubscribe/", policy=Policy.SIGNED, media_type=MediaType.HTML)
async def ask(request: Call, token: Token) -> Response[str]:
    """A page with a button. Looking at it changes nothing: mail scanners follow links."""
    do(request).preferring.demand_token(token)
    button = '<form method="post"><button>No e-mails any more</button></form>'
    return page_of(
        "End e-mails about notifications?", f"<p>Receipts and codes still come. The app still tells you.</p>{button}"
    )


@post("/notifications/unsubscribe/", policy=Policy.SIGNED, status_code=200, media_type=MediaType.HTML)
async def unsubscribe(request: Call, token: Token) -> Response[str]:
    """What mail programs send by themselves when somebody taps “unsubscribe”. A repeat changes nothing."""
    await do(request).preferring.unsubscribe(token)
    return page_of("Done", "<p>No e-mails about notifications any more. You can have them again in the app.</p>")


@get("/open/{kind:str}/{target_id:int}/", policy=Policy.ANYONE, media_type=MediaType.HTML)
async def open_app(
    request: Call,  # noqa: ARG001
    kind: FromPath[LinkType],
    target_id: FromPath[int],
    code: ClassCode = None,
) -> Response[str]:
    """Phones with the app open it there instead of this page, which is for all others. `code`: of a live class."""
    link = escape(f"shala://{kind.value}/{target_id}" + ("" if code is None else f"?code={code}"))
    shown = "" if code is None else f"<p>The code of the class: <strong>{escape(code)}</strong></p>"
    return page_of(
        "Open it in the app",
        f'<p>This is for the Shala app.</p>{shown}<p><a class="button" href="{link}">Open Shala</a></p>',
    )


HANDLERS = [ask, unsubscribe]
OPENING = [open_app]
