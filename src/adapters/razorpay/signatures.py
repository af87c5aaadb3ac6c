"""Razorpay's signatures over bytes. The SDK's own check fails on bytes and on characters outside ASCII."""

import hashlib
import hmac
import re

HEX = re.compile(rb"[0-9a-f]{64}")


def is_signed(message: bytes, signature: str, secrets: tuple[str, ...]) -> bool:
    """Whether `signature` is the lower-case hex HMAC-SHA256 of `message` under any of `secrets`, in constant time."""
    given = signature.encode("utf-8", "surrogatepass")
    if not HEX.fullmatch(given):
        return False
    expected = [hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode() for secret in secrets if secret]
    return any([hmac.compare_digest(given, one) for one in expected])  # noqa: C419 - compare with all
