"""Notifications, what people chose about them, and their devices."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON: Any = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLES = ("notifications", "notices", "devices", "notification_preferences", "notification_choices")


def upgrade() -> None:
    op.create_table(
        "notification_choices",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("notification_type", sa.String(length=24), nullable=False),
        sa.Column("in_app", sa.Boolean(), nullable=False),
        sa.Column("email", sa.Boolean(), nullable=False),
        sa.Column("push", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notification_choices_user_id_users"),
        sa.PrimaryKeyConstraint("user_id", "notification_type", name="pk_notification_choices"),
    )
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("email_frequency", sa.String(length=8), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("quiet_start", sa.String(length=5), nullable=True),
        sa.Column("quiet_end", sa.String(length=5), nullable=True),
        sa.Column("email_paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "email_frequency IN ('instant','daily','weekly','off')", name="ck_notification_preferences_email_frequency"
        ),
        sa.CheckConstraint("language IN ('en','hi')", name="ck_notification_preferences_language"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notification_preferences_user_id_users"),
        sa.PrimaryKeyConstraint("user_id", name="pk_notification_preferences"),
    )
    op.create_table(
        "devices",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(length=512), nullable=False),
        sa.Column("platform", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("platform IN ('android','ios','web')", name="ck_devices_platform"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_devices_session_id_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_devices_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.UniqueConstraint("token", name="uq_devices_token"),
    )
    op.create_index("ix_devices_session", "devices", ["session_id"])
    op.create_index("ix_devices_user", "devices", ["user_id", "id"])
    op.create_table(
        "notices",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("cause", sa.String(length=120), nullable=False),
        sa.Column("notification_type", sa.String(length=24), nullable=False),
        sa.Column("variant", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("chat_message_id", sa.BigInteger(), nullable=True),
        sa.Column("course_id", sa.BigInteger(), nullable=True),
        sa.Column("link_id", sa.BigInteger(), nullable=True),
        sa.Column("words", JSON, nullable=False),
        sa.Column("spread_to", sa.BigInteger(), nullable=False),
        sa.Column("is_spread", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "audience IN ('user','replied_to','mentioned','members','moderators')", name="ck_notices_audience"
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_notices_actor_id_users"),
        sa.ForeignKeyConstraint(
            ["chat_message_id"], ["chat_messages.id"], name="fk_notices_chat_message_id_chat_messages"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_groups.id"], name="fk_notices_community_id_community_groups"
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_notices_course_id_courses"),
        sa.ForeignKeyConstraint(["post_id"], ["community_posts.id"], name="fk_notices_post_id_community_posts"),
        sa.ForeignKeyConstraint(["recipient_id"], ["users.id"], name="fk_notices_recipient_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("cause", "notification_type", name="uq_notices_cause"),
    )
    op.create_table(
        "notifications",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("in_app", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_id", sa.BigInteger(), nullable=True),
        sa.Column("push_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("push_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("push_left", JSON, nullable=True),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_notifications_mail_id_mails"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notifications_notice_id_notices"),
        sa.ForeignKeyConstraint(["recipient_id"], ["users.id"], name="fk_notifications_recipient_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.UniqueConstraint("notice_id", "recipient_id", name="uq_notifications_notice_id"),
    )
    op.create_index("ix_notices_created_at", "notices", ["created_at"])
    _partial("ix_notifications_mail_of", "notifications", ["recipient_id"], "email_due_at IS NOT NULL")
    op.create_index("ix_notifications_recipient", "notifications", ["recipient_id", "id"])
    _partial("ix_notifications_to_mail", "notifications", ["email_due_at", "recipient_id"], "email_due_at IS NOT NULL")
    _partial("ix_notifications_to_push", "notifications", ["push_due_at", "id"], "push_due_at IS NOT NULL")
    _partial("ix_notifications_unread", "notifications", ["recipient_id", "id"], "read_at IS NULL AND in_app")


def downgrade() -> None:
    for table in TABLES:  # with their indexes
        op.drop_table(table)
    # mails of batches have no meaning without what is in them
    op.execute("DELETE FROM mails WHERE template = 'notifications'")


def _partial(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)
