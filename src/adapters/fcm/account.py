"""A service account of Google, and its token.

Imported when the first push is sent: Google's library takes 10 MB, which processes that send none can do without.
"""

from pathlib import Path
from typing import Any

import google.auth.transport.requests
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import service_account

from core.errors import Unavailable

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"


def read(file: Path) -> Any:
    """:raises Unavailable: there is no such file, or no account in it."""
    try:
        return service_account.Credentials.from_service_account_file(file, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    except (OSError, ValueError, GoogleAuthError) as error:
        raise Unavailable("The service account cannot be read.") from error


def refresh(account: Any, timeout_s: float) -> None:
    """Fetch a new token.

    :raises Unavailable: Google refuses, or cannot be reached.
    """
    send = google.auth.transport.requests.Request()
    try:
        account.refresh(lambda *given, **named: send(*given, **{"timeout": timeout_s, **named}))
    except (GoogleAuthError, OSError) as error:
        raise Unavailable("Google gives us no token.") from error
