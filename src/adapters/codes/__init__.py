"""The codes that are shown in class: TOTP (RFC 6238) by cryptography."""

from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from modules.attendance.domain.codes import DIGITS, STEP


class TotpCodes:
    def code(self, secret: str, at: datetime) -> str:
        made = TOTP(bytes.fromhex(secret), DIGITS, SHA256(), int(STEP.total_seconds()))
        return made.generate(at.timestamp()).decode()
