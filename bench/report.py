"""Write docs/performance.md from a run's folder: `python bench/report.py var/bench/runs/…` prints it again."""

import json
import sys
from pathlib import Path
from string import Template
from typing import Any

from figures import Figures, Spread, cpu_ms, rate

TEMPLATE = Path(__file__).with_name("performance.template.md")
SERVERS = {"shala": "Shala", "peer": "Django", "peer-dbauth": "Django, user looked up", "floor": "floor"}
SCENARIOS = {
    "courses": "Catalogue",
    "courses_cat": "Catalogue of a category",
    "content": "Lesson",
    "progress_new": "Progress",
    "progress": "Progress, repeated reports",
}
SOFTWARE = {"Everybody": "versions", "Shala": "shala", "Django": "django", "Floor": "floor"}
QUIET = 0.1  # share of core 0
STEADY = 1.25  # slowest by fastest calibration


def write(folder: Path) -> str:
    """The whole page; every word that is no number stands in the template."""
    samples = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    facts, seen = (json.loads((folder / name).read_text()) for name in ("facts.json", "answers.json"))
    figures = Figures(samples)
    return Template(TEMPLATE.read_text()).substitute(
        {
            "summary": summary(figures),
            **{what: scenario(figures, what) for what in SCENARIOS},
            **{name: f"{count:,}" for name, count in seen["evidence"].items()},
            "fields": fields(seen["answers"]),
            **facts,
            **facts["machine"],
            "versions": versions(facts),
            **quietness(figures),
        }
    )


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
    for what in ("courses", "content", "progress"):
        ours, theirs = answers["shala"][what], answers["peer"][what]
        more = [f"`{name}`" for name in ours["fields"] if name not in theirs["fields"]]
        less = [f"`{name}`" for name in theirs["fields"] if name not in ours["fields"]]
        title = SCENARIOS[what].partition(",")[0]
        rows.append([title, f"{ours['bytes']:,}", f"{theirs['bytes']:,}", ", ".join(more), ", ".join(less)])
    return table(["", "Shala's bytes", "Django's bytes", "only in Shala's", "only in Django's"], rows)


def versions(facts: dict[str, Any]) -> str:
    return "\n".join(
        f"- {name}: " + ", ".join(f"{one} {number}" for one, number in facts[key].items())
        for name, key in SOFTWARE.items()
    )


def quietness(figures: Figures) -> dict[str, str]:
    loop, disturbed = figures.calibration(), figures.disturbance()
    is_quiet = disturbed <= QUIET and loop.high / loop.low <= STEADY
    return {
        "calibration": f"{loop.median:.1f} [{loop.low:.1f}–{loop.high:.1f}]",
        "disturbed": f"{disturbed:.0%}",
        "judged": "" if is_quiet else "**The machine was not quiet: mind the ranges.**",
    }


def ratio(spread: Spread) -> str:
    if f"{spread.low:.2f}" == f"{spread.high:.2f}":
        return f"{spread.median:.2f}"
    return f"{spread.median:.2f} [{spread.low:.2f}–{spread.high:.2f}]"


def table(head: list[str], rows: list[list[str]]) -> str:
    line = "|---|" + "--:|" * (len(head) - 1)
    return "\n".join(["| " + " | ".join(head) + " |", line, *("| " + " | ".join(row) + " |" for row in rows)])


if __name__ == "__main__":
    print(write(Path(sys.argv[1])), end="")
