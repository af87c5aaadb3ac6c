from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, Json, UtcDateTime


class User(IdentityBase):
    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('admin','student','instructor')", name="role"),
        Index("ix_users_role_id", "role", "id"),
        *(
            Index(f"ix_users_{key}_prefix", key, postgresql_ops={key: "varchar_pattern_ops"})
            for key in ("email", "username_key", "name_key")
        ),
    )

    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    username: Mapped[str] = mapped_column(String(30))
    username_key: Mapped[str] = mapped_column(String(30), unique=True)  # lower case
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    full_name: Mapped[str] = mapped_column(String(150))
    name_key: Mapped[str] = mapped_column(String(150))  # lower case, for the admin's search
    mobile_number: Mapped[str | None] = mapped_column(String(16))
    profile_image: Mapped[str | None] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(Boolean)
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    token_version: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)


class Session(IdentityBase):
    """A login on one device. Refresh tokens are computed from `nonce` and `generation`, never stored."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id", "id"),)

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    nonce: Mapped[str] = mapped_column(String(32))
    generation: Mapped[int] = mapped_column(Integer)
    device: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rotated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(20))


class OneTimeCode(IdentityBase):
    """A code sent by mail; computed from its id and `nonce`, never stored."""

    __tablename__ = "one_time_codes"
    __table_args__ = (Index("ix_one_time_codes_user", "user_id", "purpose", "id"),)

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    nonce: Mapped[str] = mapped_column(String(32))
    email: Mapped[str] = mapped_column(String(254))
    attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditEntry(IdentityBase):
    """What an administrator or the system did to whom. Only ever appended to."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_target", "target_type", "target_id", "id"),)

    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(60))
    target_type: Mapped[str] = mapped_column(String(30))
    target_id: Mapped[int] = mapped_column(BigInt)
    data: Mapped[dict[str, Any]] = mapped_column(Json)


class SocketTicket(DefaultBase):
    """A ticket that opens one socket; kept as a digest, gone when used."""

    __tablename__ = "socket_tickets"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[int] = mapped_column(BigInt, ForeignKey("sessions.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
