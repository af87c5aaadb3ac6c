from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, IdentityBase, UtcDateTime, partial_index

REPEATABLE = text("client_id IS NOT NULL")


class ChatStream(IdentityBase):
    """What messages are numbered in. `seq` is the last number taken; another `epoch` means that numbers began anew."""

    __tablename__ = "chat_streams"
    __table_args__ = (UniqueConstraint("community_id"),)

    community_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_groups.id"))
    seq: Mapped[int] = mapped_column(BigInt)
    epoch: Mapped[str] = mapped_column(String(32))


class ChatMessage(IdentityBase):
    """`change_seq` is the number of the latest change: sending, edit or deletion."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        CheckConstraint("message_type IN ('text','image','file','system')", name="message_type"),
        UniqueConstraint("stream_id", "seq"),
        UniqueConstraint("stream_id", "change_seq", name="uq_chat_messages_change"),
        partial_index("uq_chat_messages_client", "sender_id", "client_id", where=REPEATABLE, unique=True),
        Index("ix_chat_messages_sender", "stream_id", "sender_id", "seq"),
    )

    stream_id: Mapped[int] = mapped_column(BigInt, ForeignKey("chat_streams.id"))
    community_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_groups.id"))
    sender_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    seq: Mapped[int] = mapped_column(BigInt)
    change_seq: Mapped[int] = mapped_column(BigInt)
    client_id: Mapped[str | None] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(Text)
    message_type: Mapped[str] = mapped_column(String(8))
    reply_to_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("chat_messages.id"))
    is_edited: Mapped[bool] = mapped_column(Boolean)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_deleted: Mapped[bool] = mapped_column(Boolean)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)


class MessageRevision(IdentityBase):
    """What a message said before a change."""

    __tablename__ = "message_revisions"
    __table_args__ = (Index("ix_message_revisions_message", "message_id", "id"),)

    message_id: Mapped[int] = mapped_column(BigInt, ForeignKey("chat_messages.id"))
    message: Mapped[str] = mapped_column(Text)
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReadPointer(IdentityBase):
    """Up to where a member has read; it only moves forward."""

    __tablename__ = "read_pointers"
    __table_args__ = (
        UniqueConstraint("stream_id", "user_id"),
        Index("ix_read_pointers_position", "stream_id", "last_read_seq"),
    )

    stream_id: Mapped[int] = mapped_column(BigInt, ForeignKey("chat_streams.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    last_read_seq: Mapped[int] = mapped_column(BigInt)
    last_read_id: Mapped[int] = mapped_column(BigInt)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReadReceipt(IdentityBase):
    """One move of a pointer: who had read up to which message, and when."""

    __tablename__ = "read_receipts"
    __table_args__ = (Index("ix_read_receipts_position", "stream_id", "seq", "id"),)

    stream_id: Mapped[int] = mapped_column(BigInt, ForeignKey("chat_streams.id"))
    message_id: Mapped[int] = mapped_column(BigInt, ForeignKey("chat_messages.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    seq: Mapped[int] = mapped_column(BigInt)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
