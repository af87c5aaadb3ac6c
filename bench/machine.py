"""What a run stands on: programs of the machine, the peers' packages, PostgreSQL and Redis, the peers' data."""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from places import ROOT, SEED, SHARED, WORK, Places

POSTGRES = Path("/usr/lib/postgresql/15/bin/postgres")
PROGRAMS = ("wrk", "redis-server", "psql", "taskset", "runuser")
NODE = ("node", "npm")
"""What Socket.IO needs."""
PACKAGES = "apt-get install -y --no-install-recommends wrk redis-server postgresql-15"


def lacks(parts: tuple[str, ...]) -> list[str]:
    """Why this machine cannot measure, and what would mend it."""
    found = []
    if not (SHARED / "bench.py").is_file():
        found.append(f"The peers are not in {SHARED}; set SHALA_BENCH_PEERS to the folder that holds bench.py.")
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    missing += [] if POSTGRES.exists() else ["PostgreSQL 15"]
    if missing:
        found.append(f"Not installed: {', '.join(missing)}. Install them with: {PACKAGES}")
    if "chat" in parts and not all(map(shutil.which, NODE)):
        found.append("Socket.IO needs Node 20 with npm; without them, measure with --only rest.")
    if os.geteuid() != 0:
        found.append("services.sh starts PostgreSQL through runuser: run this as root.")
    if not {0, 1} <= os.sched_getaffinity(0):
        found.append("Servers are pinned to core 0, load and services to core 1: both are needed.")
    return found


def install_peers() -> None:
    """The peers' venv under var/bench, as their requirements stand now."""
    requirements, venv = SHARED / "requirements.txt", WORK / "venv"
    stamp, wanted = venv / "installed", hashlib.sha256(requirements.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("Installing the peers", flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
    subprocess.run(pip, check=True)
    stamp.write_text(wanted)


def install_shala() -> None:
    """Shala as production has it, in a venv of its own: the packages of the lock and none for development."""
    lock, venv = ROOT / "requirements.lock", WORK / "shala"
    stamp = venv / "installed"
    wanted = hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("Installing Shala", flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", lock], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT], check=True)
    stamp.write_text(wanted)


def install_socketio() -> None:
    """Socket.IO beside the peers' venv, found through NODE_PATH: the peers' own folder stays as it is."""
    known, folder = SHARED / "peer_socketio" / "package.json", WORK / "socketio"
    wanted, stamp = known.read_text(), folder / "installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("Installing Socket.IO", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(known, folder)
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)
    stamp.write_text(wanted)


def data_folder() -> Path:
    """Under var/bench where PostgreSQL's user can go, else under the temporary folder."""
    ours = os.environ.get("BENCH_DATA") or str(WORK / "data")
    other = Path(tempfile.gettempdir()) / f"shala-bench-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
    for folder in (Path(ours), other):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        reach = subprocess.run(["runuser", "-u", "postgres", "--", "test", "-x", folder], check=False)
        if reach.returncode == 0:
            return folder
    raise SystemExit(f"PostgreSQL's user reaches neither {ours} nor {other}; set BENCH_DATA to a folder it reaches.")


@contextlib.contextmanager
def services(places: Places) -> Iterator[None]:
    """PostgreSQL and Redis through the shared services.sh; stopped on the way out, whatever happens."""
    _stop_leftovers(places)
    config = places.data / "pgdata" / "postgresql.conf"
    if config.exists():
        config.write_text(re.sub(r"(?m)^port=\d+", f"port={places.pg_port}", config.read_text()))
    try:
        _services(places, "start")
        _await_services(places)
        yield
    finally:
        _services(places, "stop")


def seed(places: Places) -> None:
    """The peers' data in `bench_seed`, unless a run before this one completed it."""
    done = f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname='{SEED}'"
    if psql(places, done) == "complete":
        return
    print("Seeding the peers' data", flush=True)
    psql(places, f"DROP DATABASE IF EXISTS {SEED}")
    psql(places, f"CREATE DATABASE {SEED}")
    command = [places.peers_python, SHARED / "seed.py", places.dsn(SEED)]
    subprocess.run(command, check=True, env=places.environ(), stdout=subprocess.DEVNULL)
    psql(places, f"COMMENT ON DATABASE {SEED} IS 'complete'")


def psql(places: Places, statement: str) -> str:
    command = ["psql", "-qtA", "-v", "ON_ERROR_STOP=1", "-d", places.dsn("postgres"), "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _services(places: Places, what: str) -> None:
    with (places.out / "services.log").open("a") as log:  # no pipe: the daemons would keep it open
        subprocess.run([SHARED / "services.sh", what], check=False, env=places.environ(), stdout=log, stderr=log)


def _await_services(places: Places) -> None:
    for _ in range(50):
        ping = subprocess.run(["redis-cli", "-p", str(places.redis_port), "ping"], capture_output=True, check=False)
        with contextlib.suppress(subprocess.CalledProcessError):
            if psql(places, "SELECT 1") == "1" and ping.stdout.strip() == b"PONG":
                return
        time.sleep(0.2)
    raise SystemExit(f"The services did not start:\n{(places.out / 'services.log').read_text()}")


def _stop_leftovers(places: Places) -> None:
    """Of a run that was killed. A process id in a file counts only while it is that program's."""
    pid_file = places.data / "redis.pid"
    if pid_file.exists() and "redis-server" not in _command(pid_file.read_text().strip()):
        pid_file.unlink()
    if pid_file.exists() or (places.data / "pgdata" / "postmaster.pid").exists():
        _services(places, "stop")


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{int(pid)}/comm").read_text()
    except (OSError, ValueError):
        return ""
