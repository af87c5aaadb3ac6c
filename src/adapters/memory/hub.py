"""The hub of one process: there is nobody else to tell."""

from collections.abc import Callable

from core.hub import Listeners, Receive


class MemoryHub:
    def __init__(self) -> None:
        self._listeners = Listeners()

    is_whole = True

    def publish(self, channel: str, data: bytes) -> None:
        self._listeners.tell(channel, data)

    async def subscribe(self, channel: str, receive: Receive) -> None:
        self._listeners.add(channel, receive)

    def unsubscribe(self, channel: str, receive: Receive) -> None:
        self._listeners.remove(channel, receive)

    def on_gap(self, call: Callable[[], None]) -> None:
        """There are none."""

    async def close(self) -> None:
        """Nothing is open."""
