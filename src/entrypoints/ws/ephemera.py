"""What passes: who types, who has read how far, who is online. Nobody is told of it later."""

import asyncio
from collections.abc import Callable, Iterable

from entrypoints.ws.connection import Connection
from entrypoints.ws.outgoing import (
    Presence,
    PresenceState,
    ReadUpTo,
    Receipts,
    Status,
    Told,
    Typing,
    UserJoined,
    UserLeft,
    frame,
)
from modules.community import live
from modules.community.live import Moved, Present

TYPING_MS = 3000
LASTS_S = 4.0
"""A little longer than its end takes to come."""
GATHERED_S = 1.0
MOST_TYPING = 10
MOST_SINGLE = 100
"""Up to so many online members each coming and going is told."""
Each = Callable[..., Iterable[Connection]]
Of = Callable[[int], Iterable[Connection]]


class Ephemera:
    """Tells the sockets of one community. What would be told too often is gathered for a second."""

    def __init__(self, community_id: int, each: Each, of: Of) -> None:
        self._community_id = community_id
        self._each = each
        self._of = of
        self._typing: dict[int, float] = {}
        """Who types, and until when at most: the note of its end may be lost."""
        self._moved: dict[int, int] = {}
        self._crowd: Present | None = None
        self._gathering: asyncio.TimerHandle | None = None

    def take(self, note: live.Typing | live.Told | Moved | Present) -> None:
        match note:
            case live.Typing():
                self._type(note)
            case live.Told():
                self._tell_sender(note)
            case Moved():
                self._moved[note.user_id] = max(note.last_read_seq, self._moved.get(note.user_id, 0))
                self._gather()
            case Present() if note.count > MOST_SINGLE:
                self._crowd = note
                self._gather()
            case Present():
                self._tell_of_one(note)

    def is_noisy(self, user_id: int) -> bool:
        """So many type already that one more is not told."""
        now = asyncio.get_running_loop().time()
        self._typing = {one: until for one, until in self._typing.items() if until > now}
        return len(self._typing) >= MOST_TYPING and user_id not in self._typing

    def began_just_now(self, user_id: int, within: float) -> bool:
        """Whether it was told less than so many seconds ago that the user types, on whichever device."""
        until = self._typing.get(user_id)
        return until is not None and until - LASTS_S > asyncio.get_running_loop().time() - within

    def stopped_typing(self, user_id: int) -> None:
        """Who has sent what they typed types no more; their message says so."""
        self._typing.pop(user_id, None)

    def close(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()

    def _type(self, note: live.Typing) -> None:
        if note.is_typing:
            self._typing[note.user_id] = asyncio.get_running_loop().time() + LASTS_S
        elif self._typing.pop(note.user_id, None) is None:
            return  # the end of what was not told, or has ended
        self._tell(Typing(note.user_id, note.is_typing, TYPING_MS, self._community_id), but=note.user_id)

    def _tell_sender(self, note: live.Told) -> None:
        told = frame(Status(note.message_id, note.status, note.read_by))
        for connection in self._of(note.sender_id):
            connection.offer(told, is_passing=True)

    def _tell_of_one(self, note: Present) -> None:
        told = Presence("joined" if note.is_online else "left", note.user_id, note.version)
        self._tell(told, version=2, but=note.user_id)
        older = UserJoined if note.is_online else UserLeft
        self._tell(older(note.user_id, self._community_id), version=1, but=note.user_id)

    def _gather(self) -> None:
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHERED_S, self._tell_gathered)

    def _tell_gathered(self) -> None:
        self._gathering = None
        if self._moved:
            items = [ReadUpTo(user_id, seq) for user_id, seq in self._moved.items()]
            self._moved = {}
            self._tell(Receipts(items, self._community_id), version=2)
        if self._crowd is not None:
            told, self._crowd = PresenceState(self._crowd.version, self._crowd.count, None), None
            self._tell(told, version=2)

    def _tell(self, told: Told, *, version: int | None = None, but: int | None = None) -> None:
        made = frame(told)
        for connection in self._each(version):
            if connection.user_id != but:
                connection.offer(made, is_passing=True)
