"""Signatures that anybody verifies without us: JWS with EdDSA (RFC 8037), by PyJWT."""

import base64
import hashlib
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALGORITHM = "EdDSA"
TYPE = "shala-certificate+jwt"


class Ed25519Signer:
    """`secret` is 43 URL-safe characters, which hold the key's 32 bytes."""

    def __init__(self, secret: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(secret + "="))
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        needed = {"crv": "Ed25519", "kty": "OKP", "x": _encoded(raw)}
        # RFC 7638: what names a key is made of the key itself
        self.key_id = _encoded(hashlib.sha256(msgspec.json.encode(needed)).digest())
        self.public_key = {**needed, "kid": self.key_id, "alg": ALGORITHM, "use": "sig"}

    def sign(self, payload: dict[str, Any]) -> str:
        return jwt.encode(payload, self._key, ALGORITHM, headers={"kid": self.key_id, "typ": TYPE})


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
