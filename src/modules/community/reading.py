"""How far members have read, and how far messages have come to their devices; senders are told."""

from dataclasses import dataclass

from msgspec import Struct

from core.actor import Actor
from core.errors import NotFound
from core.hub import Hub
from core.transaction import Begin
from modules.community.domain.chat import MOST_READERS, Message, MessageStatus, Pointer
from modules.community.domain.groups import demand_member
from modules.community.live import Moved, Note, Told, community_channel, tell
from modules.community.ports import ReadingStore

MOST_TOLD = 100
"""Senders are told of so many of their messages at once, the newest."""


class Reached(Struct, frozen=True):
    """A member's device has everything up to this number."""

    user_id: int
    seq: int


@dataclass(frozen=True, slots=True)
class Reading:
    begin: Begin[ReadingStore]
    hub: Hub

    async def read(self, actor: Actor, message_id: int, *, within: int | None = None) -> tuple[Message, Pointer]:
        """Move one's pointer up to this message, never back; where it stands then. `within` names the community in
        whose chat it must be.

        :raises NotFound: and what being a member demands.
        """
        notes: list[Note] = []
        listeners: list[str] = []
        async with self.begin() as store:
            known = await store.message(message_id)
            if known is None or not known.is_seen_by(actor.user_id) or not known.is_within(within):
                raise NotFound
            place = demand_member(await store.place(actor, known.community_id))
            former = await store.pointer(known.stream_id, actor.user_id)
            pointer = await store.move_pointer(known, actor.user_id)
            before = former.last_read_seq if former else 0
            if pointer.last_read_seq > before:
                listeners = await store.listeners(known)
                is_small = known.recipient_id is not None or place.group.member_count <= MOST_READERS
                notes = [*await _read_first(store, known, actor.user_id, before)]
                if is_small:
                    notes += [
                        Moved(known.community_id, actor.user_id, pointer.last_read_seq),
                        *await _read_again(store, known, actor),
                    ]
        for note in notes:
            tell(self.hub, listeners, note)
        return known, pointer

    async def deliver(self, community_id: int, reached: list[Reached]) -> None:
        """Note how far the community's stream has come to members' devices; only what is further is written."""
        notes: list[Told] = []
        async with self.begin() as store:
            stream_id, newest = await store.stream(community_id)
            former = await store.furthest(stream_id)
            further = former
            for one in reached:
                seq = min(one.seq, newest)  # nobody has what was not sent
                further = further.after(one.user_id, seq)
            if further == former:
                return
            await store.set_furthest(stream_id, further)
            since = min(former.seq, former.second_seq)
            read = await store.top_pointers(stream_id)
            for sent in await store.sent_between(stream_id, since, further.seq, MOST_TOLD):
                known = max(former.beside(sent.sender_id), _beside(read, sent.sender_id))
                if known < sent.seq <= further.beside(sent.sender_id):
                    notes.append(Told(sent.id, sent.sender_id, MessageStatus.DELIVERED, 0))
        for note in notes:
            tell(self.hub, [community_channel(community_id)], note)


async def _read_first(store: ReadingStore, known: Message, reader_id: int, before: int) -> list[Told]:
    """The messages that nobody else had read before this reader came past them."""
    others = [one for one in await store.top_pointers(known.stream_id) if one[0] != reader_id]
    lowest = min((seq for _, seq in others[:2]), default=0) if len(others) > 1 else 0
    passed = await store.sent_between(known.stream_id, max(before, lowest), known.seq, MOST_TOLD)
    return [
        Told(sent.id, sent.sender_id, MessageStatus.READ, 1)
        for sent in passed
        if sent.sender_id != reader_id and sent.seq > _beside(others, sent.sender_id)
    ]


async def _read_again(store: ReadingStore, known: Message, actor: Actor) -> list[Told]:
    """How many have read the very message that the reader named, unless this is the first."""
    if known.sender_id == actor.user_id or known.is_deleted:
        return []
    count = await store.read_by(known)
    return [Told(known.id, known.sender_id, MessageStatus.READ, count)] if count > 1 else []


def _beside(pointers: list[tuple[int, int]], sender_id: int) -> int:
    """How far the furthest member other than the sender has read."""
    return next((seq for user_id, seq in pointers if user_id != sender_id), 0)
