"""What the numbers belong to: the machine, the versions, the revision."""

import datetime as dt
import json
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from machine import POSTGRES
from places import ROOT, WORK, Places

OURS = (
    "litestar",
    "uvicorn",
    "uvloop",
    "httptools",
    "msgspec",
    "sqlalchemy",
    "asyncpg",
    "redis",
    "limits",
    "structlog",
)
THEIRS = (
    "Django",
    "djangorestframework",
    "djangorestframework_simplejwt",
    "gunicorn",
    "psycopg",
    "drf_orjson_renderer",
)
FLOOR = ("uvicorn", "uvloop", "asyncpg", "msgspec", "PyJWT")
CHAT_OURS = ("uvicorn", "websockets", "uvloop", "litestar", "msgspec", "asyncpg", "redis", "limits")
CHANNELS = ("Django", "channels", "channels_redis", "daphne", "Twisted", "autobahn", "uvicorn", "websockets", "redis")
NODE = ("socket.io", "engine.io", "ws", "pg", "jsonwebtoken")
ASK = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"


def gather(places: Places, rounds: int, seconds: int) -> str:
    """As JSON, with nothing that tells where the checkout lies."""
    facts: dict[str, Any] = {
        "when": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "rounds": rounds,
        "seconds": seconds,
        "revision": _revision(),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "kernel": f"{platform.system()} {platform.release()}",
        },
        "versions": {
            "Python": platform.python_version(),
            "PostgreSQL": _number([str(POSTGRES), "--version"]),
            "Redis": _number(["redis-server", "--version"]),
            "wrk": _number(["wrk", "-v"]),
        },
        "shala": _installed(places.shala_python, OURS),
        "django": _installed(places.peers_python, THEIRS),
        "floor": _installed(places.peers_python, FLOOR),
        "shala_chat": _installed(places.shala_python, CHAT_OURS),
        "channels": _installed(places.peers_python, CHANNELS),
        "socketio": {"Node": _number(["node", "--version"]), **_of_node()},
    }
    return json.dumps(facts, indent=1)


def _installed(python: Path, names: tuple[str, ...]) -> dict[str, str]:
    versions: dict[str, str] = json.loads(_said([str(python), "-c", ASK, *names]))
    return versions


def _of_node() -> dict[str, str]:
    """Nothing where the chat is not measured, which alone needs Node."""
    folder = WORK / "socketio" / "node_modules"
    found = {name: folder / name / "package.json" for name in NODE}
    return {name: json.loads(file.read_text())["version"] for name, file in found.items() if file.is_file()}


def _revision() -> str:
    git = ["git", "-C", str(ROOT)]
    revision = _said([*git, "rev-parse", "--short=12", "HEAD"]).strip()
    changed = _said([*git, "status", "--porcelain", "--", "src", "requirements.lock"]).strip()
    return (revision or "unknown") + (" with uncommitted changes" if changed else "")


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _number(command: list[str]) -> str:
    found = re.search(r"\d+\.\d+(\.\d+)?", _said(command))
    return found[0] if found else "unknown"


def _said(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if "-v" in command else done.stdout
