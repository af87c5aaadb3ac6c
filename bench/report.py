"""Write docs/performance.md from a run's folder: `python bench/report.py var/bench/runs/…` prints it again."""

import json
import sys
from pathlib import Path
from typing import Any

from figures import Figures, Spread, cpu_ms, rate

SERVERS = {"shala": "Shala", "peer": "Django", "peer-dbauth": "Django, user looked up", "floor": "floor"}
SCENARIOS = {
    "courses": ("Catalogue", "`GET /api/courses/courses/?limit=20`, anonymous: the 20 newest of 1,000 courses."),
    "courses_cat": ("Catalogue of a category", "The same with `category=design` (125 courses)."),
    "content": ("Lesson", "`GET /api/courses/contents/{id}/` by 200 enrolled students, signed in."),
    "progress_new": (
        "Progress",
        "`POST /api/courses/progress/update/` by the same students. Each report differs from the one before, so that every "
        "server writes every time (the shared script's requests, with `time_spent` growing: `bench/wrk.lua`).",
    ),
    "progress": (
        "Progress, repeated reports",
        "The shared script as it is: the same 1,000 reports over and over. Shala recognises a repeat and writes nothing "
        "for it, the others write each time. This is not like for like; the table above is.",
    ),
}
QUIET = 0.05  # share of core 0
STEADY = 1.25  # slowest by fastest calibration


def write(folder: Path) -> str:
    samples = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    facts, seen = (json.loads((folder / name).read_text()) for name in ("facts.json", "answers.json"))
    figures = Figures(samples)
    parts = [
        "# Performance",
        "Written by `make bench` (`bench/report.py`); do not edit. The numbers are of one machine and one day: what carries "
        "over to others are the ratios.",
        _summary(figures),
        _reading(),
        *(_scenario(figures, what) for what in SCENARIOS),
        _in_force(seen["evidence"]),
        _more_fields(seen["answers"]),
        _method(facts, figures),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(figures: Figures) -> str:
    rows = []
    for what, (title, _) in SCENARIOS.items():
        cells = [_times(figures.ratio(what, "shala", other, rate)) for other in ("peer", "peer-dbauth", "floor")]
        cells += [_times(figures.ratio(what, "shala", other, cpu_ms)) for other in ("peer", "peer-dbauth")]
        rows.append([title, *cells])
    head = [
        "Shala's",
        "rate ÷ Django's",
        "÷ Django's, user looked up",
        "÷ floor's",
        "CPU ÷ Django's",
        "÷ Django's, user looked up",
    ]
    text = (
        "## In short\n\nOne process on one core each. Rate: requests answered in a second, more is better. CPU: the "
        "server's own time for a request, less is better. Medians of the rounds [lowest–highest]."
    )
    return f"{text}\n\n{_table(head, rows)}"


def _reading() -> str:
    return (
        "- **Django**: Django REST Framework as one would write it for speed (gunicorn with 4 threads, persistent "
        "connections, prepared statements, orjson), which trusts a token until it expires.\n"
        "- **Django, user looked up**: the same, reading the user at each signed-in request (simplejwt's `JWTAuthentication`). "
        "Shala reads user and login at each request, so this is the nearer comparison where a token is sent.\n"
        "- **floor**: raw ASGI, asyncpg and msgspec in one file, which does what the request needs and nothing else: no "
        "framework, no limits, no metrics, no logs. What Python can do at best here."
    )


def _scenario(figures: Figures, what: str) -> str:
    title, text = SCENARIOS[what]
    rows = []
    for server, name in SERVERS.items():
        requests, cpu = figures.spread(what, server, rate), figures.spread(what, server, cpu_ms)
        rows.append(
            [
                name,
                f"{requests.median:.0f} [{requests.low:.0f}–{requests.high:.0f}]",
                f"{figures.median(what, server, 'p50'):.1f}",
                f"{figures.median(what, server, 'p99'):.1f}",
                f"{figures.median(f'{what} c=1', server, 'p50'):.1f}",
                f"{cpu.median:.2f}",
                f"{figures.median(what, server, 'server_cpu'):.0%}",
                *(
                    "1" if server == other else _times(figures.ratio(what, server, other, value))
                    for other, value in (("peer", rate), ("peer", cpu_ms), ("floor", rate))
                ),
            ]
        )
    head = ["", "requests/s", "p50 ms", "p99 ms", "p50 ms, alone", "CPU ms/request", "core used"]
    head += ["rate ÷ Django's", "CPU ÷ Django's", "rate ÷ floor's"]
    return f"## {title}\n\n{text}\n\n{_table(head, rows)}"


def _in_force(evidence: dict[str, Any]) -> str:
    return f"""## What is in force in Shala meanwhile

Nothing was switched off: `shala web` ran in production's topology (PostgreSQL, Redis, a separate `shala worker`), with the
defaults of production. Set for the measurement: the published limits of calls per minute (so high that nobody meets them; they are
counted all the same) and the lifetime of tokens.

- Authentication: the token's claims (signatures once verified are remembered), then user, ban and logout read from PostgreSQL at
  each signed-in request. Before the measurement a good token of an ended login was seen to be refused.
- The policy of each route, and access to the course judged on the resource.
- Limits counted in Redis at each call ({evidence["limit_keys"]} counters there at the end).
- Host check, request ids, security headers, ETags on the catalogue.
- Metrics ({evidence["requests_in_metrics"]:,} requests counted, {evidence["requests_in_samples"]:,} of them in samples) and
  one JSON log line a request to a file ({evidence["requests_in_log"]:,} lines).
- Progress: under a lock of the enrolment, with intervals watched merged and the last content noted, in one transaction.

The peers have none of these but authentication and the check of enrolment. Their answers were checked for the same courses, prices and lessons
as Shala's, and for refusing strangers (401, 403), before the first sample; a sample with an error would have failed the run."""


def _more_fields(answers: dict[str, Any]) -> str:
    rows = []
    for what in ("courses", "content", "progress"):
        ours, theirs = answers["shala"][what], answers["peer"][what]
        more = [f"`{name}`" for name in ours["fields"] if name not in theirs["fields"]]
        less = [f"`{name}`" for name in theirs["fields"] if name not in ours["fields"]]
        rows.append(
            [SCENARIOS[what][0], f"{ours['bytes']:,}", f"{theirs['bytes']:,}", ", ".join(more), ", ".join(less)]
        )
    head = ["", "Shala's bytes", "Django's bytes", "only in Shala's rows", "only in Django's"]
    return (
        "## What the answers carry\n\nShala's contract has more in it, which is paid for in queries, encoding and bytes. "
        "Bodies of the first answer of each:\n\n"
        + _table(head, rows)
        + "\n\nA course's category and author come from joins; "
        "a lesson's neighbours, progress and rendered HTML are in its answer. Some fields are the same under another name "
        "(`order`/`position`, `text_content`/`body`). Shala's catalogue pages by cursor and does not count unless asked; "
        "the peers' pages carry the count of all courses, as Django REST Framework's do."
    )


def _method(facts: dict[str, Any], figures: Figures) -> str:
    machine, calibration, disturbed = facts["machine"], figures.calibration(), figures.disturbance()
    is_quiet = disturbed <= QUIET and calibration.high / calibration.low <= STEADY
    judged = "The machine was quiet." if is_quiet else "**The machine was not quiet: take the ranges seriously.**"
    versions = "\n".join(
        f"- {name}: " + ", ".join(f"{one} {number}" for one, number in facts[key].items())
        for name, key in {"Everybody": "versions", "Shala": "shala", "Django": "django", "Floor": "floor"}.items()
    )
    return f"""## How it was measured

{facts["when"]}, revision {facts["revision"]}. {machine["processor"]}, {machine["cores"]} cores, {machine["memory_gib"]} GiB,
{machine["kernel"]}.

{versions}

All servers are up together, each with one process pinned to core 0 and its own database with the same data in it (1,225 users, 1,000 courses,
12,300 contents, 1,000 enrolments, 10,000 rows of progress; `bench/fill.py` puts the peers' seed into Shala's tables). PostgreSQL,
Redis, Shala's worker and the load (wrk, 16 connections; "alone" is 1 connection) share core 1, over loopback TCP. The servers are loaded one at
a time, in turn within each of {facts["rounds"]} rounds and in the opposite order every other round, {facts["seconds"]} s each after a warm-up. Ratios are
taken within a round. p50 and p99 at 16 connections are mostly queueing for the one core. "Core used" says whether the server was the limit: where it
stays below 100 %, core 1 limited the rate, and CPU per request is the fairer comparison. CPU is the server's alone; PostgreSQL's is not in it.

A fixed loop on core 0 beside each sample took {calibration.median:.1f} ms [{calibration.low:.1f}–{calibration.high:.1f}]; anything but the server took
at most {disturbed:.0%} of core 0 during a sample, the kernel's network interrupts included. {judged}

Documents and quizzes of the seed are texts in Shala's tables, and videos are embeds, whose address needs no signature; addresses of
stored files, which are signed at each request, are not in these numbers.

Again: `make bench` (`python bench/run.py --rounds 3 --seconds 5`). It needs root, two cores, wrk, Redis and PostgreSQL 15, and the folder of
the peers (`SHALA_BENCH_PEERS`); it says what is missing."""


def _times(spread: Spread) -> str:
    return f"{spread.median:.2f} [{spread.low:.2f}–{spread.high:.2f}]"


def _table(head: list[str], rows: list[list[str]]) -> str:
    line = "|" + "---|" + "--:|" * (len(head) - 1)
    return "\n".join(["| " + " | ".join(head) + " |", line, *("| " + " | ".join(row) + " |" for row in rows)])


if __name__ == "__main__":
    print(write(Path(sys.argv[1])), end="")
