"""SQL: schema, migrations and one store per module, for PostgreSQL (asyncpg) and SQLite (aiosqlite)."""
