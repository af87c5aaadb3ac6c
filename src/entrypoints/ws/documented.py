"""The sockets' AsyncAPI document, made of the frames themselves."""

import functools
from typing import Any

import msgspec

from entrypoints.ws.closing import Code
from entrypoints.ws.incoming import OnChat, OnNotifications, Said
from entrypoints.ws.outgoing import (
    Ack,
    Attendance,
    AuthExpiring,
    AuthRefreshed,
    ChatMessage,
    DirectMessage,
    Error,
    MessageDeleted,
    MessageUpdated,
    Notification,
    NotificationRead,
    Ping,
    Presence,
    PresenceState,
    Receipts,
    Resume,
    Resync,
    Status,
    Told,
    Typing,
    UnreadCount,
    UserJoined,
    UserLeft,
    Welcome,
)

ALWAYS = (Welcome, Ack, Status, Receipts, AuthExpiring, AuthRefreshed, Ping, Error, MessageUpdated, MessageDeleted)
ON_CHAT = (*ALWAYS, ChatMessage, Resume, Resync, PresenceState, Presence, UserJoined, UserLeft, Typing)
ON_NOTIFICATIONS = (*ALWAYS, DirectMessage, Notification, NotificationRead, UnreadCount, Attendance, Resync)
OF_VERSION_1 = (Notification, ChatMessage, MessageUpdated, MessageDeleted, Typing, UserJoined, UserLeft, Status, Error)
REF = "#/components/schemas/{name}"
MEANING = {
    Code.RESTART: "the instance stops: come again, with jitter",
    Code.INTERNAL: "a fault of ours: come again, with jitter",
    Code.TOO_SLOW: "did not keep up: come again and resume",
    Code.NO_ANSWER: "no answer to a ping: come again and resume",
    Code.TOO_FAST: "over the rate for long: come again later",
    Code.BAD_FRAMES: "too many faulty frames: give up",
    Code.NO_LOGIN: "token missing, bad or expired, or the login has ended: refresh it first",
    Code.ACCESS_LOST: "membership_lost, enrolment_expired, banned or account_disabled: give up",
    Code.NOT_FOUND: "no such community: give up",
    Code.TOO_MANY: "too many sockets of one user: give up",
}
TOKEN = {
    "type": "object",
    "description": (
        "Or the access token in `Authorization: Bearer`, or as the second of the offered subprotocols "
        "`bearer, <token>`. "
        "A refusal is accepted first, told in an `error` frame, and then closed."
    ),
    "properties": {
        "ticket": {"type": "string", "description": "Of POST /api/accounts/ws-ticket/: good once, for 30 s"},
        "token": {"type": "string", "description": "An access token"},
        "v": {"type": "string", "enum": ["1", "2"], "description": "2, or a first frame `hello`, opts in"},
    },
}


@functools.cache
def _schemas() -> tuple[dict[type, dict[str, Any]], dict[str, Any]]:
    kinds = [*_unique(OnChat.__args__ + OnNotifications.__args__), *_unique((*ON_CHAT, *ON_NOTIFICATIONS))]
    made, components = msgspec.json.schema_components(kinds, ref_template=REF)
    return dict(zip(kinds, made, strict=True)), components


def _unique(kinds: tuple[Any, ...]) -> list[Any]:
    return list(dict.fromkeys(kinds))


def document() -> dict[str, Any]:
    """AsyncAPI 3.0: `send` is what the server says, `receive` what it hears."""
    kinds, components = _schemas()
    channels = {
        "chat": _channel("/ws/community/chat/{community_id}/", "A community's chat", OnChat.__args__, ON_CHAT),
        "notifications": _channel(
            "/ws/notifications/", "What concerns one user", OnNotifications.__args__, ON_NOTIFICATIONS
        ),
    }
    channels["chat"]["parameters"] = {"community_id": {"description": "The community's id"}}
    codes = "\n".join(f"- {code.value}: {MEANING[code]}" for code in Code)
    older = ", ".join(f"`{_tag(kind)}`" for kind in OF_VERSION_1)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Shala's sockets",
            "version": "2",
            "description": (
                "Frames are JSON objects in text frames, at most 16 KiB from clients. A client of version 1 hears "
                f"{older} and nothing else.\n\nClose codes:\n\n{codes}\n- 1009: a frame was too long\n"
                "- 1011: no answer to a protocol ping"
            ),
        },
        "channels": channels,
        "operations": {
            f"{action}{name.capitalize()}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [{"$ref": f"#/channels/{name}/messages/{_name(kind)}"} for kind in said],
            }
            for name, heard, told in (
                ("chat", OnChat.__args__, ON_CHAT),
                ("notifications", OnNotifications.__args__, ON_NOTIFICATIONS),
            )
            for action, said in (("receive", heard), ("send", told))
        },
        "components": {
            "messages": {
                _name(kind): {"name": _tag(kind), "summary": _summary(kind), "payload": made}
                for kind, made in kinds.items()
            },
            "schemas": components,
        },
    }


def schema_of(tag: str) -> dict[str, Any] | None:
    """The JSON schema of a frame of the server, with all that it refers to; None if there is no such frame."""
    kinds, components = _schemas()
    kind = next((one for one in kinds if issubclass(one, Told) and _tag(one) == tag), None)
    return None if kind is None else {**components[kind.__name__], "components": {"schemas": components}}


def _channel(address: str, title: str, heard: tuple[Any, ...], told: tuple[Any, ...]) -> dict[str, Any]:
    messages = {_name(kind): {"$ref": f"#/components/messages/{_name(kind)}"} for kind in (*heard, *told)}
    return {"address": address, "title": title, "messages": messages, "bindings": {"ws": {"query": TOKEN}}}


def _tag(kind: Any) -> str:
    return str(kind.__struct_config__.tag)


def _name(kind: Any) -> str:
    """Unique in the document: both sides have a `chat_message` and a `typing`."""
    side = "said" if issubclass(kind, Said) else "told"
    return f"{side}_{_tag(kind)}"


def _summary(kind: Any) -> str:
    return " ".join((kind.__doc__ or "").split())
