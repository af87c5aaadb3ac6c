"""The image and the topology: what can be held to account without a container engine."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from deployment.deployed import COMPOSE, COMPOSE_TEXT, DOCKERFILE, ROOT, SERVICES, VALUES, Asked, interpolated, serving

OURS = {"web1", "web2", "worker", "migrate", "sandbox"}
HADOLINT = Path(sys.executable).with_name("hadolint")

REQUIRED = re.compile(r"\$\{\w+:\?[^}]*\}")
NO_LITERAL = re.compile(r"\$\{\w+(?::\?[^}]*|:-)\}")
SECRET = re.compile(r"SECRET|PASSWORD|TOKEN(?!S)|AUTH|ACCESS_KEY|KEY_ID")


def settings_of(service: str, **values: str) -> dict[str, str]:
    environment = SERVICES[service]["environment"]
    return {name: interpolated(text, VALUES | values) for name, text in environment.items()}


# --- the image -------------------------------------------------------------------------------------------------------


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    joined = dockerfile.replace("\\\n", "")
    lines = [line.strip() for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def final_stage(dockerfile: str) -> dict[str, list[str]]:
    stage: dict[str, list[str]] = {}
    for name, rest in instructions(dockerfile):
        if name == "FROM":
            stage = {}
        stage.setdefault(name, []).append(rest)
    return stage


def test_hadolint_finds_nothing() -> None:
    result = subprocess.run(
        [HADOLINT, "--failure-threshold", "style", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_hadolint_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:latest\nRUN sudo pip install x\n")
    assert subprocess.run([HADOLINT, tmp_path / "Dockerfile"], capture_output=True, check=False).returncode != 0


def test_every_silenced_finding_has_a_reason() -> None:
    silenced = [line for line in DOCKERFILE.splitlines() if "hadolint ignore" in line]
    assert [line for line in silenced if not re.search(r"ignore=[\w,]+\s+#?\s*\w+", line)] == []


def test_the_image_installs_only_what_is_hashed() -> None:
    installs = [
        rest for name, rest in instructions(DOCKERFILE) if name == "RUN" and "pip" in rest and "install" in rest
    ]
    of_packages = [rest for rest in installs if "uninstall" not in rest]
    assert [("--require-hashes" in rest or "--no-deps --no-build-isolation" in rest) for rest in of_packages] == [
        True
    ] * 2


def test_the_service_is_nobody_in_a_stage_without_tools() -> None:
    stage = final_stage(DOCKERFILE)
    (user,) = stage["USER"]
    assert int(user.split(":")[0]) >= 10_000
    assert [run for run in stage["RUN"] if re.search(r"apt|gcc|build-essential|pip install|curl|wget", run)] == []
    assert stage["ENTRYPOINT"] == ['["shala"]']
    assert stage["CMD"] == ['["web"]']
    assert stage["EXPOSE"] == ["8000"]
    assert "PYTHONDONTWRITEBYTECODE=1" in stage["ENV"][0]
    assert "org.opencontainers.image.title" in stage["LABEL"][0]


def test_the_image_refuses_to_serve_until_it_is_told_as_what(tmp_path: Path) -> None:
    """SHALA_ENV forgotten, it must not become a school without a worker that believes every Host."""
    stage = final_stage(DOCKERFILE)
    own = dict(word.split("=", 1) for word in stage["ENV"][0].split() if word.startswith("SHALA_"))
    environment = {"PATH": os.environ["PATH"], **own, "SHALA_DATA_DIR": str(tmp_path / "data")}
    shala = Path(sys.executable).with_name(json.loads(stage["ENTRYPOINT"][0])[0])

    done = subprocess.run(
        [shala, *json.loads(stage["CMD"][0])], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 78
    assert "set SHALA_ENV=staging or SHALA_ENV=production" in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    copied = [
        source
        for name, rest in instructions(DOCKERFILE)
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    assert rules[0] == "*"
    assert set(copied) == {rule[1:] for rule in rules if rule.startswith("!")}
    assert any(fnmatch("src/core/__pycache__", rule) for rule in rules[1:])


@pytest.fixture
def live() -> Iterator[tuple[int, list[Asked], list[int]]]:
    """A service that answers as it is told; which port, what it was asked, which statuses come next."""
    asked: list[Asked] = []
    statuses: list[int] = []
    with serving(asked, statuses) as port:
        yield port, asked, statuses


def test_the_probe_asks_for_an_allowed_host_and_believes_the_status(live: tuple[int, list[Asked], list[int]]) -> None:
    port, asked, statuses = live
    (probe,) = final_stage(DOCKERFILE)["HEALTHCHECK"]
    command = json.loads(probe[probe.index("CMD") + 4 :])
    environment = {
        "PATH": os.environ["PATH"],
        "SHALA_PORT": str(port),
        "SHALA_ALLOWED_HOSTS": "api.school.test, other.test",
        "http_proxy": "http://127.0.0.1:9",
    }

    def probed() -> int:
        return subprocess.run(
            [sys.executable, *command[1:]], env=environment, check=False, capture_output=True
        ).returncode

    assert command[0] == "python"
    assert probed() == 0
    assert asked == [Asked("/health/live/", asked[0].headers)]
    assert asked[0].headers["host"] == "api.school.test"

    statuses.append(503)
    assert probed() != 0


# --- the topology ----------------------------------------------------------------------------------------------------


def literal_secrets(services: Mapping[str, Any]) -> list[str]:
    """Where a secret stands in the file instead of in the environment, or has a default."""
    return [
        f"{service}: {name}"
        for service, described in services.items()
        for name, value in (described.get("environment") or {}).items()
        if (SECRET.search(name) and not NO_LITERAL.fullmatch(str(value)))
        or any(not REQUIRED.fullmatch(password) for password in re.findall(r"://[^:/@]*:(.+)@", str(value)))
    ]


def softness(service: Mapping[str, Any]) -> set[str]:
    """What of the hardening is missing."""
    found = {
        "read-only root": service.get("read_only") is True,
        "no capabilities": service.get("cap_drop") == ["ALL"] and not service.get("cap_add"),
        "no new privileges": "no-new-privileges:true" in service.get("security_opt", []),
        "a user that is not root": int(str(service.get("user", "0")).split(":")[0]) > 0,
        "a tmp": any(str(mount).split(":")[0] == "/tmp" for mount in service.get("tmpfs", [])),
        "a restart policy": "restart" in service,
        "time to stop": service.get("stop_grace_period") == "30s",
        "a healthcheck": "healthcheck" in service or service.get("command") == ["web"],
        "not privileged": not service.get("privileged"),
    }
    return {name for name, is_so in found.items() if not is_so}


def test_one_image_serves_every_role() -> None:
    assert len({SERVICES[name]["image"] for name in OURS}) == 1
    assert {SERVICES[name]["user"] for name in OURS} == {"10001:10001"}
    assert {name: SERVICES[name]["command"][0] for name in OURS} == {
        "web1": "web",
        "web2": "web",
        "worker": "worker",
        "migrate": "migrate",
        "sandbox": "sandbox",
    }
    assert SERVICES["sandbox"]["profiles"] == ["staging"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name: str) -> None:
    assert softness(SERVICES[name]) == set()


def test_softness_is_seen() -> None:
    assert "read-only root" in softness({"image": "x"})
    assert "no capabilities" in softness({**SERVICES["web1"], "cap_add": ["NET_ADMIN"]})
    assert "a user that is not root" in softness({**SERVICES["web1"], "user": "0:0"})


def test_no_secret_stands_in_the_file() -> None:
    assert literal_secrets(SERVICES) == []
    assert re.findall(r"^\s*requirepass (?!\$\{\w+:\?)", COMPOSE["configs"]["redis"]["content"], re.MULTILINE) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHALA_SECRET_KEY", "0123456789"),
        ("SHALA_SECRET_KEY", "${SHALA_SECRET_KEY:-0123456789}"),
        ("POSTGRES_PASSWORD", "postgres"),
        ("SHALA_DATABASE_URL", "postgresql+asyncpg://shala:shala@postgres/shala"),
        ("SHALA_REDIS_URL", "redis://:${REDIS_PASSWORD:-redis}@redis"),
    ],
)
def test_a_planted_secret_is_seen(name: str, value: str) -> None:
    assert literal_secrets({"web": {"environment": {name: value}}})


def test_every_variable_is_a_documented_setting() -> None:
    from entrypoints.settings import VARIABLES

    used = set(re.findall(r"\bSHALA_[A-Z0-9_]+", COMPOSE_TEXT + DOCKERFILE))
    assert used - {variable.name for variable in VARIABLES} == set()


@pytest.mark.parametrize("service", ["web1", "worker", "migrate"])
def test_production_starts_on_these_settings(service: str) -> None:
    from entrypoints.settings import load

    settings = load(settings_of(service))
    assert settings.env == "production"
    assert settings.trusted_proxies == SERVICES["nginx"]["networks"]["front"]["ipv4_address"]


def test_staging_starts_on_these_settings() -> None:
    from entrypoints.settings import load

    settings = load(
        settings_of(
            "web1",
            SHALA_ENV="staging",
            SHALA_RAZORPAY_KEY_ID="rzp_test_abcdefghijklmn",
            SHALA_RAZORPAY_BASE_URL="http://sandbox:8001",
            SHALA_SANDBOX_URL="http://sandbox:8001",
            SHALA_SMTP_HOST="sandbox",
            SHALA_SMTP_PORT="1025",
            SHALA_SMTP_TLS="off",
        )
    )
    assert settings.env == "staging"


@pytest.mark.parametrize("missing", VALUES)
def test_nothing_starts_without_what_is_required(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        interpolated(COMPOSE_TEXT, {name: value for name, value in VALUES.items() if name != missing})


def test_the_schema_is_there_before_anybody_uses_it() -> None:
    for name in ("web1", "web2", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_the_databases_are_reached_by_the_service_only() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"nginx", "sandbox"}
    assert COMPOSE["networks"]["data"]["internal"] is True
    assert {name for name, service in SERVICES.items() if "data" in service["networks"]} == {
        *("web1", "web2", "worker", "migrate"),
        *("postgres", "redis"),
    }
    assert "postgres:/var/lib/postgresql" in SERVICES["postgres"]["volumes"]


def test_redis_keeps_nothing_and_drops_nothing() -> None:
    lines = COMPOSE["configs"]["redis"]["content"].splitlines()
    assert {'save ""', "appendonly no", "maxmemory-policy noeviction"} <= set(lines)
