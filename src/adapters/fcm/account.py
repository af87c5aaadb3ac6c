"""A service account of Google, and its token.

Imported when the first push is sent: Google's library takes 10 MB, which processes that send none can do without.
"""

from functools import partial
from pathlib import Path
from typing import Any

import google.auth.transport.requests
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import service_account

from core.errors import Unavailable

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"


def renewed(account: Any, file: Path, timeout_s: float) -> Any:
    """The account with a new token; it is read from the file where it is not known yet.

    :raises Unavailable: there is no such file, or no account in it; Google refuses, or cannot be reached.
    """
    known = account or _read(file)
    try:
        known.refresh(partial(google.auth.transport.requests.Request(), timeout=timeout_s))
    except (GoogleAuthError, OSError) as error:
        raise Unavailable("Google gives us no token.") from error
    return known


def _read(file: Path) -> Any:
    try:
        return service_account.Credentials.from_service_account_file(file, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    except (OSError, ValueError, GoogleAuthError) as error:
        raise Unavailable("The service account cannot be read.") from error
