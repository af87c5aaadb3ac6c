"""Measure Shala beside its peers, with nothing prepared, and write docs/performance.md.

    python bench/run.py [--only rest|chat|fanout|process|learning] [--rounds 3] [--seconds 5] [--members 100000]
                         [--minutes 10]

rest: calls, beside Django and the floor. chat: sockets, beside Channels, Socket.IO and the floor. fanout: a post that
all members of a group are told of, beside Django. process: how long a web process takes to be ready, and its memory
under load. learning: a quiz started and handed in, and a hundred offline events. Without --only all are measured, one
after the other. What was not measured stays in docs/performance.md as it stands there.

Everything it makes lies under var/bench; samples, answers and logs of each run in a folder of their own.
"""

import argparse
import contextlib
import datetime as dt
import fcntl
import signal
import subprocess
import sys
from collections.abc import Iterator

import facts
import report
from machine import data_folder, install_peers, install_shala, install_socketio, lacks, seed, services
from places import OURS, ROOT, WORK, Places, free_ports

PATIENCE_S = 60
SCRIPTS = {
    "rest": ("measure.py", "rounds", "seconds"),
    "chat": ("measure_chat.py", "rounds", "seconds"),
    "fanout": ("measure_fanout.py", "rounds", "members"),
    "process": ("measure_process.py", "minutes"),
    "learning": ("measure_learning.py", "rounds", "seconds"),
}
"""What takes the samples of each part, and the options that it understands."""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Two runs of one checkout would share a data folder and spoil each other's numbers."""
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit("Another run is going on here.") from None
        yield


def new_places() -> Places:
    """A folder for this run's results, and ports that nobody uses."""
    pg_port, redis_port, http_port, *_ = free_ports(10)
    started = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H-%M-%S")
    out = WORK / "runs" / started
    out.mkdir(parents=True)
    return Places(data_folder(), out, pg_port, redis_port, http_port)


def measure(places: Places, script: str, options: dict[str, int]) -> None:
    """In the peers' venv. It ends its servers itself when it is told to stop, so it is told, not killed."""
    command = [str(places.peers_python), str(OURS / script), *(f"--{name}={value}" for name, value in options.items())]
    process = subprocess.Popen(command, env=places.environ(), start_new_session=True)
    try:
        code = process.wait()
    except BaseException:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_S)
        raise
    if code:
        raise SystemExit(f"The measurement failed; logs are in {places.out}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=(*SCRIPTS, "all"), default="all", help="the part to measure")
    parser.add_argument("--rounds", type=int, default=3, help="each visits every server in every scenario")
    parser.add_argument("--seconds", type=int, default=5, help="of each sample; a fan-out takes its time")
    parser.add_argument("--members", type=int, default=100_000, help="of the larger group of the fan-out")
    parser.add_argument("--minutes", type=int, default=10, help="of load on the process whose memory is watched")
    given = parser.parse_args()
    parts = tuple(SCRIPTS) if given.only == "all" else (given.only,)
    if faults := lacks(parts):
        raise SystemExit("\n".join(faults))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with alone():
        install_peers()
        install_shala()
        if "chat" in parts:
            install_socketio()
        places = new_places()
        with services(places):
            seed(places)
            (places.out / "facts.json").write_text(facts.gather(places, given.rounds, given.seconds))
            for part in parts:
                script, *names = SCRIPTS[part]
                measure(places, script, {name: getattr(given, name) for name in names})
    report.PAGE.write_text(report.write(places.out, report.PAGE.read_text()))
    print(f"Wrote docs/performance.md; raw samples are in {places.out.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
