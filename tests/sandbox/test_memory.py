"""What the embedded default's sandbox remembers over a restart, whatever happens to the file."""

import asyncio
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from entrypoints import embedded
from entrypoints.embedded import recalled, remembering
from entrypoints.keeping import replace_file
from entrypoints.sandbox import Sandbox, SandboxConfig

CONFIG = SandboxConfig()


def buy(sandbox: Sandbox) -> str:
    return sandbox._razorpay.account.create_order({"amount": 49900, "currency": "INR"}).id


def orders(sandbox: Sandbox) -> list[str]:
    return list(sandbox._razorpay.account.orders)


class Gone:
    """Something that a later version no longer has."""


def of_a_former_version() -> bytes:
    return pickle.dumps([Gone()]).replace(b"Gone", b"Lost")


def half_of_it() -> bytes:
    """The orders can be taken up, the refunds cannot."""
    sandbox = Sandbox(CONFIG)
    buy(sandbox)
    state = pickle.loads(sandbox.memory())
    return pickle.dumps([state[0], {}, {}, {}])


FOREIGN: dict[str, Callable[[], bytes]] = {
    "empty": bytes,
    "no pickle": lambda: b"not a pickle at all",
    "cut off": lambda: Sandbox(CONFIG).memory()[:-5],
    "another thing": lambda: pickle.dumps({"orders": 3}),
    "of a former version": of_a_former_version,
    "half of it": half_of_it,
}


def test_it_takes_up_what_it_remembered(tmp_path: Path) -> None:
    sandbox = Sandbox(CONFIG)
    order = buy(sandbox)
    replace_file(tmp_path / "sandbox", sandbox.memory())

    with capture_logs() as logs:
        assert orders(recalled(CONFIG, tmp_path / "sandbox")) == [order]

    assert logs == []


@pytest.mark.parametrize("what", FOREIGN)
def test_what_cannot_be_read_is_set_aside_and_said(tmp_path: Path, what: str) -> None:
    file, found = tmp_path / "sandbox", FOREIGN[what]()
    file.write_bytes(found)

    with capture_logs() as logs:
        sandbox = recalled(CONFIG, file)

    assert orders(sandbox) == []
    aside = tmp_path / "sandbox.unreadable"
    assert [(log["event"], log["file"]) for log in logs] == [("sandbox_memory_set_aside", str(aside))]
    assert aside.read_bytes() == found
    assert not file.exists()


class Disk:
    """Counts writes, and fails as often as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.attempts = self.failures = 0
        monkeypatch.setattr(embedded, "replace_file", self.write)
        monkeypatch.setattr(embedded, "REMEMBER_EVERY_S", 0.001)

    def write(self, file: Path, data: bytes) -> None:
        self.attempts += 1
        if self.failures:
            self.failures -= 1
            raise OSError("no space left")
        replace_file(file, data)


async def test_only_what_has_changed_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, sandbox, file = Disk(monkeypatch), Sandbox(CONFIG), tmp_path / "sandbox"
    buy(sandbox)
    async with remembering(sandbox, file):
        await looked(sandbox, monkeypatch, times=3)
    assert (disk.attempts, file.exists()) == (0, False)  # it knew that when it began

    async with remembering(sandbox, file):
        order = buy(sandbox)
        await looked(sandbox, monkeypatch, times=3)
        assert disk.attempts == 1
    assert disk.attempts == 1
    assert orders(recalled(CONFIG, file))[-1] == order


async def test_what_changes_last_is_written_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, sandbox, file = Disk(monkeypatch), Sandbox(CONFIG), tmp_path / "sandbox"
    monkeypatch.setattr(embedded, "REMEMBER_EVERY_S", 3600)

    async with remembering(sandbox, file):
        order = buy(sandbox)

    assert disk.attempts == 1
    assert orders(recalled(CONFIG, file)) == [order]


async def test_a_disk_that_is_full_is_said_once_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, sandbox, file = Disk(monkeypatch), Sandbox(CONFIG), tmp_path / "sandbox"
    disk.failures = 3

    with capture_logs() as logs:
        async with remembering(sandbox, file):
            order = buy(sandbox)
            await looked(sandbox, monkeypatch, times=6)

    assert disk.attempts == 4
    assert [(log["event"], log["log_level"]) for log in logs] == [("sandbox_memory_not_written", "error")]
    assert orders(recalled(CONFIG, file)) == [order]


async def looked(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """Until the memory has been looked at so many times more."""
    seen, enough, memory = 0, asyncio.Event(), sandbox.memory

    def counted() -> Any:
        nonlocal seen
        seen += 1
        if seen > times:
            enough.set()
        return memory()

    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "memory", counted)
        await enough.wait()
