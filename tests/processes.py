"""The production topology on this machine: sandbox, web instances and workers as processes of their own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from services import free_port

SHALA = Path(sys.executable).with_name("shala")
SECRETS = {
    "SHALA_SECRET_KEY": "a-key-that-only-tests-know-0123456789",
    "SHALA_RAZORPAY_KEY_ID": "rzp_test_sandbox000000",
    "SHALA_RAZORPAY_KEY_SECRET": "test-key-secret-of-the-sandbox",
    "SHALA_RAZORPAY_WEBHOOK_SECRET": "test-webhook-secret-of-the-sandbox",
}


class Topology:
    """Staging: PostgreSQL and Redis are given, everything else is started and stopped here.

    What is asked for again and again is asked for unverified: reading certificates takes 30 ms each time, of which the
    processes have use.
    """

    def __init__(self, database_url: str, redis_url: str, directory: Path) -> None:
        self.directory = directory
        self.web_port, self.sandbox_port, self.smtp_port = free_port(), free_port(), free_port()
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SHALA_")},
            **SECRETS,
            "SHALA_ENV": "staging",
            "SHALA_DATABASE_URL": database_url,
            "SHALA_REDIS_URL": redis_url,
            "SHALA_PUBLIC_BASE_URL": f"http://127.0.0.1:{self.web_port}",
            "SHALA_MEDIA_BASE_URL": f"http://127.0.0.1:{self.web_port}/media",
            "SHALA_RAZORPAY_BASE_URL": f"{self.sandbox_url}/sandbox/razorpay",
            "SHALA_SANDBOX_URL": self.sandbox_url,
            "SHALA_FCM_CREDENTIALS": str(directory / "service-account.json"),
            "SHALA_FCM_BASE_URL": f"{self.sandbox_url}/sandbox/fcm",
            "SHALA_SMTP_HOST": "127.0.0.1",
            "SHALA_SMTP_PORT": str(self.smtp_port),
            "SHALA_SMTP_TLS": "off",
            "SHALA_DATA_DIR": str(directory / "data"),
            "SHALA_PASSWORD_MEMORY_KIB": "64",
            "SHALA_LIMIT_USER": "1000000",
            "SHALA_LIMIT_ADDRESS": "1000000",
            "SHALA_LIMIT_REGISTER": "1000000",
            "SHALA_LIMIT_CHAT": "1000000",
            "SHALA_LIMIT_LOGIN_ADDRESS": "1000000",
        }

    def run(self, *arguments: str, timeout: float = 120) -> str:
        """A command that ends by itself; what it printed."""
        done = subprocess.run(
            [SHALA, *arguments], env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str, port: int | None = None, **environment: str) -> subprocess.Popen[bytes]:
        """A command that stays; with `port` until it answers there."""
        name = f"{arguments[0]}-{len(self.processes)}"
        with (self.directory / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [SHALA, *arguments], env={**self.environment, **environment}, stdout=log, stderr=log
            )
        self.processes.append(process)
        if port is not None:
            self._answers(process, port, name)
        return process

    def start_sandbox(self) -> None:
        options = ("--port", str(self.sandbox_port), "--smtp-port", str(self.smtp_port))
        self.start("sandbox", *options, port=self.sandbox_port)

    def start_web(self, port: int | None = None) -> subprocess.Popen[bytes]:
        port = port or self.web_port
        return self.start("web", port=port, SHALA_PORT=str(port))

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)

    async def let_leases_end(self) -> None:
        """As the minutes would that a lease of a killed process lasts."""
        driver = await asyncpg.connect(self.environment["SHALA_DATABASE_URL"].replace("+asyncpg", ""))
        try:
            await driver.execute("UPDATE outbox SET run_at = now() WHERE done_at IS NULL AND dead_at IS NULL")
            await driver.execute("UPDATE notifications SET push_due_at = now() WHERE push_due_at > now()")
        finally:
            await driver.close()

    def faults(self, **knobs: Any) -> None:
        httpx.put(f"{self.sandbox_url}/sandbox/faults/", json=knobs, verify=False).raise_for_status()

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.sandbox_url}/sandbox/mail/", params={"to": to} if to else {}, verify=False)
        return answer.json()["results"]

    def pushes(self) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.sandbox_url}/sandbox/push/", timeout=20, verify=False)
        return answer.json()["results"]

    def logs(self) -> str:
        return "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self.directory.glob("*.log")))

    def _answers(self, process: subprocess.Popen[bytes], port: int, name: str) -> None:
        def answers() -> bool:
            assert process.poll() is None, f"{name} ended\n{self.logs()}"
            try:
                httpx.get(f"http://127.0.0.1:{port}/health/live/", timeout=2, verify=False)
            except httpx.HTTPError:
                return False
            return True

        until(answers, 40, name)


def until(condition: Any, seconds: float, what: str) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what}"
        time.sleep(0.05)  # poll
