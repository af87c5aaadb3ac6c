"""Certificates: signed by Ed25519, printed as PDF."""

from adapters.certificates.printing import PdfCertificates
from adapters.certificates.signing import Ed25519Signer

__all__ = ["Ed25519Signer", "PdfCertificates"]
