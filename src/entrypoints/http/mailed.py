"""Where links in mails lead: ending them without a login (RFC 8058), and what opens the app."""

from html import escape
from typing import Annotated, Final

from litestar import MediaType, Response, get, post
from litestar.params import FromPath, QueryParameter

from entrypoints.http.calls import Call, do
from entrypoints.http.policy import Policy
from modules.notifications.domain.kinds import LinkType

Token = Annotated[str, QueryParameter(max_length=100, description="As it stands in the mail")]
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title} · Shala</title><style>
:root{{color-scheme:light dark}}
body{{font:17px/1.5 system-ui,sans-serif;max-width:28rem;margin:12vh auto 0;padding:0 1.2rem}}
h1{{font-size:1.4rem}}button,a.button{{display:inline-block;font:inherit;font-weight:600;padding:.7rem 1.2rem;border:0;
border-radius:.6rem;background:#2456d6;color:#fff;cursor:pointer;text-decoration:none}}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""


@get("/notifications/unsubscribe/", policy=Policy.SIGNED, media_type=MediaType.HTML)
async def ask(request: Call, token: Token) -> Response[str]:
    """A page with a button. Looking at it changes nothing: mail scanners follow links."""
    do(request).preferring.demand_token(token)
    button = '<form method="post"><button>No e-mails any more</button></form>'
    return _page(
        "End e-mails about notifications?", f"<p>Receipts and codes still come. The app still tells you.</p>{button}"
    )


@post("/notifications/unsubscribe/", policy=Policy.SIGNED, status_code=200, media_type=MediaType.HTML)
async def unsubscribe(request: Call, token: Token) -> Response[str]:
    """What mail programs send by themselves when somebody taps “unsubscribe”. A repeat changes nothing."""
    await do(request).preferring.unsubscribe(token)
    return _page("Done", "<p>No e-mails about notifications any more. You can have them again in the app.</p>")


@get("/open/{kind:str}/{target_id:int}/", policy=Policy.ANYONE, media_type=MediaType.HTML)
async def open_app(request: Call, kind: FromPath[LinkType], target_id: FromPath[int]) -> Response[str]:  # noqa: ARG001
    """Phones with the app open it there instead of this page, which is for all others."""
    link = escape(f"shala://{kind.value}/{target_id}")
    return _page(
        "Open it in the app", f'<p>This is for the Shala app.</p><p><a class="button" href="{link}">Open Shala</a></p>'
    )


def _page(title: str, body: str) -> Response[str]:
    return Response(_PAGE.format(title=title, body=body), media_type=MediaType.HTML, headers=_HEADERS)


HANDLERS = [ask, unsubscribe]
OPENING = [open_app]
