"""Everybody's phones: JSON for programs, pages for people, under the same path."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, Router, delete, get
from litestar.di import NamedDependency, Provide

from entrypoints.sandbox.pages import badge, page, prefers_html
from entrypoints.sandbox.pushes import Push, Pushes

_SHOWN_ON_A_PAGE: Final = 200
_SHOWN_ON_A_PHONE: Final = 30
_SHORT: Final = 28
_STYLE: Final = """
:root{--wall-1:#cfe0ff;--wall-2:#efe4ff;--note:rgba(255,255,255,.86)}
@media(prefers-color-scheme:dark){:root{--wall-1:#1a2850;--wall-2:#33204a;--note:rgba(28,34,48,.86)}}
.phones{display:flex;flex-wrap:wrap;justify-content:center;gap:2rem 1.5rem;margin:1rem 0 2rem}
figure{margin:0;width:21rem;max-width:100%}
figcaption{margin:.6rem .5rem 0;font-size:.82rem;color:var(--soft);text-align:center;overflow-wrap:anywhere}
.phone{border:11px solid #0b0e14;border-radius:3rem;box-shadow:0 0 0 1px var(--line),0 18px 40px rgba(15,22,40,.22);
background:linear-gradient(160deg,var(--wall-1),var(--wall-2));padding:.7rem .7rem 1.2rem;min-height:38rem}
.bar{display:flex;justify-content:center;height:1.5rem}
.bar i{width:5.6rem;background:#0b0e14;border-radius:99px}
.clock{text-align:center;margin:1.3rem 0 1.5rem;line-height:1.1}
.clock b{display:block;font-size:3.4rem;font-weight:300;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.note{background:var(--note);border-radius:1.2rem;padding:.65rem .85rem .7rem;margin:0 0 .55rem;
overflow-wrap:anywhere;font-size:.93rem;line-height:1.4}
.note p{margin:.15rem 0 0}
.app{display:flex;gap:.45rem;align-items:center;font-size:.78rem;color:var(--soft)}
.app i{width:1.25rem;height:1.25rem;border-radius:.36rem;background:#2456d6;color:#fff;font-style:normal;
font-weight:700;display:grid;place-items:center;font-size:.72rem}
.app time{margin-left:auto;white-space:nowrap}
.note .small,td .small{display:block;margin-top:.3rem;font-size:.74rem;color:var(--soft)}
.quiet{text-align:center;padding:.8rem}
"""
PageRequest = Request[Any, Any, Any]


class _Phones:
    def __init__(self, pushes: Pushes, app_name: str) -> None:
        self.pushes = pushes
        self.app_name = app_name


def push_pages(pushes: Pushes, app_name: str) -> Router:
    phones = _Phones(pushes, app_name)
    return Router(
        path="/sandbox/push",
        route_handlers=[list_pushes, forget_pushes],
        dependencies={"phones": Provide(lambda: phones, sync_to_thread=False)},
    )


@get("/")
async def list_pushes(request: PageRequest, phones: NamedDependency[_Phones]) -> Response[Any]:
    user, token = request.query_params.get("user"), request.query_params.get("token")
    arrived, visible = phones.pushes.newest_first(user, token), phones.pushes.visible(user, token)
    if not prefers_html(request):
        lying = {push.id for device in visible.values() for push in device}
        return Response({"results": [{**msgspec.to_builtins(one), "visible": one.id in lying} for one in arrived]})
    if user is None and token is None:
        return _overview(arrived, visible)
    return _phone_page(_whose(user, token), arrived, visible, phones.app_name)


@delete("/")
async def forget_pushes(phones: NamedDependency[_Phones]) -> None:
    phones.pushes.forget()


def _whose(user: str | None, token: str | None) -> str:
    if user is None:
        return "A phone"
    return f"User {user}'s phones" if token is None else f"User {user}'s phone"


def _overview(arrived: list[Push], visible: dict[str, list[Push]]) -> Response[str]:
    """A row for each user's device, the one that got something last first."""
    of_device: dict[tuple[str | None, str], list[Push]] = {}
    for push in arrived:
        of_device.setdefault((push.user, push.token), []).append(push)
    rows = "".join(
        f"<tr><td>{_link(f'User {user}', user=user) if user is not None else 'nobody named'}</td>"
        f'<td>{_link(_short(token), token=token)}</td><td class="num">{len(pushes)}</td>'
        f'<td class="num">{sum(push.user == user for push in visible.get(token, []))}</td>'
        f"<td>{_moment(pushes[0])}</td></tr>"
        for (user, token), pushes in list(of_device.items())[:_SHOWN_ON_A_PAGE]
    )
    numbers = '<th class="num">Arrived</th><th class="num">On the screen</th>'
    heads = f"<th>User</th><th>Device</th>{numbers}<th>Last (UTC)</th>"
    return page("Phones", f"<h1>Phones</h1>{_table(heads, rows)}", style=_STYLE)


def _phone_page(whose: str, arrived: list[Push], visible: dict[str, list[Push]], app_name: str) -> Response[str]:
    devices = dict.fromkeys(push.token for push in arrived)
    phones = "".join(_phone(token, visible.get(token, []), app_name) for token in devices)
    lying = {push.id for device in visible.values() for push in device}
    rows = "".join(_row(push, push.id in lying) for push in arrived[:_SHOWN_ON_A_PAGE])
    table = _table("<th>Notification</th><th>Device</th><th>State</th><th>Arrived (UTC)</th>", rows)
    body = (
        f'<p><a href="/sandbox/push/">All phones</a></p><h1>{escape(whose)}</h1>'
        f'<div class="phones">{phones}</div><h2>Everything that arrived</h2>{table}'
        f'<p class="soft">The newest {_SHOWN_ON_A_PAGE}. A notification replaces an earlier one with its tag.</p>'
    )
    return page(whose, body, style=_STYLE)


def _phone(token: str, notifications: list[Push], app_name: str) -> str:
    now = datetime.now(UTC)
    notes = "".join(_note(push, app_name) for push in notifications[:_SHOWN_ON_A_PHONE])
    if not notes:
        notes = '<div class="note quiet">No notifications</div>'
    more = len(notifications) - _SHOWN_ON_A_PHONE
    if more > 0:
        notes += f'<div class="note quiet">and {more} more</div>'
    return (
        f'<figure><div class="phone"><div class="bar"><i></i></div>'
        f'<div class="clock"><b>{now:%H:%M}</b>{now:%A, %d %B} · UTC</div>'
        f"{notes}</div>"
        f"<figcaption>{_device(token)}</figcaption></figure>"
    )


def _note(push: Push, app_name: str) -> str:
    title = f"<p><b>{escape(push.title)}</b></p>" if push.title else ""
    body = f"<p>{escape(push.body)}</p>" if push.body else ""
    return (
        f'<div class="note"><div class="app"><i>{escape(app_name[:1])}</i>{escape(app_name)}'
        f"<time>{_moment(push)}</time></div>{title}{body}{_small_print(push)}</div>"
    )


def _small_print(push: Push) -> str:
    named = [("tag", push.tag), ("collapse key", push.collapse_key)]
    text = " · ".join(f"{name} {escape(value)}" for name, value in named if value is not None)
    return f'<span class="small">{text}</span>' if text else ""


def _row(push: Push, lies_there: bool) -> str:
    state = "shown" if lies_there else "replaced" if push.is_shown else "data only"
    words = f"<b>{escape(push.title or '')}</b> {escape(push.body or '')}" if push.is_shown else ""
    data = f'<span class="small">{escape(" · ".join(f"{name} {value}" for name, value in push.data.items()))}</span>'
    return (
        f'<tr><td class="wrap">{words}{_small_print(push)}{data if push.data else ""}</td>'
        f"<td>{_device(push.token)}</td><td>{badge(state)}</td><td>{_moment(push)}</td></tr>"
    )


def _device(token: str) -> str:
    return f'<code title="{escape(token)}">{escape(_short(token))}</code>'


def _short(token: str) -> str:
    """FCM's tokens have some 160 characters; either end tells them apart."""
    return token if len(token) <= _SHORT else f"{token[: _SHORT - 10]}…{token[-9:]}"


def _moment(push: Push) -> str:
    return f"{push.received_at:%d %b %H:%M:%S}"


def _link(text: str, **query: str) -> str:
    return f'<a href="/sandbox/push/?{escape(urlencode(query))}">{escape(text)}</a>'


def _table(heads: str, rows: str) -> str:
    if not rows:
        return '<div class="card"><p class="soft">Nothing has arrived yet.</p></div>'
    return f'<div class="card scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
