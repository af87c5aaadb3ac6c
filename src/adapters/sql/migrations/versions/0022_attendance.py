"""Live classes and their attendance: records, changes, excuses, warnings, calendars; attendance for certificates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
LIVE = sa.text("closed_at IS NULL AND cancelled_at IS NULL")
TWICE_NAMED, NAMED = "ck_notices_ck_notices_audience", "ck_notices_audience"  # 0010 took the prefix for missing

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("courses", sa.Column("certificate_min_attendance", sa.Float(), nullable=True))
    op.create_index("ix_enrollments_course_user", "enrollments", ["course_id", "user_id"])
    _audiences(
        "'user','replied_to','mentioned','members','moderators','enrolled','teachers'", before=TWICE_NAMED, after=NAMED
    )
    _classes()
    _records()
    _beside()


def _audiences(names: str, *, before: str, after: str) -> None:
    with op.batch_alter_table("notices") as notices:
        notices.drop_constraint(op.f(before), type_="check")
        notices.create_check_constraint(op.f(after), f"audience IN ({names})")


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def _classes() -> None:
    table = "attendance_status_sets"
    op.create_table(
        table,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("statuses", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _to(table, "course_id", "courses"),
        sa.PrimaryKeyConstraint("id", name="pk_attendance_status_sets"),
    )
    op.create_index("ix_attendance_status_sets_course", table, ["course_id", "id"])
    table = "class_series"
    op.create_table(
        table,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("recurrence", sa.String(length=200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _to(table, "course_id", "courses"),
        sa.PrimaryKeyConstraint("id", name="pk_class_series"),
    )
    op.create_index("ix_class_series_course", table, ["course_id"])
    table = "class_sessions"
    op.create_table(
        table,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("series_id", sa.BigInteger(), nullable=True),
        sa.Column("occurs_at", MOMENT, nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("meeting_url", sa.String(length=500), nullable=True),
        sa.Column("opens_before_minutes", sa.Integer(), nullable=False),
        sa.Column("late_after_minutes", sa.Integer(), nullable=False),
        sa.Column("check_in_minutes", sa.Integer(), nullable=True),
        sa.Column("presence_percent", sa.Integer(), nullable=False),
        sa.Column("check_in_opens_at", MOMENT, nullable=False),
        sa.Column("check_in_closes_at", MOMENT, nullable=False),
        sa.Column("statuses", JSON, nullable=False),
        sa.Column("most_points", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.Column("announced_at", MOMENT, nullable=True),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _to(table, "community_id", "community_groups"),
        _to(table, "course_id", "courses"),
        _to(table, "created_by_id", "users"),
        _to(table, "series_id", "class_series"),
        sa.PrimaryKeyConstraint("id", name="pk_class_sessions"),
        sa.UniqueConstraint("series_id", "occurs_at", name="uq_class_sessions_occurrence"),
    )
    op.create_index("ix_class_sessions_course", table, ["course_id", "starts_at", "id"])
    op.create_index("ix_class_sessions_live", table, ["ends_at"], postgresql_where=LIVE, sqlite_where=LIVE)
    op.create_index("ix_class_sessions_starts", table, ["starts_at", "id"])


def _records() -> None:
    table = "attendance_records"
    op.create_table(
        table,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=12), nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("remarks", sa.String(length=500), nullable=False),
        sa.Column("is_flagged", sa.Boolean(), nullable=False),
        sa.Column("mark", sa.String(length=20), nullable=True),
        sa.Column("marked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("checked_in_at", MOMENT, nullable=True),
        sa.Column("first_seen_at", MOMENT, nullable=True),
        sa.Column("last_seen_at", MOMENT, nullable=True),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "source IN ('code','presence','instructor','system')", name=op.f("ck_attendance_records_source")
        ),
        _to(table, "course_id", "courses"),
        _to(table, "marked_by_id", "users"),
        _to(table, "session_id", "class_sessions"),
        _to(table, "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_attendance_records"),
        sa.UniqueConstraint("session_id", "user_id", name="uq_attendance_records_student"),
    )
    op.create_index("ix_attendance_records_course", table, ["course_id", "user_id", "session_id"])
    op.create_index("ix_attendance_records_user", table, ["user_id"])
    table = "attendance_changes"
    op.create_table(
        table,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("from_status", sa.String(length=20), nullable=True),
        sa.Column("to_status", sa.String(length=20), nullable=True),
        sa.Column("source", sa.String(length=12), nullable=True),
        sa.Column("remarks", sa.String(length=500), nullable=False),
        _to(table, "actor_id", "users"),
        _to(table, "session_id", "class_sessions"),
        _to(table, "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_attendance_changes"),
    )
    op.create_index("ix_attendance_changes_session", table, ["session_id", "id"])
    op.create_index("ix_attendance_changes_user", table, ["user_id", "id"])
    table = "attendance_devices"
    op.create_table(
        table,
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.String(length=100), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _to(table, "session_id", "class_sessions"),
        _to(table, "user_id", "users"),
        sa.PrimaryKeyConstraint("session_id", "device_id", name="pk_attendance_devices"),
    )
    op.create_index("ix_attendance_devices_user", table, ["user_id"])


def _beside() -> None:
    table = "attendance_excuses"
    op.create_table(
        table,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("notes", sa.String(length=500), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "status IN ('requested','approved','rejected','withdrawn')", name=op.f("ck_attendance_excuses_status")
        ),
        _to(table, "course_id", "courses"),
        _to(table, "decided_by_id", "users"),
        _to(table, "session_id", "class_sessions"),
        _to(table, "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_attendance_excuses"),
        sa.UniqueConstraint("session_id", "user_id", name="uq_attendance_excuses_student"),
    )
    op.create_index("ix_attendance_excuses_course", table, ["course_id", "id"])
    op.create_index("ix_attendance_excuses_user", table, ["user_id", "id"])
    table = "attendance_warnings"
    op.create_table(
        table,
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _to(table, "course_id", "courses"),
        _to(table, "user_id", "users"),
        sa.PrimaryKeyConstraint("course_id", "user_id", name="pk_attendance_warnings"),
    )
    op.create_index("ix_attendance_warnings_user", table, ["user_id"])
    table = "calendar_feeds"
    op.create_table(
        table,
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _to(table, "user_id", "users"),
        sa.PrimaryKeyConstraint("user_id", name="pk_calendar_feeds"),
    )


def downgrade() -> None:
    for table in (
        "calendar_feeds",
        "attendance_warnings",
        "attendance_excuses",
        "attendance_devices",
        "attendance_changes",
        "attendance_records",
        "class_sessions",
        "class_series",
        "attendance_status_sets",
    ):
        op.drop_table(table)
    of_classes = "SELECT id FROM notices WHERE audience IN ('enrolled','teachers')"
    op.execute(f"DELETE FROM notifications WHERE notice_id IN ({of_classes})")
    op.execute("DELETE FROM notices WHERE audience IN ('enrolled','teachers')")
    _audiences("'user','replied_to','mentioned','members','moderators'", before=NAMED, after=TWICE_NAMED)
    op.drop_index("ix_enrollments_course_user", "enrollments")
    op.drop_column("courses", "certificate_min_attendance")
