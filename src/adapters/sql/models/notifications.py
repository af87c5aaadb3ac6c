from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, IdentityBase, UtcDateTime


class Mail(IdentityBase):
    """One e-mail to one person: the row that says whether it went out. `cause` makes it unique per fact and person."""

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_user", "user_id", "id"),)

    cause: Mapped[str] = mapped_column(String(120), unique=True)
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    template: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
