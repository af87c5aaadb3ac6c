"""Two web instances, a worker and the sandbox over PostgreSQL and Redis: what must hold on both at once."""

import subprocess
import time

import httpx
import pytest

from processes import SHALA, Topology, until
from services import free_port

PASSWORD = "learn-by-doing-1"
pytestmark = pytest.mark.xdist_group("processes")


def token(base: str, email: str) -> dict[str, str]:
    answer = httpx.post(f"{base}/api/accounts/login/", json={"email": email, "password": PASSWORD}, timeout=10)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_the_tour_passes_on_two_instances_and_a_ban_holds_on_both(topology: Topology) -> None:
    topology.run("seed", "--demo")
    second = free_port()
    topology.start_web()
    topology.start_web(second)
    topology.start_worker()
    bases = [topology.environment["SHALA_PUBLIC_BASE_URL"], f"http://127.0.0.1:{second}"]
    for base in bases:
        said = topology.run("tour", "--base", base, "--sandbox", topology.sandbox_url, "--quiet")
        assert "Traceback" not in said

    student, admin = token(bases[0], "student@example.com"), token(bases[1], "admin@example.com")
    me = httpx.get(f"{bases[1]}/api/accounts/me/", headers=student, timeout=10).json()
    banned = httpx.patch(
        f"{bases[0]}/api/accounts/users/{me['id']}/", json={"is_active": False}, headers=admin, timeout=10
    )
    assert banned.status_code == 200
    for base in bases:
        answer = httpx.get(f"{base}/api/accounts/me/", headers=student, timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (403, "account_disabled")


def test_a_worker_and_a_web_stop_at_once_when_told(topology: Topology) -> None:
    web, worker = topology.start_web(), topology.start_worker()
    until(lambda: "worker_started" in topology.logs(), 20, "the worker has started")
    began = time.monotonic()
    for process in (web, worker):
        process.terminate()
    web.wait(10)
    assert worker.wait(10) == 0
    assert time.monotonic() - began < 5
    assert "Application shutdown complete" in topology.logs()


def test_the_doctor_finds_a_topology_well_until_a_part_is_gone(topology: Topology) -> None:
    assert "FAIL" not in topology.run("doctor")

    topology.kill(topology.processes[0])  # the sandbox: Razorpay and the mail server
    done = subprocess.run([SHALA, "doctor"], env=topology.environment, capture_output=True, text=True, check=False)
    failed = [line.split(":")[0].split()[1] for line in done.stdout.splitlines() if "FAIL" in line]
    assert (done.returncode, failed) == (1, ["razorpay", "mail", "pushes"])


@pytest.mark.parametrize("command", ["web", "worker"])
def test_without_shala_env_neither_starts(topology: Topology, command: str) -> None:
    environment = {name: value for name, value in topology.environment.items() if name != "SHALA_ENV"}
    done = subprocess.run([SHALA, command], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 78
    assert "set SHALA_ENV=staging or SHALA_ENV=production" in done.stderr


def test_production_refuses_insecure_settings_by_name(topology: Topology) -> None:
    environment = {**topology.environment, "SHALA_ENV": "production"}
    done = subprocess.run([SHALA, "web"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 78
    for name in ("SHALA_PUBLIC_BASE_URL", "SHALA_ALLOWED_HOSTS", "SHALA_RAZORPAY_KEY_ID", "SHALA_SMTP_TLS"):
        assert name in done.stderr
