"""Where the time of a fan-out goes: how long PostgreSQL ran which statements, from its own log."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import bench
import psycopg
from places import Places

DURATION = re.compile(r"^(\S+) LOG:  duration: ([\d.]+) ms  (?:statement|(?:parse|bind|execute) [^:]*): (.*)")
KINDS = {
    "rows": re.compile(r'INSERT INTO "?notifications"?'),
    "audience": re.compile(r'SELECT users\.id, users\.email_verified_at|SELECT "group_members"\."user_id"'),
    "commit": re.compile("COMMIT"),
    "look": re.compile(r"SELECT is_spread|SELECT count\(\*\) FROM notifications$"),
}
"""By how they begin; `look` are the measurement's own."""
SETTINGS = {"log_min_duration_statement": "0", "log_parameter_max_length": "0", "log_line_prefix": "'%d '"}


class StatementLog:
    """What PostgreSQL writes down of one database's statements from now on."""

    def __init__(self, places: Places, database: str) -> None:
        self._database = database
        self._file: Path = places.data / "pgdata" / "log"
        self._begin = self._file.stat().st_size

    def seconds(self) -> dict[str, float]:
        """By kind; `other` is all the rest."""
        with self._file.open("rb") as log:
            log.seek(self._begin)
            lines = log.read().decode(errors="replace").splitlines()
        found = dict.fromkeys((*KINDS, "other"), 0.0)
        for line in lines:
            if (logged := DURATION.search(line)) and logged[1] == self._database:
                found[kind(logged[3])] += float(logged[2]) / 1000
        del found["look"]
        return {name: round(spent, 3) for name, spent in found.items()}


def kind(statement: str) -> str:
    return next((name for name, begins in KINDS.items() if begins.match(statement)), "other")


@contextlib.contextmanager
def logging_statements(places: Places, database: str) -> Iterator[StatementLog]:
    """PostgreSQL logs how long each statement takes, which is switched off again afterwards."""
    with psycopg.connect(bench.ADMIN, autocommit=True) as admin:
        log = StatementLog(places, database)
        try:
            for name, value in SETTINGS.items():
                admin.execute(f"ALTER SYSTEM SET {name} = {value}")
            admin.execute("SELECT pg_reload_conf()")
            yield log
        finally:
            for name in SETTINGS:
                admin.execute(f"ALTER SYSTEM RESET {name}")
            admin.execute("SELECT pg_reload_conf()")
