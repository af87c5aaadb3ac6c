"""A Google service account, and the access tokens that its signature buys."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
TOKEN_PATH: Final = "/sandbox/fcm/token"  # noqa: S105 - an address
_GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Google's own library names this audience wherever it sends the assertion.
_GOOGLES_AUDIENCE: Final = "https://oauth2.googleapis.com/token"
_LIFETIME_S: Final = 3600
_CLOCKS_DIFFER_S: Final = 60
_OUT_OF_TIME: Final = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


class GrantError(Exception):
    """No token, for OAuth's reason ``error``."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


def service_account(base_url: str, project_id: str = "shala-sandbox") -> dict[str, str]:
    """A new one with a key of its own, in the form of Google's JSON file; tokens are had at ``base_url``.

    The key takes up to a second to find.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {
        "type": "service_account",
        "project_id": project_id,
        "private_key_id": secrets.token_hex(20),
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": f"firebase-adminsdk@{project_id}.iam.gserviceaccount.com",
        "token_uri": f"{base_url.rstrip('/')}{TOKEN_PATH}",
    }


class FcmAccount:
    """Knows its access tokens without keeping them: they outlive a reset, not the process."""

    def __init__(self, service_account: Mapping[str, str]) -> None:
        key = load_pem_private_key(service_account["private_key"].encode(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("A service account signs with RSA.")
        self.project_id = service_account["project_id"]
        self._email = service_account["client_email"]
        self._public_key = key.public_key()
        self._secret = secrets.token_bytes(32)

    def token(self, grant_type: str, assertion: str) -> dict[str, Any]:
        """An access token as OAuth answers it, for a JWT that the account has signed."""
        if grant_type != _GRANT_TYPE:
            raise GrantError("unsupported_grant_type", f"Invalid grant_type: {grant_type}")
        claims = self._claims(assertion)
        if claims["iss"] != self._email:
            raise GrantError("invalid_grant", "Invalid grant: account not found")
        if claims["exp"] - claims["iat"] > _LIFETIME_S:
            raise GrantError("invalid_grant", _OUT_OF_TIME)
        if not _is_our_audience(claims["aud"]):
            raise GrantError("invalid_grant", "Invalid JWT: Failed audience check.")
        if SCOPE not in str(claims.get("scope", "")).split():
            raise GrantError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        access = jwt.encode({"exp": int(time.time()) + _LIFETIME_S, "jti": secrets.token_hex(8)}, self._secret, "HS256")
        return {"access_token": f"ya29.{access}", "expires_in": _LIFETIME_S, "token_type": "Bearer"}

    def accepts(self, access_token: str) -> bool:
        try:
            jwt.decode(access_token.removeprefix("ya29."), self._secret, ["HS256"])
        except jwt.InvalidTokenError:
            return False
        return True

    def _claims(self, assertion: str) -> dict[str, Any]:
        options: Any = {"require": ["iss", "aud", "iat", "exp"], "verify_aud": False}
        try:
            return jwt.decode(assertion, self._public_key, ["RS256"], options=options, leeway=_CLOCKS_DIFFER_S)
        except jwt.InvalidSignatureError as error:
            raise GrantError("invalid_grant", "Invalid JWT Signature.") from error
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
            raise GrantError("invalid_grant", _OUT_OF_TIME) from error
        except jwt.InvalidTokenError as error:
            raise GrantError("invalid_grant", f"Invalid JWT: {error}") from error


def _is_our_audience(audience: object) -> bool:
    if not isinstance(audience, str):
        return False
    return audience == _GOOGLES_AUDIENCE or urlsplit(audience).path.endswith(TOKEN_PATH)
