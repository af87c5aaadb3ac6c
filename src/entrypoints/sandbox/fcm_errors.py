"""How Firebase Cloud Messaging (HTTP v1) says no: Google's error object, with the details that FCM adds.

Only what FCM itself decides carries an ``FcmError``. What fails while the JSON is read, and whoever may not send, does
not: a client must be able to live without one.
"""

from __future__ import annotations

from typing import Any, Final

_FCM_ERROR: Final = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST: Final = "type.googleapis.com/google.rpc.BadRequest"

Json = dict[str, Any]


class FcmError(Exception):
    """``code`` is FCM's own error code; ``field`` is the one that is to blame."""

    def __init__(
        self, http_status: int, status: str, message: str, *, code: str | None = None, field: str | None = None
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.status = status
        self.message = message
        self.code = code
        self.field = field

    def as_json(self) -> Json:
        details: list[Json] = []
        if self.code is not None:
            details.append({"@type": _FCM_ERROR, "errorCode": self.code})
        if self.field is not None:
            violation = {"field": self.field, "description": self.message}
            details.append({"@type": _BAD_REQUEST, "fieldViolations": [violation]})
        error: Json = {"code": self.http_status, "message": self.message, "status": self.status}
        return {"error": {**error, "details": details} if details else error}


def unauthenticated() -> FcmError:
    return FcmError(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. "
        "Expected OAuth 2 access token, login cookie or other valid authentication credential.",
    )


def permission_denied(project: str) -> FcmError:
    return FcmError(
        403,
        "PERMISSION_DENIED",
        "Permission 'cloudmessaging.messages.create' denied on resource "
        f"'//cloudresourcemanager.googleapis.com/projects/{project}' (or it may not exist).",
    )


def sender_id_mismatch() -> FcmError:
    return FcmError(403, "PERMISSION_DENIED", "SenderId mismatch", code="SENDER_ID_MISMATCH")


def unregistered() -> FcmError:
    return FcmError(404, "NOT_FOUND", "Requested entity was not found.", code="UNREGISTERED")


def invalid_token() -> FcmError:
    message = "The registration token is not a valid FCM registration token"
    return FcmError(400, "INVALID_ARGUMENT", message, code="INVALID_ARGUMENT", field="message.token")


def invalid_argument(message: str, field: str | None = None) -> FcmError:
    return FcmError(400, "INVALID_ARGUMENT", message, code="INVALID_ARGUMENT", field=field)


def unreadable(message: str, field: str = "") -> FcmError:
    return FcmError(400, "INVALID_ARGUMENT", message, field=field)


OUTAGES: Final = {
    "401": unauthenticated(),
    "429": FcmError(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric.", code="QUOTA_EXCEEDED"),
    "500": FcmError(500, "INTERNAL", "Internal error encountered.", code="INTERNAL"),
    "503": FcmError(503, "UNAVAILABLE", "The service is currently unavailable.", code="UNAVAILABLE"),
}
