"""How FCM reads a message to one device: the fields it knows, and the values it refuses.

Field names are the documented ones in ``snake_case``. Topics and conditions are known by name and reach nobody.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import msgspec

from entrypoints.sandbox.fcm_errors import FcmError, Json, invalid_argument, unreadable

_LARGEST_PAYLOAD: Final = 4096
_LONGEST_TTL_S: Final = 28 * 24 * 3600
_LONGEST_COLLAPSE_ID: Final = 64
_COLLAPSE_ID: Final = "apns-collapse-id"
_RESERVED_KEY: Final = re.compile(r"from$|message_type$|google\.|gcm\.")
_PLACE: Final = re.compile(r"^(?P<problem>.*?)(?: - at `\$\.?(?P<field>.*)`)?$", re.DOTALL)

_KNOWN: Final = {
    "": {"message", "validate_only"},
    "message": {
        *("name", "data", "notification", "android", "webpush", "apns", "fcm_options"),
        *("token", "topic", "condition"),
    },
    "message.notification": {"title", "body", "image"},
    "message.android": {
        *("collapse_key", "priority", "ttl", "restricted_package_name", "data", "notification", "fcm_options"),
        *("direct_boot_ok", "bandwidth_constrained_ok", "restricted_satellite_ok"),
    },
    "message.android.notification": {
        *("title", "body", "icon", "color", "sound", "tag", "click_action", "channel_id", "ticker", "sticky", "image"),
        *("body_loc_key", "body_loc_args", "title_loc_key", "title_loc_args", "event_time", "local_only", "proxy"),
        *("notification_priority", "default_sound", "default_vibrate_timings", "default_light_settings"),
        *("vibrate_timings", "visibility", "notification_count", "light_settings", "bypass_proxy_notification"),
    },
    "message.apns": {"headers", "payload", "fcm_options", "live_activity_token"},
    "message.webpush": {"headers", "data", "notification", "fcm_options"},
}
_MAPS: Final = ("message.data", "message.android.data", "message.apns.headers", "message.webpush.data")


class Notification(msgspec.Struct, frozen=True):
    title: str | None = None
    body: str | None = None
    tag: str | None = None


class Android(msgspec.Struct, frozen=True):
    collapse_key: str | None = None
    priority: Annotated[str, msgspec.Meta(pattern="^(?i:normal|high)$")] | None = None
    ttl: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?s$")] | None = None
    notification: Notification = Notification()


class Apple(msgspec.Struct, frozen=True):
    headers: dict[str, str] = {}
    payload: Json = {}


class Message(msgspec.Struct, frozen=True):
    token: str = ""
    notification: Notification = Notification()
    data: dict[str, str] = {}
    android: Android = Android()
    apns: Apple = Apple()

    @property
    def title(self) -> str | None:
        return self.android.notification.title or self.notification.title

    @property
    def body(self) -> str | None:
        return self.android.notification.body or self.notification.body

    @property
    def tag(self) -> str | None:
        """What a later notification with the same value replaces, on either kind of phone."""
        return self.android.notification.tag or self.apns.headers.get(_COLLAPSE_ID)


class SendRequest(msgspec.Struct, frozen=True):
    """``raw`` is the message as it came."""

    message: Message
    raw: Json
    validate_only: bool = False


def request_of(body: bytes) -> SendRequest:
    try:
        raw = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise unreadable(f"Invalid JSON payload received. {error}") from error
    _require_known_names(raw)
    _require_strings(raw)
    message_as_it_came = raw.get("message") or {}
    try:
        found = msgspec.convert({"message": {}, **raw, "raw": message_as_it_came}, SendRequest)
    except msgspec.ValidationError as error:
        raise _invalid_value(error) from error
    _require_acceptable(found.message, message_as_it_came)
    return found


def _at(raw: Json, path: str) -> Json:
    """The object there; an empty one when there is none."""
    found: Any = raw
    for name in path.split(".") if path else ():
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _require_known_names(raw: Json) -> None:
    for path, known in _KNOWN.items():
        if unknown := sorted(set(_at(raw, path)) - known):
            place = f" at '{path}'" if path else ""
            message = f'Invalid JSON payload received. Unknown name "{unknown[0]}"{place}: Cannot find field.'
            raise unreadable(message, path)


def _require_strings(raw: Json) -> None:
    for path in _MAPS:
        for number, value in enumerate(_at(raw, path).values()):
            if not isinstance(value, str):
                field = f"{path}[{number}].value"
                shown = msgspec.json.encode(value).decode()
                raise unreadable(f"Invalid value at '{field}' (TYPE_STRING), {shown}", field)


def _invalid_value(error: msgspec.ValidationError) -> FcmError:
    match = _PLACE.match(str(error))
    problem, field = (match["problem"], match["field"] or "") if match else (str(error), "")
    return unreadable(f"Invalid value at '{field}': {problem}", field)


def _require_acceptable(message: Message, raw: Json) -> None:
    if not message.token:
        raise invalid_argument("Recipient of the message is not set.", "message")
    for key in message.data:
        if _RESERVED_KEY.match(key):
            raise invalid_argument(f"Invalid data payload key: {key}", "message.data")
    ttl = message.android.ttl
    if ttl is not None and float(ttl.removesuffix("s")) > _LONGEST_TTL_S:
        raise invalid_argument("Invalid value (MAX_TTL exceeded)", "message.android.ttl")
    if len(message.apns.headers.get(_COLLAPSE_ID, "").encode()) > _LONGEST_COLLAPSE_ID:
        raise invalid_argument(f"{_COLLAPSE_ID} exceeds {_LONGEST_COLLAPSE_ID} bytes", "message.apns.headers")
    both = [_at(raw, "notification"), _at(raw, "data")]
    if _size([*both, _at(raw, "android.notification"), _at(raw, "android.data")]) > _LARGEST_PAYLOAD:
        raise invalid_argument("Android message is too big")
    if _size([*both, _at(raw, "apns.payload")]) > _LARGEST_PAYLOAD:
        raise invalid_argument("APNs message is too big")


def _size(parts: list[Json]) -> int:
    return sum(len(msgspec.json.encode(part)) for part in parts if part)
