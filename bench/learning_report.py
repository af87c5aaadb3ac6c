"""The part of the page about learning, from a run's folder."""

import json
import statistics
from pathlib import Path
from typing import Any

from tables import table, versions

SOFTWARE = {"Everybody": "versions", "Shala": "shala"}
TITLES = {
    "quiz 16": "Quiz, started and handed in; 16 at once",
    "quiz 1": "The same, one alone",
    "sync 16": "100 offline events; 16 at once",
    "sync 1": "The same, one alone",
}


def values(folder: Path) -> dict[str, Any]:
    """What the template names."""
    facts, seen = (json.loads((folder / name).read_text()) for name in ("facts.json", "learning.json"))
    rows = [[TITLES[name], *_row(samples)] for name, samples in seen["samples"].items()]
    return {
        "learning": table(["", "a second", "p50 ms", "p99 ms", "CPU ms"], rows),
        "rounds": seen["rounds"],
        "seconds": seen["seconds"],
        **facts,
        **facts["machine"],
        "software": versions(facts, SOFTWARE),
    }


def _row(samples: list[dict[str, float]]) -> list[str]:
    """Medians of the rounds [lowest–highest]."""
    cells = []
    for name, digits in (("rate", 0), ("p50", 1), ("p99", 1), ("cpu_ms", 2)):
        found = sorted(one[name] for one in samples)
        cells.append(f"{statistics.median(found):.{digits}f} [{found[0]:.{digits}f}–{found[-1]:.{digits}f}]")
    return cells
