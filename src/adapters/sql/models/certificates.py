from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, Json, UtcDateTime


class CertificateKey(DefaultBase):
    """Public keys, for ever: what one of them signed is verified long after another has taken its place."""

    __tablename__ = "certificate_keys"

    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    public_key: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Certificate(IdentityBase):
    """As it was issued. An erased student's has neither name nor token any more."""

    __tablename__ = "certificates"
    __table_args__ = (
        Index("ix_certificates_user", "user_id", "id"),
        Index("ix_certificates_course", "course_id", "id"),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    enrollment_id: Mapped[int] = mapped_column(BigInt, ForeignKey("enrollments.id"), unique=True)
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    student_name: Mapped[str] = mapped_column(String(150))
    course_title: Mapped[str] = mapped_column(String(200))
    completed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    score: Mapped[float | None] = mapped_column(Float)
    key_id: Mapped[str] = mapped_column(String(64), ForeignKey("certificate_keys.key_id"))
    token: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoke_reason: Mapped[str] = mapped_column(String(500))
