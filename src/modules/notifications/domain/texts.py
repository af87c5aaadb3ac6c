"""The words of a notification, for one person at this moment."""

from modules.notifications.domain.cards import NotificationCard
from modules.notifications.domain.kinds import GONE, KINDS, SOMEBODY, LinkType, words

LONGEST_EXCERPT = 140


class Filled(dict[str, str]):
    """What a text has a place for and a notification of old has no word for is left out."""

    def __missing__(self, name: str) -> str:
        return ""


def is_gone(card: NotificationCard) -> bool:
    """Whether what it is about was deleted since, or is hidden from its reader."""
    subject = card.subject
    if not subject.has_place:
        return True
    if card.chat_message_id is not None:
        return subject.is_message_deleted
    if card.post_id is None:
        return False
    return subject.is_deleted or not (subject.is_public or subject.sees_all)


def told(card: NotificationCard) -> tuple[str, str]:
    """Title and message."""
    texts, subject = words(card.notification_type, card.variant, card.language), card.subject
    text = excerpt(subject.message_text or subject.post_text or "")
    filled = Filled(
        {
            "actor": name_of(card),
            "community": subject.community_title or "",
            "course": subject.course_title or "",
            "post": subject.post_title or text,
            "excerpt": text,
            "notes": excerpt(subject.post_notes or ""),
            **card.words,
        }
    )
    if not subject.has_place:
        filled.update(dict.fromkeys(("post", "excerpt", "notes", "title", "message"), ""))
    title = texts.title.format_map(filled) or GONE[card.language]
    return title, GONE[card.language] if is_gone(card) else texts.message.format_map(filled)


def is_news(card: NotificationCard) -> bool:
    """Whether somebody is still to be told on another way: it was read neither here nor where it happened."""
    return card.read_at is None and not card.subject.is_message_read and not is_gone(card)


def name_of(card: NotificationCard) -> str:
    if card.actor is None:
        return SOMEBODY[card.language]
    return card.actor.full_name or card.actor.username


def excerpt(text: str) -> str:
    """One line of at most 140 characters."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_EXCERPT else f"{line[: LONGEST_EXCERPT - 1].rstrip()}…"


def link_of(card: NotificationCard) -> tuple[LinkType, int] | None:
    """What opens when somebody taps it; None where there is nothing to open."""
    kind = KINDS[card.notification_type].link
    target = card.subject.course_id if kind is LinkType.COURSE else card.link_id
    return None if target is None else (kind, target)
