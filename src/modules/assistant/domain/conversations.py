"""Conversations: who asks what about which course."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict, Forbidden, RateLimited
from core.text import readable
from modules.assistant.domain.answers import Citation, Kind, Mode, Nearest

DAILY = 200
"""Questions of one student in 24 hours."""
KEPT = timedelta(days=180)
"""After its last question a conversation goes."""
LONGEST_TITLE = 120
DAY = timedelta(days=1)


class NotEnrolled(Forbidden):
    code = "not_enrolled"
    detail = "Enrol in the course first."


class EnrolmentExpired(Forbidden):
    code = "enrolment_expired"
    detail = "Your access to this course has ended."


class DailyLimit(RateLimited):
    code = "daily_limit"
    detail = "That is enough for one day; ask your class, or come back tomorrow."


class Unanswered(Conflict):
    code = "not_an_answer"
    detail = "Only answers can be judged."


class NoGroup(Conflict):
    code = "no_group"
    detail = "The course has no community to discuss it in."


class NotStaff(Forbidden):
    code = "forbidden"
    detail = "Only this course's instructors and administrators may do this."


class Author(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


class Conversation(Struct, frozen=True):
    id: int
    user_id: int
    course_id: int
    title: str
    message_count: int
    created_at: datetime
    updated_at: datetime


class Message(Struct, frozen=True):
    """A question, or what was answered to it. `latency_ms` is how long the answer took, `tokens` what a model took."""

    id: int
    conversation_id: int
    role: Author
    question_id: int | None
    content: str
    kind: Kind | None
    mode: Mode | None
    citations: tuple[Citation, ...]
    nearest: tuple[Nearest, ...]
    rating: int | None
    reason: str
    latency_ms: int | None
    tokens: int | None
    created_at: datetime


class UnansweredQuestion(Struct, frozen=True):
    """What was asked in vain; `id` is that of the answer that said so. By whom, nobody is told."""

    id: int
    course_id: int
    question: str
    nearest: tuple[Nearest, ...]
    asked_at: datetime
    drafted_at: datetime | None


class Sight(Struct, frozen=True):
    """Asked of learning: how whoever asks stands to the course at this moment. `open_contents` is what they may open;
    `has_attempt`: they have a quiz of it open.
    """

    is_staff: bool
    is_enrolled: bool
    has_access: bool
    has_attempt: bool
    open_contents: frozenset[int]


def demand_entry(sight: Sight) -> None:
    """:raises NotEnrolled: :raises EnrolmentExpired:"""
    if sight.is_staff:
        return
    if not sight.is_enrolled:
        raise NotEnrolled
    if not sight.has_access:
        raise EnrolmentExpired


def title_of(text: str) -> str:
    """What a conversation is called by its owner, or by its first question: one line."""
    line = " ".join(readable(text).split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1].rstrip()}…"
