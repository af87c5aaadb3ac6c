"""Alembic's entry. The caller hands over an open connection (see adapters/sql/migrating.py)."""

from typing import Any, Literal

from alembic import context

from adapters.sql.models import metadata


def include_object(_object: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """Full-text indexes differ by database and live in migrations alone."""
    return not (kind in {"table", "index"} and reflected and name is not None and "_fts" in name)


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations stand on SQLAlchemy alone: our types may change, history must not."""
    if kind == "type" and type(item).__name__ == "UtcDateTime":
        return "sa.DateTime(timezone=True)"
    if kind == "type" and type(item).__name__ == "JSON":
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    include_object=include_object,
    render_item=render_item,
    compare_type=True,
    version_table="alembic_version",
)
with context.begin_transaction():
    context.run_migrations()
