"""Limits counted within one process."""

from types import SimpleNamespace

import pytest

from adapters.limiting import RateLimits


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    made = Seconds()
    monkeypatch.setattr("adapters.limiting.time", SimpleNamespace(monotonic=made.monotonic))
    return made


async def test_a_window_lasts_from_the_first_call(seconds: Seconds) -> None:
    limits = RateLimits()
    assert [await limits.hit("login", "asha", most=2, seconds=60) for _ in range(3)] == [0, 0, 60]
    seconds.now += 45
    assert await limits.hit("login", "asha", most=2, seconds=60) == 15
    assert await limits.hit("login", "ravi", most=2, seconds=60) == 0
    assert await limits.hit("codes", "asha", most=2, seconds=60) == 0
    seconds.now += 15
    assert [await limits.hit("login", "asha", most=2, seconds=60) for _ in range(3)] == [0, 0, 60]


async def test_windows_that_are_over_take_no_memory(seconds: Seconds) -> None:
    limits = RateLimits()
    for number in range(1000):
        await limits.hit("address", f"a{number}", most=5, seconds=60)
    await limits.hit("hourly", "asha", most=1, seconds=3600)
    seconds.now += 61
    await limits.hit("address", "one", most=5, seconds=60)
    assert len(limits._home._windows) == 2
    assert await limits.hit("hourly", "asha", most=1, seconds=3600) > 3000
