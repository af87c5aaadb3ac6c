"""What the fan-out is measured in, and how its samples become numbers. Standard library only: two venvs import it."""

from typing import Any

Sample = dict[str, Any]
FILE = "fanout.jsonl"
SMALL = 1000
"""Members of the smaller group."""
POSTS = {SMALL: 10}
"""Posts in a sample, one after the other, where one is too quick for the clock that counts CPU."""
LOOP_MOST = 100_000
"""Members of the largest group for which Django's loop is measured: beyond, it only takes longer."""
PER = 100_000
"""Rows that CPU is told of."""


def sizes(members: int) -> tuple[int, ...]:
    return tuple(sorted({SMALL, members}))


def title(size: int) -> str:
    """As which a size's samples are recorded."""
    return f"{size} members"


def rows_per_s(sample: Sample) -> float:
    """From the post's arrival until the last row was committed."""
    return float(sample["rows"]) / float(sample["spread_s"])


def cpu_s(sample: Sample) -> float:
    """Of the server's processes, for so many rows."""
    return float(sample["cpu_s"]) * PER / float(sample["rows"])


def pg_cpu_s(sample: Sample) -> float:
    """Of PostgreSQL, for so many rows."""
    return float(sample["pg_cpu_s"]) * PER / float(sample["rows"])


def wait_ms(sample: Sample) -> float:
    """What the author waited for the answer: the median of the sample's posts."""
    return float(sample["wait_ms"])
