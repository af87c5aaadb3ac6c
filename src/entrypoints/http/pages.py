"""Pages for people who come without the app."""

from typing import Final

from litestar import MediaType, Response

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


def page_of(title: str, body: str, *, status: int = 200) -> Response[str]:
    """`body` is HTML that is safe to show; nothing is loaded with it."""
    html = _PAGE.format(title=title, body=body)
    return Response(html, media_type=MediaType.HTML, headers=_HEADERS, status_code=status)
