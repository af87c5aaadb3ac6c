"""The part of the page about the fan-out, from a run's folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fanout_figures import FILE, LOOP_MOST, Sample, cpu_s, pg_cpu_s, rows_per_s, sizes, title, wait_ms
from figures import Figures
from tables import quietness, ratio, table, versions

SERVERS = {"shala": "Shala", "bulk": "Django, `fanout=bulk`", "loop": "Django, `fanout=loop`"}
SOFTWARE = {"Everybody": "versions", "Shala": "shala", "Django": "django"}


def values(folder: Path) -> dict[str, Any]:
    """What the template names."""
    figures = Figures([json.loads(line) for line in (folder / FILE).read_text().splitlines()])
    facts, seen = (json.loads((folder / name).read_text()) for name in ("facts.json", "fanout.json"))
    small, large = sizes(seen["members"])[0], sizes(seen["members"])[-1]
    return {
        "summary": summary(figures, sizes(seen["members"])),
        "small": scenario(figures, small),
        "large": scenario(figures, large),
        "spent": spent(seen["spent"]),
        "small_size": f"{small:,}",
        "large_size": f"{large:,}",
        "most": f"{LOOP_MOST:,}",
        "wrote": f"{seen['wrote']['shala']:,}",
        "to_mail": f"{seen['shala']['to_mail']:,}",
        **facts,
        **facts["machine"],
        "software": versions(facts, SOFTWARE),
        **quietness(figures),
    }


def summary(figures: Figures, measured: tuple[int, ...]) -> str:
    """Shala by Django's bulk."""
    compared = ((wait_ms, 3), (rows_per_s, 2), (cpu_s, 2), (pg_cpu_s, 2))
    rows = [
        [
            f"{size:,} members",
            *(ratio(figures.ratio(title(size), "shala", "bulk", value), digits) for value, digits in compared),
        ]
        for size in measured
    ]
    head = ("author's wait", "rows per second", "servers' CPU", "PostgreSQL's CPU")
    return table(["", *(f"{one} ÷ Django's" for one in head)], rows)


def scenario(figures: Figures, size: int) -> str:
    head = ["", "author waits ms", "rows/s", "until the last row, s", "last member's socket told, ms"]
    head += ["servers' CPU s/100,000 rows", "PostgreSQL's CPU s/100,000 rows"]
    found = [server for server in SERVERS if figures.of(title(size), server)]
    return table(head, [server_row(figures, size, server) for server in found])


def server_row(figures: Figures, size: int, server: str) -> list[str]:
    what = title(size)

    def ranged(value: Callable[[Sample], float], form: str) -> str:
        spread = figures.spread(what, server, value)
        return f"{spread.median:{form}} [{spread.low:{form}}–{spread.high:{form}}]"

    one = figures.of(what, server)[0]
    return [
        SERVERS[server],
        ranged(wait_ms, ",.0f"),
        ranged(rows_per_s, ",.0f"),
        f"{figures.spread(what, server, lambda sample: sample['spread_s'] / sample['posts']).median:.2f}",
        f"{figures.median(what, server, 'live_ms'):,.0f}" if one["live_ms"] is not None else "never",
        ranged(cpu_s, ".1f"),
        ranged(pg_cpu_s, ".1f"),
    ]


def spent(by_server: dict[str, dict[str, float]]) -> str:
    """What one post's seconds consist of: statements, and what lies between them."""
    head = ["", "until the last row", "INSERT of the rows", "who is told", "COMMIT", "other statements"]
    rows = []
    for server, took in by_server.items():
        statements = [took[name] for name in ("rows", "audience", "commit", "other")]
        between = took["spread_s"] - sum(statements)
        seconds = (took["spread_s"], *statements, between, took["cpu_s"])
        rows.append([SERVERS[server], *(f"{one:.2f}" for one in seconds)])
    return table([*head, "between statements", "servers' CPU"], rows)
