"""Telling whoever listens now, on every instance. Only a hint: what must not be lost lies in the database."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

Receive: TypeAlias = Callable[[bytes], None]
"""Takes what was published; returns at once and raises nothing."""


class Hub(Protocol):
    """Channels over all instances. What one instance publishes on a channel, its own listeners get at once and in
    order; those of other instances get it later, in order, or not at all.
    """

    def publish(self, channel: str, data: bytes) -> None:
        """Return at once, whatever becomes of it."""
        ...

    async def subscribe(self, channel: str, receive: Receive) -> None:
        """From the return on nothing that other instances publish is missed, as long as the hub is whole.

        Where other instances cannot be heard now, it returns all the same, and they are heard when they can be.
        """
        ...

    def unsubscribe(self, channel: str, receive: Receive) -> None: ...

    @property
    def is_whole(self) -> bool:
        """Whether other instances are heard now."""
        ...

    def on_gap(self, call: Callable[[], None]) -> None:
        """`call` is called when something of other instances may have been missed and they are heard again."""
        ...


class Listeners:
    """Who listens on this instance, by channel: the part that every hub has."""

    def __init__(self) -> None:
        self._by_channel: dict[str, list[Receive]] = {}

    def add(self, channel: str, receive: Receive) -> None:
        self._by_channel.setdefault(channel, []).append(receive)

    def remove(self, channel: str, receive: Receive) -> bool:
        """Whether it was the channel's last."""
        listening = self._by_channel.get(channel, [])
        if receive in listening:
            listening.remove(receive)
            if not listening:
                del self._by_channel[channel]
                return True
        return False

    def has(self, channel: str) -> bool:
        return channel in self._by_channel

    def tell(self, channel: str, data: bytes) -> None:
        for receive in tuple(self._by_channel.get(channel, ())):
            receive(data)

    def channels(self) -> list[str]:
        return list(self._by_channel)
