"""Where everything of a run lies, and the environment of its processes. Standard library only: two venvs import it."""

import os
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = ROOT / "bench"
SHARED = Path(os.environ.get("SHALA_BENCH_PEERS") or ROOT / ".." / "shared" / "bench").resolve()
WORK = ROOT / "var" / "bench"
DATABASE, SEED = "bench_shala", "bench_seed"
NO_LIMIT = "1000000000"


@dataclass(frozen=True)
class Places:
    """Of one run. `data` is the cluster's folder, `out` takes samples, answers and logs."""

    data: Path
    out: Path
    pg_port: int
    redis_port: int
    http_port: int

    @property
    def peers_python(self) -> Path:
        return WORK / "venv" / "bin" / "python"

    @property
    def shala_python(self) -> Path:
        return WORK / "shala" / "bin" / "python"

    def dsn(self, database: str) -> str:
        return f"postgresql://bench:bench@127.0.0.1:{self.pg_port}/{database}"

    def environ(self) -> dict[str, str]:
        """For the shared bench: it is told where to work, and its own folder stays as it is."""
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("SHALA_")},
            "SHALA_BENCH_PEERS": str(SHARED),
            "PYTHONPATH": str(SHARED),
            "PYTHONDONTWRITEBYTECODE": "1",
            "BENCH_VENV": str(WORK / "venv"),
            "NODE_PATH": str(WORK / "socketio" / "node_modules"),
            "BENCH_OUT": str(self.out),
            "BENCH_DATA": str(self.data),
            "BENCH_PG_PORT": str(self.pg_port),
            "BENCH_REDIS_PORT": str(self.redis_port),
            "BENCH_HTTP_PORT": str(self.http_port),
            "BENCH_SHALA_PYTHON": str(self.shala_python),
        }


def given_places() -> Places:
    """The places that the starting process named in the environment."""
    given = os.environ
    ports = (int(given[f"BENCH_{name}_PORT"]) for name in ("PG", "REDIS", "HTTP"))
    return Places(Path(given["BENCH_DATA"]), Path(given["BENCH_OUT"]), *ports)


def free_ports(count: int) -> list[int]:
    """The first of `count` ports in a row that nobody listens on, below those that the system hands out itself."""
    start = 20_000 + secrets.randbelow(10_000)
    for first in range(start, 32_000, count):
        ports = list(range(first, first + count))
        if all(map(_is_free, ports)):
            return ports
    raise SystemExit("There are no free ports.")


def _is_free(port: int) -> bool:
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass(frozen=True)
class ShalaProcess:
    """How `shala` runs in the bench: staging's topology and production's defaults, with the limits raised."""

    places: Places
    port: int
    metrics_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def python(self) -> str:
        return os.environ["BENCH_SHALA_PYTHON"]

    @property
    def program(self) -> str:
        return str(Path(self.python).with_name("shala"))

    def environ(self) -> dict[str, str]:
        """Nothing but limits and the tokens' lifetime differs from what production would set."""
        base = f"http://127.0.0.1:{self.port}"
        settings = {
            "ENV": "staging",
            "PORT": str(self.port),
            "DATA_DIR": str(self.places.out / "shala-files"),
            "SECRET_KEY": self.secret_key,
            "DATABASE_URL": self.places.dsn(DATABASE).replace("postgresql:", "postgresql+asyncpg:"),
            "REDIS_URL": f"redis://127.0.0.1:{self.places.redis_port}/1",
            "PUBLIC_BASE_URL": base,
            "MEDIA_BASE_URL": "https://cdn.example.com",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "ACCESS_TOKEN_SECONDS": "43200",
            "RAZORPAY_KEY_ID": "rzp_test_bench000000000",
            "RAZORPAY_KEY_SECRET": secrets.token_urlsafe(24),
            "RAZORPAY_WEBHOOK_SECRET": secrets.token_urlsafe(24),
            "SMTP_HOST": "127.0.0.1",
            "LIMIT_USER": NO_LIMIT,
            "LIMIT_ADDRESS": NO_LIMIT,
            "LIMIT_CHAT": NO_LIMIT,
            "LIMIT_FRAMES": NO_LIMIT,
            "METRICS_TOKEN": self.metrics_token,
            "LOG_LEVEL": "info",
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SHALA_", "PYTHON")) and k != "PORT"}
        return {**kept, **{f"SHALA_{name}": value for name, value in settings.items()}}
