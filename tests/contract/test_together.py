"""Many askers, one statement: everybody gets what was read after they asked, whatever happens to the others."""

import asyncio
from collections.abc import Mapping

import pytest

from adapters.sql.together import MOST_KEYS, Shared, Together


class Source:
    """Answers from `values` as they are when a question comes; waits for `gate`."""

    def __init__(self) -> None:
        self.values: dict[int, str] = {}
        self.asked: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.asking = asyncio.Event()
        self.fail: Exception | None = None

    async def ask(self, keys: list[int]) -> Mapping[int, str]:
        self.asked.append(keys)
        self.asking.set()
        found = {key: self.values[key] for key in keys if key in self.values}
        await self.gate.wait()
        if self.fail is not None:
            raise self.fail
        return found


@pytest.fixture
def source() -> Source:
    return Source()


async def test_who_asks_alone_is_asked_for_at_once(source: Source) -> None:
    together = Together(source.ask)
    source.values[1] = "one"
    assert [await together.get(1), await together.get(2)] == ["one", None]
    assert source.asked == [[1], [2]]


async def test_who_comes_meanwhile_shares_the_next_question_and_sees_what_is_new(source: Source) -> None:
    together = Together(source.ask)
    source.values[1] = "old"
    source.gate.clear()
    first = asyncio.create_task(together.get(1))
    await source.asking.wait()
    source.values[1] = "new"
    later = [asyncio.create_task(together.get(key)) for key in (1, 2, 1)]
    source.gate.set()
    assert await first == "old"
    assert await asyncio.gather(*later) == ["new", None, "new"]
    assert source.asked == [[1], [1, 2, 1]]


async def test_one_after_another_nobody_is_forgotten(source: Source) -> None:
    """Whoever comes just as a question has been answered must not wait for somebody who is gone."""
    together = Together(source.ask)
    source.values = {key: str(key) for key in range(50)}

    async def chain(key: int) -> None:
        for _ in range(20):
            assert await together.get(key) == str(key)
            for _ in range(key % 4):
                await asyncio.to_thread(int)  # some turns of the loop

    async with asyncio.timeout(5):
        await asyncio.gather(*(chain(key) for key in range(50)))


async def test_a_failure_reaches_all_it_concerns_and_nobody_else(source: Source) -> None:
    together = Together(source.ask)
    source.fail = ValueError("no")
    failed = await asyncio.gather(*(together.get(key) for key in range(3)), return_exceptions=True)
    assert failed == [source.fail] * 3
    source.fail = None
    assert await together.get(1) is None


async def test_a_caller_who_leaves_takes_nobody_along(source: Source) -> None:
    together = Together(source.ask)
    source.values[1] = "one"
    source.gate.clear()
    leaving, staying = (asyncio.create_task(together.get(1)) for _ in range(2))
    await source.asking.wait()
    leaving.cancel()
    source.gate.set()
    assert await staying == "one"
    assert leaving.cancelled()


async def test_who_has_waited_too_long_is_told_so_before_being_asked_for(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = Together(source.ask)
    source.gate.clear()
    first = asyncio.create_task(together.get(1))
    await source.asking.wait()
    monkeypatch.setattr("adapters.sql.together.PATIENCE_S", -1.0)
    impatient = asyncio.create_task(together.get(2))
    await asyncio.to_thread(int)
    source.gate.set()
    assert await first is None
    with pytest.raises(TimeoutError):
        await impatient
    assert source.asked == [[1]]


async def test_a_crowd_is_asked_for_in_portions(source: Source) -> None:
    together = Together(source.ask)
    crowd = range(10 * MOST_KEYS)
    source.values = {key: str(key) for key in crowd}
    assert await asyncio.gather(*(together.get(key) for key in crowd)) == [str(key) for key in crowd]
    assert max(len(keys) for keys in source.asked) <= MOST_KEYS


async def test_the_same_question_at_the_same_moment_is_read_once(source: Source) -> None:
    """For those who came while it was read before; each sees what was there after they asked."""
    read = list[str]()

    async def reading(key: str) -> list[str]:
        read.append(key)
        source.asking.set()
        await source.gate.wait()
        return [key]

    shared = Shared(reading)
    source.gate.clear()
    first = asyncio.create_task(shared.get("page 1"))
    await source.asking.wait()
    later = [asyncio.create_task(shared.get("page 1")) for _ in range(20)]
    other = asyncio.create_task(shared.get("page 2"))
    await asyncio.to_thread(int)
    assert read == ["page 1", "page 2"]  # another question waits for nobody
    later[0].cancel()
    source.gate.set()
    assert await first == ["page 1"]
    assert await asyncio.gather(*later[1:]) == [["page 1"]] * 19
    assert await other == ["page 2"]
    assert read == ["page 1", "page 2", "page 1"]
    assert not shared._asked  # nothing is kept
