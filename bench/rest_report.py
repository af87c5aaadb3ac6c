"""The part of the page about calls, from a run's folder."""

import json
from pathlib import Path
from typing import Any

from figures import Figures, cpu_ms, rate
from tables import quietness, ratio, table, versions

SERVERS = {"shala": "Shala", "peer": "Django", "peer-dbauth": "Django, user looked up", "floor": "floor"}
SCENARIOS = {
    "courses": "Catalogue",
    "courses_cat": "Catalogue of a category",
    "content": "Lesson",
    "progress_new": "Progress",
    "progress": "Progress, repeated reports",
    "messages": "Messages",
    "unread": "Unread count",
    "post_small": "New post",
}
SOFTWARE = {"Everybody": "versions", "Shala": "shala", "Django": "django", "Floor": "floor"}


def values(folder: Path) -> dict[str, Any]:
    """What the template names."""
    samples = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    facts, seen = (json.loads((folder / name).read_text()) for name in ("facts.json", "answers.json"))
    figures = Figures(samples)
    return {
        "summary": summary(figures),
        **{what: scenario(figures, what) for what in SCENARIOS},
        **{name: f"{count:,}" for name, count in seen["evidence"].items()},
        "fields": fields(seen["answers"]),
        **facts,
        **facts["machine"],
        "versions": versions(facts, SOFTWARE),
        **quietness(figures),
    }


def summary(figures: Figures) -> str:
    rows = []
    for what, title in SCENARIOS.items():
        rates = [ratio(figures.ratio(what, "shala", other, rate)) for other in ("peer", "peer-dbauth", "floor")]
        times = [ratio(figures.ratio(what, "shala", other, cpu_ms)) for other in ("peer", "peer-dbauth", "floor")]
        rows.append([title, *rates, *times])
    others = ("Django's", "Django's, user looked up", "floor's")
    return table(["", *(f"rate ÷ {one}" for one in others), *(f"CPU ÷ {one}" for one in others)], rows)


def scenario(figures: Figures, what: str) -> str:
    head = ["", "requests/s", "p50 ms", "p99 ms", "p50 ms, alone", "CPU ms/request", "core used"]
    head += ["rate ÷ Django's", "CPU ÷ Django's", "rate ÷ floor's"]
    return table(head, [server_row(figures, what, server) for server in SERVERS])


def server_row(figures: Figures, what: str, server: str) -> list[str]:
    requests = figures.spread(what, server, rate)
    compared = (("peer", rate), ("peer", cpu_ms), ("floor", rate))
    return [
        SERVERS[server],
        f"{requests.median:.0f} [{requests.low:.0f}–{requests.high:.0f}]",
        f"{figures.median(what, server, 'p50'):.1f}",
        f"{figures.median(what, server, 'p99'):.1f}",
        f"{figures.median(f'{what} c=1', server, 'p50'):.1f}",
        f"{figures.spread(what, server, cpu_ms).median:.2f}",
        f"{figures.median(what, server, 'server_cpu'):.0%}",
        *("1" if server == other else ratio(figures.ratio(what, server, other, value)) for other, value in compared),
    ]


def fields(answers: dict[str, Any]) -> str:
    """Which fields one answer has and the other has not; of lists, the fields of a row."""
    rows = []
    for what in ("courses", "content", "progress", "messages", "unread", "post_small"):
        ours, theirs = answers["shala"][what], answers["peer"][what]
        more = [f"`{name}`" for name in ours["fields"] if name not in theirs["fields"]]
        less = [f"`{name}`" for name in theirs["fields"] if name not in ours["fields"]]
        title = SCENARIOS[what].partition(",")[0]
        rows.append([title, f"{ours['bytes']:,}", f"{theirs['bytes']:,}", ", ".join(more), ", ".join(less)])
    return table(["", "Shala's bytes", "Django's bytes", "only in Shala's", "only in Django's"], rows)
