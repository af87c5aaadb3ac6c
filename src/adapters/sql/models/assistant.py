from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, Json, UtcDateTime, partial_index


class CoursePassages(DefaultBase):
    """`version` changes with any passage of the course: who keeps an index of it knows that it is old."""

    __tablename__ = "assistant_courses"

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"), primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)


class IndexedContent(DefaultBase):
    """Which version of a content the passages are of; a content without any words has a row here, too."""

    __tablename__ = "assistant_contents"
    __table_args__ = (Index("ix_assistant_contents_course", "course_id"),)

    content_id: Mapped[int] = mapped_column(BigInt, ForeignKey("contents.id"), primary_key=True, autoincrement=False)
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    version: Mapped[int] = mapped_column(Integer)
    indexed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PassageRow(IdentityBase):
    __tablename__ = "assistant_passages"
    __table_args__ = (
        Index("ix_assistant_passages_course", "course_id", "content_id", "position"),
        Index("ix_assistant_passages_content", "content_id"),
    )

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    content_id: Mapped[int] = mapped_column(BigInt, ForeignKey("contents.id"))
    position: Mapped[int] = mapped_column(Integer)
    heading: Mapped[str] = mapped_column(Text)
    page: Mapped[int | None] = mapped_column(Integer)
    sentences: Mapped[list[Any]] = mapped_column(Json)


class AssistantConversation(IdentityBase):
    __tablename__ = "assistant_conversations"
    __table_args__ = (
        Index("ix_assistant_conversations_user", "user_id", "updated_at", "id"),
        Index("ix_assistant_conversations_course", "course_id"),
        Index("ix_assistant_conversations_updated", "updated_at"),
    )

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    title: Mapped[str] = mapped_column(String(120))
    message_count: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AssistantMessage(IdentityBase):
    """`user_id` is whose conversation it is, so that questions can be counted and exported."""

    __tablename__ = "assistant_messages"
    __table_args__ = (
        CheckConstraint("role IN ('user','assistant')", name="role"),
        CheckConstraint("rating IN (-1, 1)", name="rating"),
        Index("ix_assistant_messages_conversation", "conversation_id", "id"),
        Index("ix_assistant_messages_user", "user_id", "created_at"),
        partial_index("ix_assistant_messages_unanswered", "conversation_id", where=text("kind = 'no_answer'")),
        partial_index("ix_assistant_messages_disliked", "conversation_id", where=text("rating = -1")),
    )

    conversation_id: Mapped[int] = mapped_column(BigInt, ForeignKey("assistant_conversations.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(String(12))
    question_id: Mapped[int | None] = mapped_column(BigInt)
    content: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(String(12))
    mode: Mapped[str | None] = mapped_column(String(12))
    citations: Mapped[list[Any]] = mapped_column(Json)
    nearest: Mapped[list[Any]] = mapped_column(Json)
    rating: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(500))
    latency_ms: Mapped[int | None] = mapped_column(Integer)
    tokens: Mapped[int | None] = mapped_column(Integer)
    drafted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AssistantUsage(IdentityBase):
    """A question, without its words: it stays for two days, also if its conversation is removed."""

    __tablename__ = "assistant_usage"
    __table_args__ = (
        Index("ix_assistant_usage_user", "user_id", "asked_at"),
        Index("ix_assistant_usage_asked", "asked_at", "tokens"),
    )

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tokens: Mapped[int] = mapped_column(Integer)
