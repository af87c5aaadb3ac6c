"""What Firebase's answers mean for a device.

https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
"""

from typing import Any, NamedTuple

import httpx

from modules.notifications.domain.pushes import Outcome, PushResult

MISMATCH = "SENDER_ID_MISMATCH"
PASSING = frozenset({408, 429, 500, 502, 503, 504})
LONGEST_WAIT_S = 3600


class OfUs(NamedTuple):
    """The service does not want this from us: our account, our project or our message is at fault."""

    status: str


def result_of(answer: httpx.Response) -> PushResult | OfUs:
    if answer.is_success:
        return PushResult(Outcome.SENT)
    status, code, fields = _error(answer)
    if code == MISMATCH:
        return OfUs(MISMATCH)
    if code == "UNREGISTERED" or (code == "INVALID_ARGUMENT" and "message.token" in fields):
        return PushResult(Outcome.DEVICE_GONE)
    if answer.status_code in PASSING:
        return PushResult(Outcome.LATER, _retry_after(answer))
    return OfUs(status)


def _error(answer: httpx.Response) -> tuple[str, str, set[str]]:
    """Google's status, FCM's code and the fields that are wrong, as far as they are named."""
    try:
        error: dict[str, Any] = answer.json()["error"]
        details = [one for one in error.get("details", ()) if isinstance(one, dict)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(answer.status_code), "", set()
    codes = [one["errorCode"] for one in details if "errorCode" in one]
    fields = {str(violation.get("field")) for one in details for violation in one.get("fieldViolations", ())}
    return str(error.get("status", answer.status_code)), codes[0] if codes else "", fields


def _retry_after(answer: httpx.Response) -> int | None:
    digits = answer.headers.get("retry-after", "")
    return min(int(digits), LONGEST_WAIT_S) if digits.isascii() and digits.isdigit() else None
