"""What certificates need from the outside."""

from datetime import datetime
from typing import Any, Protocol

from core.actor import Actor
from core.events import Emits
from core.paging import Page, PageRequest
from modules.learning.domain.certificates import Certificate, Claim


class CertificateStore(Emits, Protocol):
    async def claim(self, enrollment_id: int) -> Claim | None:
        """Attendance is asked of attendance, where it counts."""
        ...

    async def lock_enrollment(self, enrollment_id: int) -> None:
        """As whatever completes it does: what is read after this was not changed meanwhile."""
        ...

    async def waiting(self, course_id: int, after: int, limit: int, *, by_attendance: bool) -> list[int]:
        """Completed enrolments without a certificate whose attendance is enough for one, by id; with `by_attendance`
        only of a course that asks for any. Whoever has no account or no access any more gets none.
        """
        ...

    async def is_staff(self, actor: Actor, course_id: int) -> bool: ...

    async def keep_key(self, key_id: str, public_key: dict[str, str]) -> None:
        """For ever: what it has signed is verified long after another has taken its place."""
        ...

    async def add_certificate(
        self, claim: Claim, *, number: str, issued_at: datetime, key_id: str, token: str
    ) -> Certificate: ...

    async def certificate(self, number: str) -> Certificate | None:
        """Locked until the transaction's end."""
        ...

    async def revoke(self, certificate_id: int, *, at: datetime, reason: str) -> None: ...

    async def forget(self, user_id: int) -> None:
        """What names the user goes; the numbers stay taken."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class CertificateSigner(Protocol):
    key_id: str
    public_key: dict[str, str]
    """As a JWK (RFC 8037)."""

    def sign(self, payload: dict[str, Any]) -> str:
        """A JWS in compact form, by Ed25519."""
        ...


class CertificatePrinter(Protocol):
    async def pdf(self, certificate: Certificate, address: str) -> bytes:
        """A page to print, with a QR code of the address where it is checked."""
        ...


class CertificateQueries(Protocol):
    async def certificate(self, number: str) -> Certificate | None:
        """None for one whose student was erased, too."""
        ...

    async def of_user(self, request: PageRequest, user_id: int) -> Page[Certificate]:
        """Newest first."""
        ...

    async def of_course(self, request: PageRequest, course_id: int) -> Page[Certificate]:
        """Newest first."""
        ...

    async def keys(self) -> list[dict[str, str]]:
        """All public keys that ever signed one."""
        ...
