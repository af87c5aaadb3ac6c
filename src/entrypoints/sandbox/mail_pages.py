"""The mailbox of everybody: JSON for programs, pages for people, under the same paths."""

from __future__ import annotations

from html import escape
from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from entrypoints.sandbox.mailbox import Mail, Mailbox
from entrypoints.sandbox.pages import error_page, facts, page, prefers_html

_SHOWN_ON_A_PAGE = 200
PageRequest = Request[Any, Any, Any]


def mail_pages(mailbox: Mailbox) -> Router:
    return Router(
        path="/sandbox/mail",
        route_handlers=[list_mails, show_mail, show_attachment, empty_mailbox],
        dependencies={"mailbox": Provide(lambda: mailbox, sync_to_thread=False)},
    )


@get("/")
async def list_mails(request: PageRequest, mailbox: NamedDependency[Mailbox]) -> Response[Any]:
    to = request.query_params.get("to")
    mails = mailbox.newest_first(to)
    if prefers_html(request):
        return _list_page(mails, to)
    return Response({"results": [_as_json(mail) for mail in mails]})


@get("/{mail_id:int}")
async def show_mail(request: PageRequest, mailbox: NamedDependency[Mailbox], mail_id: FromPath[int]) -> Response[Any]:
    mail = mailbox.get(mail_id)
    if prefers_html(request):
        return error_page("There is no such mail.", 404) if mail is None else _mail_page(mail)
    if mail is None:
        return Response({"error": {"description": "There is no such mail."}}, status_code=404)
    return Response({**_as_json(mail), "headers": mail.headers, "raw": mail.raw.decode("utf-8", "replace")})


@get("/{mail_id:int}/attachments/{number:int}")
async def show_attachment(
    mailbox: NamedDependency[Mailbox], mail_id: FromPath[int], number: FromPath[int]
) -> Response[Any]:
    mail = mailbox.get(mail_id)
    if mail is None or not 0 <= number < len(mail.attachments):
        return error_page("There is no such attachment.", 404)
    found = mail.attachments[number]
    return Response(
        found.content,
        media_type="application/pdf" if found.mime_type == "application/pdf" else "application/octet-stream",
        headers={"x-content-type-options": "nosniff"},
    )


@delete("/")
async def empty_mailbox(mailbox: NamedDependency[Mailbox]) -> None:
    mailbox.forget()


def _as_json(mail: Mail) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(mail)
    del fields["headers"], fields["raw"]
    for number, found in enumerate(fields["attachments"]):
        found["url"] = f"/sandbox/mail/{mail.id}/attachments/{number}/"
        found["size"] = len(mail.attachments[number].content)
        del found["content"]
    return fields


def _list_page(mails: list[Mail], to: str | None) -> Response[str]:
    whose = "Everybody's mail" if to is None else f"Mail to {to}"
    rows = "".join(
        f'<tr><td class="wrap"><a href="/sandbox/mail/{mail.id}/">{escape(mail.subject) or "(no subject)"}</a><br>'
        f'<span class="soft">{escape(", ".join(mail.to))}</span></td>'
        f"<td>{mail.received_at:%d %b %H:%M:%S} UTC</td></tr>"
        for mail in mails[:_SHOWN_ON_A_PAGE]
    )
    table = (
        f"<table><thead><tr><th>Mail</th><th>Received</th></tr></thead><tbody>{rows}</tbody></table>"
        if rows
        else '<p style="padding:1.1rem;margin:0" class="soft">Nothing has arrived yet.</p>'
    )
    everything = "" if to is None else '<p><a href="/sandbox/mail/">Everybody\'s mail</a></p>'
    return page(whose, f'<h1>{escape(whose)}</h1><div class="card scroll">{table}</div>{everything}')


def _mail_page(mail: Mail) -> Response[str]:
    head = facts(
        [
            ("To", ", ".join(mail.to)),
            ("From", mail.sender),
            ("Received", f"{mail.received_at:%d %b %Y %H:%M:%S} UTC"),
            ("Message-ID", mail.message_id or "none"),
        ]
    )
    html = "" if mail.html is None else _frame(mail.html)
    text = "" if mail.text is None else f'<h2>Plain text</h2><div class="card"><pre>{escape(mail.text)}</pre></div>'
    subject = escape(mail.subject) or "(no subject)"
    links = "".join(
        f'<li><a href="/sandbox/mail/{mail.id}/attachments/{number}/">{escape(found.file_name)}</a></li>'
        for number, found in enumerate(mail.attachments)
    )
    attached = f'<div class="card"><p class="soft">Attachments</p><ul>{links}</ul></div>' if links else ""
    body = (
        f'<p><a href="/sandbox/mail/">All mail</a></p><h1>{subject}</h1><div class="card">{head}</div>'
        f"{attached}{html}{text}"
    )
    return page(mail.subject or "Mail", body)


def _frame(html: str) -> str:
    """Without scripts and an origin of its own the mail can run and read nothing. Its links open in a new tab."""
    document = f'<base target="_blank">{html}'
    allowed = "allow-popups allow-popups-to-escape-sandbox"
    return f'<iframe sandbox="{allowed}" srcdoc="{escape(document)}" title="The mail"></iframe>'
