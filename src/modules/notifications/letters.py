"""The words of each mail, as text and as HTML."""

from html import escape

from modules.notifications.domain import Template

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
}


def compose(template: Template, words: dict[str, str]) -> tuple[str, str, str]:
    """Subject, text and HTML. What people have typed is escaped in the HTML and kept to one line in the subject."""
    subject, paragraphs = LETTERS[template]
    safe = {key: escape(value) for key, value in words.items()}
    body = "".join(f"<p>{paragraph.format(**safe)}</p>" for paragraph in paragraphs)
    html = f'<!doctype html><html><body style="font-family:sans-serif;max-width:34em">{body}</body></html>'
    text = "\n\n".join(paragraph.format(**words) for paragraph in paragraphs) + "\n"
    return " ".join(subject.format(**words).split()), text, html
