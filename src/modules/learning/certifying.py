"""Certificates: issued with the completion of a course, and revoked."""

from dataclasses import dataclass

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.ids import Randomness
from core.transaction import Begin
from modules.learning.certificate_ports import CertificatePrinter, CertificateSigner, CertificateStore
from modules.learning.domain.catalogue import NotStaff
from modules.learning.domain.certificates import AlreadyRevoked, Certificate, number_of, payload, plain_number
from modules.learning.events import CertificateIssued

BATCH = 200


@dataclass(frozen=True, slots=True)
class Certifying:
    begin: Begin[CertificateStore]
    signer: CertificateSigner
    printer: CertificatePrinter
    randomness: Randomness
    clock: Clock
    issuer: str
    """The public address of this installation."""

    async def consider(self, store: CertificateStore, enrollment_id: int) -> None:
        """Reaction within a completion, or within a better score after it: issue the certificate if it is earned."""
        claim = await store.claim(enrollment_id)
        if claim is None or claim.is_issued or not claim.is_earned:
            return
        now, number = self.clock.now(), number_of(int(self.randomness.token(8), 16))
        await store.keep_key(self.signer.key_id, self.signer.public_key)
        issued = await store.add_certificate(
            claim,
            number=number,
            issued_at=now,
            key_id=self.signer.key_id,
            token=self.signer.sign(payload(claim, number, issuer=self.issuer, issued_at=now)),
        )
        await store.emit(CertificateIssued(certificate_id=issued.id, user_id=claim.user_id, course_id=claim.course_id))

    async def consider_course(self, course_id: int, *, by_attendance: bool) -> None:
        """Reaction: attendance was taken (`by_attendance`), or a course's rules changed, and somebody who had completed
        it may have earned the certificate by that.
        """
        last = 0
        while True:
            async with self.begin() as store:
                found = await store.waiting(course_id, last, BATCH, by_attendance=by_attendance)
            for enrollment_id in found:
                async with self.begin() as store:
                    await store.lock_enrollment(enrollment_id)
                    await self.consider(store, enrollment_id)
            if len(found) < BATCH:
                return
            last = found[-1]

    async def revoke(self, actor: Actor, number: str, reason: str) -> None:
        """The course's staff take a certificate back; whoever checks it sees that, and why.

        :raises NotFound: :raises NotStaff: :raises AlreadyRevoked:
        """
        async with self.begin() as store:
            certificate = await store.certificate(plain_number(number))
            if certificate is None or not certificate.token:
                raise NotFound
            if not await store.is_staff(actor, certificate.course_id):
                raise NotStaff
            if certificate.revoked_at is not None:
                raise AlreadyRevoked
            await store.revoke(certificate.id, at=self.clock.now(), reason=reason)
            await store.audit(
                actor_id=actor.user_id,
                action="certificate.revoked",
                target_type="certificate",
                target_id=certificate.id,
                number=certificate.number,
            )

    async def printed(self, certificate: Certificate) -> bytes:
        """The certificate as PDF, with a QR code of its page."""
        return await self.printer.pdf(certificate, self.address(certificate))

    def address(self, certificate: Certificate) -> str:
        """Where people check it."""
        return f"{self.issuer}/certificates/{certificate.number}/"

    async def forget(self, store: CertificateStore, user_id: int) -> None:
        """Reaction within the erasure of an account."""
        await store.forget(user_id)
