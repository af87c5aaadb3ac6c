"""Courses, contents, enrolments and progress."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The same expression as in adapters/sql/learning/catalogue_lists.py. No parser of the database cuts words here: the
# columns hold words already, so that Devanagari is found on both databases alike.
TSVECTOR = (
    "(setweight(array_to_tsvector(string_to_array(courses.title_terms, ' ')), 'A') || "
    "setweight(array_to_tsvector(string_to_array(courses.description_terms, ' ')), 'D'))"
)
_DELETE = (
    "INSERT INTO courses_fts (courses_fts, rowid, title_terms, description_terms) "
    "VALUES ('delete', old.id, old.title_terms, old.description_terms);"
)
_INSERT = (
    "INSERT INTO courses_fts (rowid, title_terms, description_terms) "
    "VALUES (new.id, new.title_terms, new.description_terms);"
)
FTS5 = (
    (
        "CREATE VIRTUAL TABLE courses_fts USING fts5(title_terms, description_terms, content='courses', content_rowid='id', "
        "tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co' tokenchars '_'\")"
    ),
    f"CREATE TRIGGER courses_fts_insert AFTER INSERT ON courses BEGIN {_INSERT} END",
    f"CREATE TRIGGER courses_fts_delete AFTER DELETE ON courses BEGIN {_DELETE} END",
    (
        f"CREATE TRIGGER courses_fts_update AFTER UPDATE OF title_terms, description_terms ON courses "
        f"BEGIN {_DELETE} {_INSERT} END"
    ),
)


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
        sa.UniqueConstraint("slug", name="uq_categories_slug"),
    )
    op.create_table(
        "courses",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("title_terms", sa.Text(), nullable=False),
        sa.Column("description_terms", sa.Text(), nullable=False),
        sa.Column("price_paise", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("thumbnail", sa.String(length=255), nullable=True),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.Column("is_trending", sa.Boolean(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=False),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("enrolled_count", sa.Integer(), nullable=False),
        sa.Column("access_days", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("level IN ('beginner','intermediate','advanced')", name="ck_courses_level"),
        sa.CheckConstraint("price_paise >= 0", name="ck_courses_price"),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_courses_category_id_categories"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name="fk_courses_created_by_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
        sa.UniqueConstraint("slug", name="uq_courses_slug"),
    )
    op.create_index(
        "ix_courses_by_age",
        "courses",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_published"),
        sqlite_where=sa.text("is_published"),
    )
    op.create_index(
        "ix_courses_by_enrolled",
        "courses",
        ["enrolled_count", "id"],
        unique=False,
        postgresql_where=sa.text("is_published"),
        sqlite_where=sa.text("is_published"),
    )
    op.create_index(
        "ix_courses_by_price",
        "courses",
        ["price_paise", "id"],
        unique=False,
        postgresql_where=sa.text("is_published"),
        sqlite_where=sa.text("is_published"),
    )
    op.create_index(
        "ix_courses_by_rating",
        "courses",
        ["rating", "id"],
        unique=False,
        postgresql_where=sa.text("is_published"),
        sqlite_where=sa.text("is_published"),
    )
    op.create_index(
        "ix_courses_by_title",
        "courses",
        ["title", "id"],
        unique=False,
        postgresql_where=sa.text("is_published"),
        sqlite_where=sa.text("is_published"),
    )
    op.create_index(
        "ix_courses_in_category",
        "courses",
        ["category_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_published"),
        sqlite_where=sa.text("is_published"),
    )
    op.create_index(
        "ix_courses_trending",
        "courses",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_published AND is_trending"),
        sqlite_where=sa.text("is_published AND is_trending"),
    )
    op.create_table(
        "course_instructors",
        sa.Column("course_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_course_instructors_course_id_courses"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_course_instructors_user_id_users"),
        sa.PrimaryKeyConstraint("course_id", "user_id", name="pk_course_instructors"),
    )
    op.create_index("ix_course_instructors_user_id", "course_instructors", ["user_id"], unique=False)
    op.create_table(
        "enrolment_imports",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_enrolment_imports_course_id_courses"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name="fk_enrolment_imports_created_by_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_enrolment_imports"),
    )
    op.create_index("ix_enrolment_imports_course", "enrolment_imports", ["course_id", "id"], unique=False)
    op.create_table(
        "modules",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_modules_course_id_courses"),
        sa.PrimaryKeyConstraint("id", name="pk_modules"),
    )
    op.create_index("ix_modules_course", "modules", ["course_id", "position", "id"], unique=False)
    op.create_table(
        "contents",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("module_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=16), nullable=False),
        sa.Column("media_provider", sa.String(length=16), nullable=True),
        sa.Column("media_ref", sa.String(length=255), nullable=True),
        sa.Column("file_name", sa.String(length=255), nullable=True),
        sa.Column("mime_type", sa.String(length=100), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("video_duration", sa.Integer(), nullable=True),
        sa.Column("text_content", sa.Text(), nullable=False),
        sa.Column("text_html", sa.Text(), nullable=False),
        sa.Column("is_preview", sa.Boolean(), nullable=False),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.Column("available_after_days", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("content_type IN ('video','quiz','document','text')", name="ck_contents_content_type"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_contents_course_id_courses"),
        sa.ForeignKeyConstraint(["module_id"], ["modules.id"], name="fk_contents_module_id_modules"),
        sa.PrimaryKeyConstraint("id", name="pk_contents"),
    )
    op.create_index("ix_contents_course", "contents", ["course_id"], unique=False)
    op.create_index("ix_contents_module", "contents", ["module_id", "position", "id"], unique=False)
    op.create_table(
        "enrolment_import_rows",
        sa.Column("import_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("expiry_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["enrolment_imports.id"], name="fk_enrolment_import_rows_import_id_enrolment_imports"
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name="pk_enrolment_import_rows"),
    )
    op.create_table(
        "enrollments",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("enrollment_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("expiry_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("source IN ('purchase','free','manual','import')", name="ck_enrollments_source"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_enrollments_course_id_courses"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_enrollments_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_enrollments"),
        sa.UniqueConstraint("user_id", "course_id", name="uq_enrollments_user_course"),
    )
    op.create_index("ix_enrollments_course", "enrollments", ["course_id", "id"], unique=False)
    op.create_index("ix_enrollments_expiry", "enrollments", ["expiry_date"], unique=False)
    op.create_table(
        "progress",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("enrollment_id", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("is_completed", sa.Boolean(), nullable=False),
        sa.Column("completion_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_spent", sa.Integer(), nullable=False),
        sa.Column("last_position", sa.Integer(), nullable=False),
        sa.Column("watched", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_progress_content_id_contents"),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollments.id"], name="fk_progress_enrollment_id_enrollments"),
        sa.PrimaryKeyConstraint("id", name="pk_progress"),
        sa.UniqueConstraint("enrollment_id", "content_id", name="uq_progress_enrollment_content"),
    )

    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE INDEX ix_courses_fts ON courses USING gin ({TSVECTOR})")
    else:
        for statement in FTS5:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        for name in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER courses_fts_{name}")
        op.execute("DROP TABLE courses_fts")
    op.drop_table("progress")
    op.drop_table("enrollments")
    op.drop_table("enrolment_import_rows")
    op.drop_table("contents")
    op.drop_table("modules")
    op.drop_table("enrolment_imports")
    op.drop_table("course_instructors")
    op.drop_table("courses")
    op.drop_table("categories")
