"""Take the samples of a web process itself: its start-up, and its memory under load. Runs in the peers' venv."""

import json
import re
import subprocess
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import bench
import load
from measure import SCRIPTS, begin, peers_tokens
from places import OURS, SHARED, Places
from servers import CallsShala, pinned

SCENARIOS = ("courses", "content", "progress_new", "messages", "unread", "post_small")
SLICE_S = 10
STARTS = 5
FILE = "process.json"


def resident_mib(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    if found is None:
        raise SystemExit(f"Process {pid} has ended.")
    return int(found[1]) / 1024


def under_load(shala: CallsShala, minutes: int) -> dict[str, Any]:
    """All scenarios in turn; minutes since the start and MiB, after each slice of them."""
    pid, began, answered = shala.p.pid, time.monotonic(), 0
    memory = [(0.0, resident_mib(pid))]
    while time.monotonic() - began < minutes * 60:
        for scenario in SCENARIOS:
            load.HERE = SCRIPTS.get(scenario, SHARED)
            row = shala.http(scenario, "--seconds", SLICE_S)
            if row.get("errors") or not row.get("n"):
                raise SystemExit(f"A sample with errors: {row}")
            answered += row["n"]
            memory.append((round((time.monotonic() - began) / 60, 2), resident_mib(pid)))
    return {"memory": memory, "answered": answered}


def starts(shala: CallsShala) -> dict[str, list[float]]:
    """Seconds that importing what a web process loads of others takes, and that one takes to be ready, in turn."""
    script = shala.places.out / "imports.py"
    found = subprocess.run(
        [shala.process.python, str(OURS / "loaded.py")], env=shala.environ, capture_output=True, text=True, check=True
    )
    script.write_text(found.stdout)
    bare, ready = [], []
    for _ in range(STARTS + 1):  # the first of each warms what is read
        began = time.perf_counter()
        subprocess.run(["taskset", "-c", "0", shala.process.python, str(script)], env=shala.environ, check=True)
        bare.append(time.perf_counter() - began)
        ready.append(_until_ready(shala))
    return {"bare": bare[1:], "ready": ready[1:]}


def _until_ready(shala: CallsShala) -> float:
    port = bench.Server.port + 1
    environ = {**shala.environ, "SHALA_PORT": str(port)}
    began = time.perf_counter()
    with pinned(0, shala.command(), environ, shala.places.out / "shala-starting.log"):
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready/", timeout=2):
                    return time.perf_counter() - began
            except OSError:
                if time.perf_counter() - began > 60:
                    raise SystemExit("shala web did not get ready.") from None
                time.sleep(0.002)


def run(places: Places, minutes: int) -> None:
    bench.Server.port = places.http_port
    with ExitStack() as stack:
        stack.enter_context(peers_tokens(200))
        shala = stack.enter_context(CallsShala(places))
        seen = {"minutes": minutes, **under_load(shala, minutes)}
        shala.await_worker()  # else it would slow a start down, and not the import beside it
        seen |= starts(shala)
    (places.out / FILE).write_text(json.dumps(seen))


if __name__ == "__main__":
    begin(__doc__ or "", run, minutes=10)
