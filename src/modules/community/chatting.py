"""Sending, changing and reading messages; the same for REST and sockets."""

from dataclasses import dataclass

from core.actor import Actor
from core.clock import Clock
from core.errors import Invalid, NotFound, VersionConflict
from core.idempotency import Once
from core.transaction import Begin
from modules.community.domain.chat import (
    Message,
    MessageType,
    NotSender,
    Pointer,
    demand_pace,
    demand_text,
    same_message,
)
from modules.community.domain.groups import Place, demand_member, demand_voice
from modules.community.ports import ChatStore, SentBefore


@dataclass(frozen=True, slots=True)
class Chatting:
    begin: Begin[ChatStore]
    clock: Clock

    async def send(
        self,
        actor: Actor,
        community_id: int,
        message: str,
        *,
        message_type: MessageType = MessageType.TEXT,
        reply_to_id: int | None = None,
        client_id: str | None = None,
        once: Once | None = None,
    ) -> tuple[Message, bool]:
        """Write to the class; the message, and whether it is new. With a `client_id` it is sent once, however often
        it is repeated.

        :raises ClientIdReused: :raises SlowMode: :raises Silenced: :raises Invalid: and what being a member demands.
        """
        demand_text(message)
        try:
            async with self.begin() as store:
                if answered := await store.answered(once, int):
                    return _present(await store.message(answered)), False
                place = demand_voice(await store.place(actor, community_id), self.clock.now())
                if client_id and (known := await store.sent(actor.user_id, client_id)):
                    repeated = same_message(known, message, message_type, reply_to_id)
                    await store.answer(once, repeated.id)
                    return repeated, False
                await self._keep_pace(store, place, actor)
                await _demand_reply(store, community_id, reply_to_id)
                stream_id, seq = await store.next_seq(community_id)
                sent = await store.add_message(
                    stream_id=stream_id,
                    community_id=community_id,
                    sender_id=actor.user_id,
                    seq=seq,
                    client_id=client_id,
                    message=message,
                    message_type=message_type,
                    reply_to_id=reply_to_id,
                )
                await store.answer(once, sent.id)
                return sent, True
        except SentBefore:  # by a parallel call: the number that was taken here is given back with the transaction
            async with self.begin() as store:
                parallel = await store.sent(actor.user_id, client_id or "")
            return same_message(_present(parallel), message, message_type, reply_to_id), False

    async def edit(self, actor: Actor, message_id: int, message: str, *, version: int | None = None) -> Message:
        """Change one's own message; what it said before is kept.

        :raises NotFound: :raises NotSender: :raises VersionConflict: :raises Silenced: :raises Invalid:
        """
        demand_text(message)
        async with self.begin() as store:
            known, place = await _numbered(store, actor, message_id)
            demand_voice(place, self.clock.now())
            if known.sender_id != actor.user_id:
                raise NotSender
            if version is not None and version != known.version:
                raise VersionConflict
            if known.message == message:
                return known
            await store.keep_message(known)
            _, seq = await store.next_seq(known.community_id)
            now = self.clock.now()
            return await store.change_message(message_id, seq, message=message, is_edited=True, edited_at=now)

    async def remove(self, actor: Actor, message_id: int) -> Message:
        """Delete one's own message, or any as a moderator; a tombstone stays. A repeat changes nothing.

        :raises NotFound: :raises NotSender:
        """
        async with self.begin() as store:
            known, place = await _numbered(store, actor, message_id, also_deleted=True)
            if known.is_deleted:
                return known
            if known.sender_id != actor.user_id:
                if not place.is_moderator:
                    raise NotSender
                await store.audit(
                    actor_id=actor.user_id,
                    action="message.deleted",
                    target_type="message",
                    target_id=message_id,
                    sender_id=known.sender_id,
                )
            _, seq = await store.next_seq(known.community_id)
            return await store.change_message(message_id, seq, is_deleted=True, deleted_at=self.clock.now())

    async def read(self, actor: Actor, message_id: int) -> tuple[Message, Pointer]:
        """Move one's pointer up to this message, never back; where it stands then.

        :raises NotFound: and what being a member demands.
        """
        async with self.begin() as store:
            known = await store.message(message_id)
            if known is None:
                raise NotFound
            demand_member(await store.place(actor, known.community_id))
            return known, await store.move_pointer(known, actor.user_id)

    async def _keep_pace(self, store: ChatStore, place: Place, actor: Actor) -> None:
        if place.group.slow_mode_seconds and not place.is_moderator:
            # two calls at once must not both be the first: the member's row makes them take turns
            last = await store.last_sent(place.group.id, actor.user_id)
            demand_pace(place, last, self.clock.now())


def _present(message: Message | None) -> Message:
    if message is None:
        raise NotFound
    return message


async def _demand_reply(store: ChatStore, community_id: int, reply_to_id: int | None) -> None:
    if reply_to_id is None:
        return
    known = await store.message(reply_to_id)
    if known is None or known.community_id != community_id or known.is_deleted:
        raise Invalid.field("reply_to_id", "There is no such message in this community.")


async def _numbered(
    store: ChatStore, actor: Actor, message_id: int, *, also_deleted: bool = False
) -> tuple[Message, Place]:
    """A message, held until the end, and the caller's place in its group.

    :raises NotFound: and what being a member demands.
    """
    known = await store.message(message_id, lock=True)
    if known is None:
        raise NotFound
    place = demand_member(await store.place(actor, known.community_id))
    if known.is_deleted and not also_deleted:
        raise NotFound
    return known, place
