"""The frame of the pages for people: one inline stylesheet, nothing from outside, every value escaped.

The content policy forbids scripts and any outside resource, so that a mail shown here cannot call home either.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import MediaType, Request, Response

_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_SYMBOLS: Final = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£"}
_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1d2433;--soft:#5d6779;--line:#e1e5ec;--bg:#f4f6fa;--card:#fff;--accent:#2456d6;
--good:#0d7a4f;--warn:#9a5b00;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e8ebf2;--soft:#9aa5b8;--line:#2b3444;--bg:#10151f;--card:#19202d;
--accent:#7da2ff;--good:#4cc593;--warn:#e3a548;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header{background:var(--card);border-bottom:1px solid var(--line)}
header nav{max-width:60rem;margin:auto;padding:.8rem 1rem;display:flex;gap:1.2rem;flex-wrap:wrap;align-items:baseline}
header b{margin-right:auto}
header small{color:var(--soft);font-weight:400;margin-left:.4rem}
main{max-width:60rem;margin:0 auto;padding:1.25rem 1rem 3rem}
main.narrow{max-width:28rem}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
h1{font-size:1.4rem;margin:.4rem 0 1rem}h2{font-size:1.05rem;margin:1.6rem 0 .6rem}
p{margin:.5rem 0}
.soft{color:var(--soft)}.status{margin:.2rem 0 .9rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.1rem;margin:0 0 1rem}
.scroll{overflow-x:auto;padding:0}
.amount{font-size:2.1rem;font-weight:650;letter-spacing:-.02em;margin:.2rem 0 .8rem}
dl{display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.35rem 1rem;margin:0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
code{font:.9em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:.9rem/1.5 ui-monospace,Menlo,Consolas,monospace;margin:0}
table{border-collapse:collapse;width:100%;font-size:.94rem}
th,td{text-align:left;padding:.6rem .9rem;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:top}
tr:last-child td{border-bottom:0}th{color:var(--soft);font-weight:500;font-size:.85rem}
td.wrap{white-space:normal;overflow-wrap:anywhere;min-width:12rem}
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums}
.badge{display:inline-block;padding:.05rem .55rem;border-radius:99px;font-size:.82rem;border:1px solid currentColor}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
button,.button{display:block;width:100%;font:inherit;font-weight:600;padding:.75rem 1rem;
border-radius:10px;cursor:pointer;
text-align:center;border:1px solid var(--line);background:var(--card);color:var(--ink);margin:.6rem 0 0}
input:not([type=hidden]){display:block;width:100%;font:inherit;padding:.6rem .8rem;border-radius:10px;
border:1px solid var(--line);background:var(--card);color:var(--ink);margin:.3rem 0 0}
button.main{background:#2456d6;border-color:#2456d6;color:#fff}
button:hover{filter:brightness(1.06)}
button:focus-visible,a:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
iframe{width:100%;height:50vh;min-height:18rem;border:1px solid var(--line);border-radius:10px;background:#fff}
ul.links{list-style:none;margin:0;padding:0;display:grid;
gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr))}
ul.links li.card{margin:0}
"""
_GOOD: Final = frozenset({"paid", "captured", "processed", "won", "shown"})
_BAD: Final = frozenset({"failed", "lost"})


def page(title: str, body: str, *, narrow: bool = False, status_code: int = 200, style: str = "") -> Response[str]:
    """``body`` is HTML whose values are escaped already; ``title`` is plain text. ``style`` is for this page alone."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} · Sandbox</title><style>{_STYLE}{style}</style></head><body><header><nav>"
        '<b><a href="/sandbox/">Sandbox</a><small>nothing here is real</small></b>'
        '<a href="/sandbox/razorpay/">Payments</a><a href="/sandbox/mail/">Mail</a>'
        '<a href="/sandbox/push/">Phones</a></nav></header>'
        f'<main class="{"narrow" if narrow else "wide"}">{body}</main></body></html>'
    )
    return Response(text, media_type=MediaType.HTML, status_code=status_code, headers=_HEADERS)


def error_page(message: str, status_code: int = 400) -> Response[str]:
    body = f'<h1>That did not work</h1><div class="card"><p>{escape(message)}</p></div>'
    return page("That did not work", body, narrow=True, status_code=status_code)


def prefers_html(request: Request[Any, Any, Any]) -> bool:
    """Browsers ask for HTML first; whoever takes anything gets JSON."""
    return request.accept.best_match(["application/json", "text/html"], "application/json") == "text/html"


def is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def money(paise: int, currency: str) -> str:
    """``12345600, "INR"`` → ``₹1,23,456.00``, grouped as India does."""
    whole, part = divmod(paise, 100)
    digits = str(whole)
    groups = [digits[-3:]]
    rest, step = digits[:-3], 2 if currency == "INR" else 3
    while rest:
        groups.insert(0, rest[-step:])
        rest = rest[:-step]
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{symbol}{','.join(groups)}.{part:02d}"


def badge(status: str) -> str:
    tone = "good" if status in _GOOD else "bad" if status in _BAD else "warn"
    return f'<span class="badge {tone}">{escape(status)}</span>'


def facts(pairs: list[tuple[str, str]]) -> str:
    """A list of names and values, both plain text."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f"<dl>{rows}</dl>"
