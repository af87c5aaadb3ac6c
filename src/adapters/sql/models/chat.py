from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, UtcDateTime, partial_index

REPEATABLE = text("client_id IS NOT NULL")
OF_ALL, OF_TWO = text("first_user_id IS NULL"), text("first_user_id IS NOT NULL")
DIRECT = text("recipient_id IS NOT NULL")


class ChatStream(IdentityBase):
    """What messages are numbered in: a community's chat, or that of two of its members (the smaller id comes first).

    `seq` is the last number taken; another `epoch` means that numbers began anew.
    """

    __tablename__ = "chat_streams"
    __table_args__ = (
        partial_index("uq_chat_streams_community", "community_id", where=OF_ALL, unique=True),
        partial_index(
            "uq_chat_streams_pair", "community_id", "first_user_id", "second_user_id", where=OF_TWO, unique=True
        ),
        partial_index("ix_chat_streams_first", "first_user_id", where=OF_TWO),
        partial_index("ix_chat_streams_second", "second_user_id", where=OF_TWO),
        CheckConstraint("first_user_id < second_user_id", name="pair"),
    )

    community_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_groups.id"))
    first_user_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    second_user_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    seq: Mapped[int] = mapped_column(BigInt)
    epoch: Mapped[str] = mapped_column(String(32))


class ChatMessage(IdentityBase):
    """`change_seq` is the number of the latest change: sending, edit or deletion. `terms` is what search reads."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        CheckConstraint("message_type IN ('text','image','file','system')", name="message_type"),
        UniqueConstraint("stream_id", "seq"),
        UniqueConstraint("stream_id", "change_seq", name="uq_chat_messages_change"),
        partial_index("uq_chat_messages_client", "sender_id", "client_id", where=REPEATABLE, unique=True),
        Index("ix_chat_messages_sender", "stream_id", "sender_id", "seq"),
        # what two people wrote to each other in the last moments, for an instance that may have missed some of it
        partial_index("ix_chat_messages_direct", "updated_at", where=DIRECT),
    )

    stream_id: Mapped[int] = mapped_column(BigInt, ForeignKey("chat_streams.id"))
    community_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_groups.id"))
    sender_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    recipient_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    seq: Mapped[int] = mapped_column(BigInt)
    change_seq: Mapped[int] = mapped_column(BigInt)
    client_id: Mapped[str | None] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(Text)
    terms: Mapped[str] = mapped_column(Text)
    attachment_key: Mapped[str | None] = mapped_column(String(255))
    attachment_type: Mapped[str | None] = mapped_column(String(100))
    attachment_name: Mapped[str | None] = mapped_column(String(200))
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
        Index("ix_read_pointers_furthest", "stream_id", "last_read_seq", "user_id"),
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


class Delivery(DefaultBase):
    """How far a stream has come to the devices of others: the two furthest members.

    Two, because what counts for a message is somebody other than its sender.
    """

    __tablename__ = "chat_deliveries"

    stream_id: Mapped[int] = mapped_column(BigInt, ForeignKey("chat_streams.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    seq: Mapped[int] = mapped_column(BigInt)
    second_user_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    second_seq: Mapped[int] = mapped_column(BigInt)


class SocketReview(IdentityBase):
    """Open sockets whose right to be open is to be looked at again: of a user, or of all in a community."""

    __tablename__ = "socket_reviews"
    __table_args__ = (Index("ix_socket_reviews_created_at", "created_at"),)

    user_id: Mapped[int | None] = mapped_column(BigInt)
    community_id: Mapped[int | None] = mapped_column(BigInt)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
