"""How a message looks to those whom it is told."""

from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from core.errors import Unavailable
from entrypoints.http.messages_wire import masked
from entrypoints.ws.outgoing import ChatMessage, DirectMessage, MessageDeleted, MessageUpdated
from modules.community.domain.chat import Message
from modules.community.live import Changed
from modules.community.ports import Attachments

Event = ChatMessage | MessageUpdated | MessageDeleted


@dataclass(frozen=True, slots=True)
class Rendering:
    attachments: Attachments
    masks_emails: bool

    def event(self, changed: Changed, *, own: bool, since: int | None = None) -> Event:
        """What became of the message, as its sender sees it or as others do.

        By itself a change is what it was: sent, edited or deleted. To somebody who has come up to `since`, a message
        above it is new, however often it was edited since.
        """
        message = changed.message
        if message.is_deleted:
            return _deleted(message)
        is_new = message.change_seq == message.seq if since is None else message.seq > since
        values = self._values(changed, own=own)
        if not is_new:
            recipient = UNSET if message.recipient_id is None else message.recipient_id
            values["seq"] = message.change_seq
            return MessageUpdated(**values, at=message.updated_at, recipient_id=recipient)
        if message.recipient_id is None:
            return ChatMessage(**values)
        return DirectMessage(**values, recipient_id=message.recipient_id)

    def _values(self, changed: Changed, *, own: bool) -> dict[str, Any]:
        message = changed.message
        optional = {
            "client_id": message.client_id if own else None,
            "reply_to": message.reply_to_id,
            "attachment": self._link(message),
            "attachment_type": message.attachment_type,
            "attachment_name": message.attachment_name,
        }
        return {
            "message_id": message.id,
            "message": message.message,
            "message_type": message.message_type,
            "sender_id": message.sender_id,
            "sender_email": masked(changed.sender_email) if self.masks_emails and not own else changed.sender_email,
            "created_at": message.created_at,
            "community_id": message.community_id,
            "seq": message.seq,
            "version": message.version,
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _link(self, message: Message) -> str | None:
        """Without an address where the store cannot sign one now: clients load the message over REST then."""
        try:
            return self.attachments.link(message)
        except Unavailable:
            return None


def _deleted(message: Message) -> MessageDeleted:
    return MessageDeleted(
        message_id=message.id,
        community_id=message.community_id,
        seq=message.change_seq,
        version=message.version,
        at=message.deleted_at or message.updated_at,
        sender_id=message.sender_id,
        recipient_id=UNSET if message.recipient_id is None else message.recipient_id,
    )
