"""The part of the page about a web process itself, from a run's folder."""

import json
import statistics
from pathlib import Path
from typing import Any

from tables import table, versions

SOFTWARE = {"Everybody": "versions", "Shala": "shala"}
SHOWN_MINUTES = (0, 1, 2, 5, 10)


def values(folder: Path) -> dict[str, Any]:
    """What the template names."""
    facts, seen = (json.loads((folder / name).read_text()) for name in ("facts.json", "process.json"))
    bare, ready = (statistics.median(seen[name]) for name in ("bare", "ready"))
    ratios = sorted(one / other for one, other in zip(seen["ready"], seen["bare"], strict=True))
    return {
        "minutes": seen["minutes"],
        "answered": f"{seen['answered']:,}",
        "memory": memory(seen["memory"]),
        "bare": f"{bare:.2f}",
        "ready": f"{ready:.2f}",
        "ratio": f"{statistics.median(ratios):.2f} [{ratios[0]:.2f}–{ratios[-1]:.2f}]",
        "starts": len(ratios),
        **facts,
        **facts["machine"],
        "software": versions(facts, SOFTWARE),
    }


def memory(seen: list[tuple[float, float]]) -> str:
    """At some moments, and the most of all."""
    last = seen[-1][0]
    moments = [minute for minute in SHOWN_MINUTES if minute < last - 0.5]
    shown = [next(mib for at, mib in seen if at >= minute) for minute in moments]
    head = ["", *("ready" if minute == 0 else f"after {minute} min" for minute in moments), "at the end", "most"]
    found = [f"{mib:.0f}" for mib in (*shown, seen[-1][1], max(mib for _, mib in seen))]
    return table(head, [["MiB", *found]])
