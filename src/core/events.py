"""Facts that modules announce, and how others react to them.

Events hold ids and what happened, never personal data: they are stored and may be logged.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Protocol

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True):
    """Base of every fact; subclasses live in a module's events.py and are named in the past tense."""

    name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.name = f"{cls.__module__.split('.')[-2]}.{cls.__name__}"


class Emits(Protocol):
    """The part of every store that announces facts within its transaction."""

    async def emit(self, event: Event) -> None:
        """Announce a fact: reactions *within* run now, in this transaction; those *after* it are queued with it."""
        ...


class Reaction(Struct, frozen=True):
    """One thing that happens because of one kind of fact.

    `call` takes the open transaction and the fact; it opens none and calls nothing outside. A reaction `outside`
    takes the fact alone, may call the world, and must bear being run twice. `name` is stored in the outbox and
    must not change while rows wait.
    """

    name: str
    event: type[Event]
    call: Callable[..., Awaitable[None]]
    outside: bool = False


class Reactions(Struct, frozen=True):
    """The choreography as data: what runs within a fact's transaction, and what after it, by event."""

    within: Mapping[type[Event], tuple[Reaction, ...]]
    after: Mapping[type[Event], tuple[Reaction, ...]]

    @classmethod
    def of(cls, *, within: tuple[Reaction, ...], after: tuple[Reaction, ...]) -> "Reactions":
        def by_event(reactions: tuple[Reaction, ...]) -> dict[type[Event], tuple[Reaction, ...]]:
            events = {reaction.event for reaction in reactions}
            return {event: tuple(r for r in reactions if r.event is event) for event in events}

        return cls(by_event(within), by_event(after))

    def named(self) -> dict[str, Reaction]:
        """The reactions that run after, by the name that the outbox stores."""
        return {reaction.name: reaction for reactions in self.after.values() for reaction in reactions}


class Wakes(Protocol):
    """Tells the workers that the outbox has something new. Only a hint: they also look by themselves."""

    def wake(self) -> None:
        """Return at once, whatever happens to the hint."""
        ...
