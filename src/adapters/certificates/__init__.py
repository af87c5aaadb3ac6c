"""Certificates' signatures, by Ed25519."""

from adapters.certificates.signing import Ed25519Signer

__all__ = ["Ed25519Signer"]
