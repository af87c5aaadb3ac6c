"""Parts of the page that the reports share."""

from collections.abc import Mapping
from typing import Any

from figures import Figures, Spread

QUIET = 0.1  # share of core 0
STEADY = 1.25  # slowest by fastest calibration


def versions(facts: dict[str, Any], software: Mapping[str, str]) -> str:
    return "\n".join(
        f"- {name}: " + ", ".join(f"{one} {number}" for one, number in facts[key].items())
        for name, key in software.items()
    )


def quietness(figures: Figures) -> dict[str, str]:
    loop, disturbed = figures.calibration(), figures.disturbance()
    is_quiet = disturbed <= QUIET and loop.high / loop.low <= STEADY
    return {
        "calibration": f"{loop.median:.1f} [{loop.low:.1f}–{loop.high:.1f}]",
        "disturbed": f"{disturbed:.0%}",
        "judged": "" if is_quiet else "**The machine was not quiet: mind the ranges.**",
    }


def ratio(spread: Spread, digits: int = 2) -> str:
    median, low, high = (f"{one:.{digits}f}" for one in (spread.median, spread.low, spread.high))
    return median if low == high else f"{median} [{low}–{high}]"


def table(head: list[str], rows: list[list[str]]) -> str:
    line = "|---|" + "--:|" * (len(head) - 1)
    return "\n".join(["| " + " | ".join(head) + " |", line, *("| " + " | ".join(row) + " |" for row in rows)])
