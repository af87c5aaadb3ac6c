"""Sending, changing and deleting messages; the same for REST and sockets.

Whoever is connected is told after the commit. If the process dies in between, they find it by its number.
"""

from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.errors import AppError, Invalid, NotFound, Unavailable, VersionConflict
from core.hub import Hub
from core.idempotency import Once
from core.transaction import Begin
from modules.community.domain.attachments import LONGEST_NAME, demand_size
from modules.community.domain.chat import (
    Draft,
    Message,
    NoRecipient,
    NotSender,
    demand_pace,
    demand_text,
    same_message,
)
from modules.community.domain.groups import Place, demand_member, demand_voice
from modules.community.events import AttachmentDropped, DirectMessageSent
from modules.community.live import Changed, channels_of, tell
from modules.community.ports import Attachments, ChatStore, KeptFile, SentBefore


class Upload(Struct, frozen=True):
    """A file as it came; its name is for people and says nothing about its type."""

    data: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Chatting:
    begin: Begin[ChatStore]
    attachments: Attachments
    hub: Hub
    clock: Clock

    async def send(
        self, actor: Actor, draft: Draft, *, upload: Upload | None = None, once: Once | None = None
    ) -> tuple[Message, bool]:
        """Write to the class, or to one of its members; the message, and whether it is new. With a `client_id` it is
        sent once, however often it is repeated.

        :raises ClientIdReused: :raises SlowMode: :raises Silenced: :raises NoRecipient: :raises Invalid:
        :raises Unsupported: :raises TooLarge: and what being a member demands.
        """
        if upload is None:
            return await self._send(actor, draft, None, once)
        demand_size(len(upload.data))
        async with self.begin() as store:  # before anything is stored for somebody who may not send it
            demand_voice(await store.place(actor, draft.community_id), self.clock.now())
        kept = await self.attachments.keep(upload.data, upload.name[-LONGEST_NAME:])
        try:
            message, is_new = await self._send(actor, draft, kept, once)
        except Unavailable:
            raise  # the answer to the commit may be what was lost, and the message be there: its file stays
        except AppError:
            await self.attachments.discard(kept.key)
            raise
        if message.attachment_key != kept.key:
            await self.attachments.discard(kept.key)
        return message, is_new

    async def edit(
        self, actor: Actor, message_id: int, message: str, *, version: int | None = None, within: int | None = None
    ) -> Message:
        """Change one's own message; what it said before is kept. A repeat changes nothing. `within` names the community
        in whose chat it must be.

        :raises NotFound: :raises NotSender: :raises VersionConflict: :raises Silenced: :raises Invalid:
        """
        async with self.begin() as store:
            known, place = await _held(store, actor, message_id, within)
            demand_voice(place, self.clock.now())
            if known.sender_id != actor.user_id:
                raise NotSender
            demand_text(message, may_be_empty=known.attachment_key is not None)
            if known.message == message:
                return known
            if version is not None and version != known.version:
                raise VersionConflict
            listeners = await store.listeners(known)
            await store.keep_message(known)
            changed = await store.change_message(
                message_id,
                await store.next_in(known.stream_id),
                message=message,
                is_edited=True,
                edited_at=self.clock.now(),
            )
        tell(self.hub, listeners, Changed(changed, place.email))
        return changed

    async def remove(self, actor: Actor, message_id: int, *, within: int | None = None) -> Message:
        """Delete one's own message, or any as a moderator; a tombstone stays. A repeat changes nothing. `within` names
        the community in whose chat it must be.

        :raises NotFound: :raises NotSender:
        """
        async with self.begin() as store:
            known, place = await _held(store, actor, message_id, within, also_deleted=True)
            if known.is_deleted:
                return known
            if known.sender_id != actor.user_id:
                if not place.is_moderator or known.recipient_id is not None:
                    raise NotSender
                await store.audit(
                    actor_id=actor.user_id,
                    action="message.deleted",
                    target_type="message",
                    target_id=message_id,
                    sender_id=known.sender_id,
                )
            if known.attachment_key is not None:
                await store.emit(AttachmentDropped(key=known.attachment_key))
            listeners = await store.listeners(known)
            dropped = dict.fromkeys(("attachment_key", "attachment_type", "attachment_name"))
            seq = await store.next_in(known.stream_id)
            now = self.clock.now()
            changed = await store.change_message(message_id, seq, is_deleted=True, deleted_at=now, **dropped)
        tell(self.hub, listeners, Changed(changed, ""))
        return changed

    async def discard_attachment(self, key: str) -> None:
        """Reaction: the file of a deleted message goes."""
        await self.attachments.discard(key)

    async def _send(self, actor: Actor, draft: Draft, kept: KeptFile | None, once: Once | None) -> tuple[Message, bool]:
        demand_text(draft.message, may_be_empty=kept is not None)
        if kept is not None:
            draft = replace(draft, message_type=kept.kind)
        try:
            async with self.begin() as store:
                if answered := await store.answered(once, int):
                    return _present(await store.message(answered)), False
                place = demand_voice(await store.place(actor, draft.community_id), self.clock.now())
                if draft.client_id and (known := await store.sent(actor.user_id, draft.client_id)):
                    repeated = same_message(known, draft)
                    await store.answer(once, repeated.id)
                    return repeated, False
                sent = await self._write(store, actor, place, draft, kept)
                await store.answer(once, sent.id)
        except SentBefore:  # by a parallel call: the number that was taken here is given back with the transaction
            async with self.begin() as store:
                parallel = await store.sent(actor.user_id, draft.client_id or "")
            return same_message(_present(parallel), draft), False
        tell(self.hub, channels_of(sent), Changed(sent, place.email))  # the recipient was seen to be a member
        return sent, True

    async def _write(
        self, store: ChatStore, actor: Actor, place: Place, draft: Draft, kept: KeptFile | None
    ) -> Message:
        if draft.recipient_id is None:
            await self._keep_pace(store, place, actor)
        else:
            await _demand_recipient(store, actor, draft)
        await _demand_reply(store, actor, draft)
        if draft.recipient_id is None:
            stream_id, seq = await store.next_in_community(draft.community_id)
        else:
            stream_id, seq = await store.next_between(draft.community_id, actor.user_id, draft.recipient_id)
        file: dict[str, str | None] = {"attachment_key": None, "attachment_type": None, "attachment_name": None}
        if kept is not None:
            file = {
                "attachment_key": kept.key,
                "attachment_type": kept.mime_type,
                "attachment_name": kept.name,
            }
        sent = await store.add_message(
            **{**_fields(draft), **file}, stream_id=stream_id, sender_id=actor.user_id, seq=seq
        )
        if draft.recipient_id is not None:
            await store.emit(
                DirectMessageSent(
                    message_id=sent.id,
                    community_id=draft.community_id,
                    sender_id=actor.user_id,
                    recipient_id=draft.recipient_id,
                )
            )
        return sent

    async def _keep_pace(self, store: ChatStore, place: Place, actor: Actor) -> None:
        if place.group.slow_mode_seconds and not place.is_moderator:
            # two calls at once must not both be the first: the member's row makes them take turns
            last = await store.last_sent(place.group.id, actor.user_id)
            demand_pace(place, last, self.clock.now())


def _fields(draft: Draft) -> dict[str, object]:
    return {name: getattr(draft, name) for name in Draft.__struct_fields__}


def _present(message: Message | None) -> Message:
    if message is None:
        raise NotFound
    return message


async def _demand_recipient(store: ChatStore, actor: Actor, draft: Draft) -> None:
    if draft.recipient_id == actor.user_id:
        raise Invalid.field("recipient_id", "This is you.")
    other = await store.place_of(draft.recipient_id or 0, draft.community_id)
    if other is None or not other.is_member:
        raise NoRecipient


async def _demand_reply(store: ChatStore, actor: Actor, draft: Draft) -> None:
    if draft.reply_to_id is None:
        return
    known = await store.message(draft.reply_to_id)
    is_there = known is not None and not known.is_deleted and known.community_id == draft.community_id
    between = {actor.user_id, draft.recipient_id} if draft.recipient_id else None
    if known is None or not is_there or _between(known) != between:
        raise Invalid.field("reply_to_id", "There is no such message in this conversation.")


def _between(message: Message) -> set[int | None] | None:
    return None if message.recipient_id is None else {message.sender_id, message.recipient_id}


async def _held(
    store: ChatStore, actor: Actor, message_id: int, within: int | None, *, also_deleted: bool = False
) -> tuple[Message, Place]:
    """A message that the caller sees, held until the end, and the caller's place in its group.

    :raises NotFound: and what being a member demands.
    """
    known = await store.message(message_id, lock=True)
    if known is None or not known.is_seen_by(actor.user_id) or not known.is_within(within):
        raise NotFound
    place = demand_member(await store.place(actor, known.community_id))
    if known.is_deleted and not also_deleted:
        raise NotFound
    return known, place
