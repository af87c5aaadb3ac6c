"""Chat: streams, messages, read pointers. A community that is there already gets its stream."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_streams",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_groups.id"], name="fk_chat_streams_community_id_community_groups"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_chat_streams"),
        sa.UniqueConstraint("community_id", name="uq_chat_streams_community_id"),
    )
    op.create_table(
        "chat_messages",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("stream_id", sa.BigInteger(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("message_type", sa.String(length=8), nullable=False),
        sa.Column("reply_to_id", sa.BigInteger(), nullable=True),
        sa.Column("is_edited", sa.Boolean(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("message_type IN ('text','image','file','system')", name="ck_chat_messages_message_type"),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_groups.id"], name="fk_chat_messages_community_id_community_groups"
        ),
        sa.ForeignKeyConstraint(
            ["reply_to_id"], ["chat_messages.id"], name="fk_chat_messages_reply_to_id_chat_messages"
        ),
        sa.ForeignKeyConstraint(["sender_id"], ["users.id"], name="fk_chat_messages_sender_id_users"),
        sa.ForeignKeyConstraint(["stream_id"], ["chat_streams.id"], name="fk_chat_messages_stream_id_chat_streams"),
        sa.PrimaryKeyConstraint("id", name="pk_chat_messages"),
        sa.UniqueConstraint("stream_id", "change_seq", name="uq_chat_messages_change"),
        sa.UniqueConstraint("stream_id", "seq", name="uq_chat_messages_stream_id"),
    )
    op.create_index("ix_chat_messages_sender", "chat_messages", ["stream_id", "sender_id", "seq"], unique=False)
    op.create_index(
        "uq_chat_messages_client",
        "chat_messages",
        ["sender_id", "client_id"],
        unique=True,
        postgresql_where=sa.text("client_id IS NOT NULL"),
        sqlite_where=sa.text("client_id IS NOT NULL"),
    )

    op.create_table(
        "read_pointers",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("stream_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("last_read_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_read_id", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["chat_streams.id"], name="fk_read_pointers_stream_id_chat_streams"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_read_pointers_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_read_pointers"),
        sa.UniqueConstraint("stream_id", "user_id", name="uq_read_pointers_stream_id"),
    )
    op.create_index("ix_read_pointers_position", "read_pointers", ["stream_id", "last_read_seq"], unique=False)

    op.create_table(
        "message_revisions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["chat_messages.id"], name="fk_message_revisions_message_id_chat_messages"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message_revisions"),
    )
    op.create_index("ix_message_revisions_message", "message_revisions", ["message_id", "id"], unique=False)

    op.create_table(
        "read_receipts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("stream_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["chat_messages.id"], name="fk_read_receipts_message_id_chat_messages"),
        sa.ForeignKeyConstraint(["stream_id"], ["chat_streams.id"], name="fk_read_receipts_stream_id_chat_streams"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_read_receipts_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_read_receipts"),
    )
    op.create_index("ix_read_receipts_position", "read_receipts", ["stream_id", "seq", "id"], unique=False)

    epoch = "md5(random()::text)" if op.get_bind().dialect.name == "postgresql" else "lower(hex(randomblob(16)))"
    op.execute(f"INSERT INTO chat_streams (community_id, seq, epoch) SELECT id, 0, {epoch} FROM community_groups")


def downgrade() -> None:
    op.drop_index("ix_read_receipts_position", table_name="read_receipts")

    op.drop_table("read_receipts")
    op.drop_index("ix_message_revisions_message", table_name="message_revisions")

    op.drop_table("message_revisions")
    op.drop_index("ix_read_pointers_position", table_name="read_pointers")

    op.drop_table("read_pointers")
    op.drop_index("uq_chat_messages_client", table_name="chat_messages")
    op.drop_index("ix_chat_messages_sender", table_name="chat_messages")

    op.drop_table("chat_messages")
    op.drop_table("chat_streams")
