"""Direct messages, attachments, delivery, search in messages and posts, and reviews of open sockets."""

import sqlalchemy as sa
from alembic import op

from core.text import words

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OF_ALL, OF_TWO = sa.text("first_user_id IS NULL"), sa.text("first_user_id IS NOT NULL")
DIRECT = sa.text("recipient_id IS NOT NULL")
SEARCHED = {"chat_messages": ("message",), "community_posts": ("title", "content")}
PLACES = {"chat_messages": "stream_id", "community_posts": "community_id"}
# The same expression as in adapters/sql/community/searching.py; the column holds words already (core.text.words), and
# the row's stream or community is a word beside them
TSVECTOR = "array_to_tsvector(array_append(array_remove(string_to_array(terms, ' '), ''), ('#'::text || ({})::text)))"
TOKENS = "tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co' tokenchars '_'\""
BATCH = 1000


def upgrade() -> None:
    with op.batch_alter_table("chat_streams") as streams:
        streams.add_column(sa.Column("first_user_id", sa.BigInteger(), nullable=True))
        streams.add_column(sa.Column("second_user_id", sa.BigInteger(), nullable=True))
        streams.drop_constraint("uq_chat_streams_community_id", type_="unique")
        for name in ("first_user_id", "second_user_id"):
            streams.create_foreign_key(f"fk_chat_streams_{name}_users", "users", [name], ["id"])
        streams.create_check_constraint("ck_chat_streams_pair", "first_user_id < second_user_id")
    pair = ["community_id", "first_user_id", "second_user_id"]
    _index("uq_chat_streams_community", "chat_streams", ["community_id"], where=OF_ALL, unique=True)
    _index("uq_chat_streams_pair", "chat_streams", pair, where=OF_TWO, unique=True)
    _index("ix_chat_streams_first", "chat_streams", ["first_user_id"], where=OF_TWO)
    _index("ix_chat_streams_second", "chat_streams", ["second_user_id"], where=OF_TWO)

    # with the user in it, readers are counted without a look at their rows
    op.drop_index("ix_read_pointers_position", table_name="read_pointers")
    op.create_index("ix_read_pointers_furthest", "read_pointers", ["stream_id", "last_read_seq", "user_id"])

    with op.batch_alter_table("chat_messages") as messages:
        messages.add_column(sa.Column("recipient_id", sa.BigInteger(), nullable=True))
        messages.add_column(sa.Column("terms", sa.Text(), nullable=False, server_default=""))
        messages.add_column(sa.Column("attachment_key", sa.String(length=255), nullable=True))
        messages.add_column(sa.Column("attachment_type", sa.String(length=100), nullable=True))
        messages.add_column(sa.Column("attachment_name", sa.String(length=200), nullable=True))
        messages.create_foreign_key("fk_chat_messages_recipient_id_users", "users", ["recipient_id"], ["id"])
    _index("ix_chat_messages_direct", "chat_messages", ["updated_at"], where=DIRECT)
    with op.batch_alter_table("community_posts") as posts:
        posts.add_column(sa.Column("terms", sa.Text(), nullable=False, server_default=""))
    for table, columns in SEARCHED.items():
        _fill(table, columns)
        with op.batch_alter_table(table) as searched:
            searched.alter_column("terms", server_default=None)
        _make_searchable(table)

    op.create_table(
        "chat_deliveries",
        sa.Column("stream_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("second_user_id", sa.BigInteger(), nullable=True),
        sa.Column("second_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["second_user_id"], ["users.id"], name="fk_chat_deliveries_second_user_id_users"),
        sa.ForeignKeyConstraint(["stream_id"], ["chat_streams.id"], name="fk_chat_deliveries_stream_id_chat_streams"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_chat_deliveries_user_id_users"),
        sa.PrimaryKeyConstraint("stream_id", name="pk_chat_deliveries"),
    )
    op.create_table(
        "socket_reviews",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_socket_reviews"),
    )
    op.create_index("ix_socket_reviews_created_at", "socket_reviews", ["created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("socket_reviews")
    op.drop_table("chat_deliveries")
    op.drop_index("ix_read_pointers_furthest", table_name="read_pointers")
    op.create_index("ix_read_pointers_position", "read_pointers", ["stream_id", "last_read_seq"])
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for table in SEARCHED:
        if is_postgres:
            op.execute(f"DROP INDEX ix_{table}_fts")
        else:
            for name in ("insert", "delete", "update"):
                op.execute(f"DROP TRIGGER {table}_fts_{name}")
            op.execute(f"DROP TABLE {table}_fts")
    with op.batch_alter_table("community_posts") as posts:
        posts.drop_column("terms")
    op.drop_index("ix_chat_messages_direct", table_name="chat_messages")
    # a community's chat is numbered by itself: what two people wrote to each other cannot stay
    direct = "SELECT id FROM chat_streams WHERE first_user_id IS NOT NULL"
    of_direct = f"message_id IN (SELECT id FROM chat_messages WHERE stream_id IN ({direct}))"
    op.execute(f"DELETE FROM message_revisions WHERE {of_direct}")
    for table in ("read_receipts", "read_pointers", "chat_messages"):
        op.execute(f"DELETE FROM {table} WHERE stream_id IN ({direct})")
    op.execute("DELETE FROM chat_streams WHERE first_user_id IS NOT NULL")
    with op.batch_alter_table("chat_messages") as messages:
        messages.drop_constraint("fk_chat_messages_recipient_id_users", type_="foreignkey")
        for name in ("attachment_name", "attachment_type", "attachment_key", "terms", "recipient_id"):
            messages.drop_column(name)
    for name in (
        "uq_chat_streams_pair",
        "uq_chat_streams_community",
        "ix_chat_streams_second",
        "ix_chat_streams_first",
    ):
        op.drop_index(name, table_name="chat_streams")
    with op.batch_alter_table("chat_streams") as streams:
        streams.drop_constraint("ck_chat_streams_pair", type_="check")
        for name in ("second_user_id", "first_user_id"):
            streams.drop_constraint(f"fk_chat_streams_{name}_users", type_="foreignkey")
            streams.drop_column(name)
        streams.create_unique_constraint("uq_chat_streams_community_id", ["community_id"])


def _index(name: str, table: str, columns: list[str], *, where: sa.TextClause, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, postgresql_where=where, sqlite_where=where)


def _fill(table: str, columns: tuple[str, ...]) -> None:
    """The words of what is there already."""
    connection, last = op.get_bind(), 0
    select = sa.text(f"SELECT id, {', '.join(columns)} FROM {table} WHERE id > :last ORDER BY id LIMIT {BATCH}")
    while rows := connection.execute(select, {"last": last}).all():
        filled = [{"row": row[0], "terms": " ".join(words(" ".join(row[1:])))} for row in rows]
        connection.execute(sa.text(f"UPDATE {table} SET terms = :terms WHERE id = :row"), filled)
        last = rows[-1][0]


def _make_searchable(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE INDEX ix_{table}_fts ON {table} USING gin ({TSVECTOR.format(PLACES[table])})")
        return
    fts = f"{table}_fts"
    delete = f"INSERT INTO {fts} ({fts}, rowid, terms) VALUES ('delete', old.id, old.terms);"
    insert = f"INSERT INTO {fts} (rowid, terms) VALUES (new.id, new.terms);"
    op.execute(f"CREATE VIRTUAL TABLE {fts} USING fts5(terms, content='{table}', content_rowid='id', {TOKENS})")
    op.execute(f"INSERT INTO {fts} (rowid, terms) SELECT id, terms FROM {table}")
    op.execute(f"CREATE TRIGGER {fts}_insert AFTER INSERT ON {table} BEGIN {insert} END")
    op.execute(f"CREATE TRIGGER {fts}_delete AFTER DELETE ON {table} BEGIN {delete} END")
    op.execute(f"CREATE TRIGGER {fts}_update AFTER UPDATE OF terms ON {table} BEGIN {delete} {insert} END")
