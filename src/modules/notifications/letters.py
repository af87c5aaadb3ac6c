"""The words of each mail, as text and as HTML."""

from html import escape

from msgspec import Struct

from modules.notifications.domain.kinds import Language
from modules.notifications.domain.mails import Template

# subject, then one paragraph a line; {code} and the like are filled in
LETTERS = {
    Template.VERIFY_EMAIL: (
        "{code} is your Shala code",
        (
            "Welcome to Shala.",
            "Your code is {code}. Enter it in the app to confirm this address.",
            "It is valid for 10 minutes.",
        ),
    ),
    Template.CHANGE_EMAIL: (
        "{code} is your Shala code",
        ("Your code is {code}. Enter it in the app to use this address from now on.", "It is valid for 10 minutes."),
    ),
    Template.RESET_PASSWORD: (
        "{code} is your Shala code",
        (
            "Your code is {code}. Enter it in the app to set a new password.",
            "It is valid for 10 minutes. If you did not ask for it, you need not do anything.",
        ),
    ),
    Template.PASSWORD_CHANGED: (
        "Your Shala password was changed",
        (
            "Hello {name},",
            "the password of your account was changed, and other devices were logged out.",
            "If this was not you, reset your password in the app now.",
        ),
    ),
    Template.EMAIL_CHANGED: (
        "Your Shala address was changed",
        ("Your account uses another e-mail address from now on.", "If this was not you, write to us at once."),
    ),
    Template.RECEIPT: (
        "Receipt {number}: {course}",
        (
            "Hello {name},",
            "thank you. You have access to {course} now.",
            "Amount: {amount}",
            "Paid: {paid_at}",
            "Payment: {payment}",
            "Receipt: {number}",
        ),
    ),
    Template.CREDIT_NOTE: (
        "Refund: {course}",
        (
            "Hello {name},",
            "{amount} for {course} went back to you. Your bank shows it within a week.",
            "Refund: {number}",
        ),
    ),
}


def compose(template: Template, words: dict[str, str]) -> tuple[str, str, str]:
    """Subject, text and HTML. What people have typed is escaped in the HTML and kept to one line in the subject."""
    subject, paragraphs = LETTERS[template]
    safe = {key: escape(value) for key, value in words.items()}
    body = "".join(f"<p>{paragraph.format(**safe)}</p>" for paragraph in paragraphs)
    html = f'<!doctype html><html><body style="font-family:sans-serif;max-width:34em">{body}</body></html>'
    text = "\n\n".join(paragraph.format(**words) for paragraph in paragraphs) + "\n"
    return " ".join(subject.format(**words).split()), text, html


class Item(Struct, frozen=True):
    """A notification as it stands in a mail."""

    title: str
    message: str
    url: str


class _Frame(Struct, frozen=True):
    """What stands around the items."""

    many: str
    hello: str
    because: str
    unsubscribe: str
    open: str


_FRAMES = {
    Language.ENGLISH: _Frame(
        "{count} new notifications",
        "Hello {name},",
        "You get this because of your choices in the app, under Notifications.",
        "No e-mails any more",
        "Open",
    ),
    Language.HINDI: _Frame(
        "{count} नई सूचनाएँ",
        "नमस्ते {name},",
        "यह मेल ऐप में “सूचनाएँ” के अंतर्गत आपकी पसंद के अनुसार आई है।",
        "आगे ई-मेल न भेजें",
        "खोलें",
    ),
}
_STYLE = "font-family:sans-serif;max-width:34em;line-height:1.45"


def compose_batch(language: Language, name: str, items: list[Item], unsubscribe_url: str) -> tuple[str, str, str]:
    """Subject, text and HTML of a mail with several notifications; everything that people typed is escaped."""
    frame = _FRAMES[language]
    subject = items[0].title if len(items) == 1 else frame.many.format(count=len(items))
    hello = frame.hello.format(name=name)
    parts = [f"{item.title}\n{item.message}\n{item.url}" for item in items]
    text = "\n\n".join([hello, *parts, f"{frame.because}\n{frame.unsubscribe}: {unsubscribe_url}"]) + "\n"
    rows = "".join(
        f"<p><b>{escape(item.title)}</b><br>{escape(item.message)}<br>"
        f'<a href="{escape(item.url)}">{escape(frame.open)}</a></p>'
        for item in items
    )
    foot = f'{escape(frame.because)} <a href="{escape(unsubscribe_url)}">{escape(frame.unsubscribe)}</a>'
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head><body style="{_STYLE}">'
        f'<p>{escape(hello)}</p>{rows}<p style="color:#667">{foot}</p></body></html>'
    )
    return " ".join(subject.split()), text, html
