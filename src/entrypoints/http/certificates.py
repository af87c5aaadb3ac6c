"""/api/courses/certificates/, and the page that a certificate's QR code leads to."""

from datetime import datetime
from html import escape
from typing import Annotated

from litestar import MediaType, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from core.errors import NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import Call, Count, Cursor, Limit, Listing, caller, do, house, listing, page_request
from entrypoints.http.pages import page_of
from entrypoints.http.policy import Policy
from entrypoints.http.wire import Ref
from modules.learning.domain.certificates import Certificate, plain_number


class CertificateInfo(Struct, frozen=True):
    """`token` is the signed payload (a JWS, EdDSA): it verifies without us, with the key that `key_id` names in
    `certificates/keys/`. `status` is `valid` or `revoked`; only the server knows that.
    """

    id: int
    number: str
    status: str
    student_name: str
    course: Ref
    completed_at: datetime
    issued_at: datetime
    score: float | None
    key_id: str
    token: str
    url: str
    pdf_url: str
    revoked_at: datetime | None
    revoke_reason: str


class KeySet(Struct, frozen=True):
    """Public keys as a JWK Set (RFC 7517)."""

    keys: list[dict[str, str]]


class Revocation(Struct, frozen=True, forbid_unknown_fields=True):
    """The reason is shown to whoever checks the certificate."""

    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


@get("/certificates/", policy=Policy.USER)
async def certificates(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    course_id: FromQuery[int | None] = None,
) -> Listing[CertificateInfo]:
    """One's own certificates, newest first; with `course_id` those of a course, for its staff."""
    page, actor = page_request(limit, cursor, count=count), caller(request)
    if course_id is None:
        found = await do(request).certificates.of_user(page, actor.user_id)
    elif await do(request).study.is_staff(actor, course_id):
        found = await do(request).certificates.of_course(page, course_id)
    else:
        raise NotFound
    return listing(request, found, lambda one: _info(request, one))


@get("/certificates/keys/", policy=Policy.ANYONE)
async def keys(request: Call) -> KeySet:
    """All public keys that certificates were ever signed with."""
    return KeySet(await do(request).certificates.keys())


@get("/certificates/{number:str}/", policy=Policy.ANYONE)
async def certificate(request: Call, number: FromPath[str]) -> CertificateInfo:
    """Whether a certificate is genuine, and what it says. The number may be typed in any case, without hyphens."""
    return _info(request, await _certificate(request, number))


@get("/certificates/{number:str}/pdf/", policy=Policy.ANYONE)
async def certificate_pdf(request: Call, number: FromPath[str]) -> Response[bytes]:
    """The certificate to print, with a QR code of the page where it is checked."""
    found = await _certificate(request, number)
    body = await do(request).certifying.printed(found)
    headers = {"Content-Disposition": f'inline; filename="certificate-{found.number}.pdf"'}
    return Response(body, media_type="application/pdf", headers=headers)


@post("/certificates/{number:str}/revoke/", policy=Policy.STAFF, status_code=200)
async def revoke_certificate(request: Call, number: FromPath[str], data: JSONBody[Revocation]) -> CertificateInfo:
    """Take a certificate of one's course back."""
    await do(request).certifying.revoke(caller(request), number, data.reason)
    return _info(request, await _certificate(request, number))


@get("/certificates/{number:str}/", policy=Policy.ANYONE, media_type=MediaType.HTML)
async def certificate_page(request: Call, number: FromPath[str]) -> Response[str]:
    """The same for people, who come by the QR code."""
    found = await do(request).certificates.certificate(plain_number(number))
    if found is None:
        return page_of("No such certificate", "<p>There is no certificate with this number here.</p>", status=404)
    said = f"<p><strong>{escape(found.student_name)}</strong> completed <strong>{escape(found.course_title)}</strong>"
    said += f" on {found.completed_at:%d %B %Y}{_score(found)}.</p><p>Number {found.number}, issued on "
    said += f"{found.issued_at:%d %B %Y}.</p>"
    if found.revoked_at is not None:
        why = f"<p>It was revoked on {found.revoked_at:%d %B %Y}: {escape(found.revoke_reason)}</p>"
        return page_of("This certificate was revoked", why + said)
    link = f'<p><a href="{escape(_info(request, found).pdf_url)}">The certificate as PDF</a></p>'
    return page_of("This certificate is genuine", said + link)


async def _certificate(request: Call, number: str) -> Certificate:
    found = await do(request).certificates.certificate(plain_number(number))
    if found is None:
        raise NotFound("There is no certificate with this number.")
    return found


def _score(found: Certificate) -> str:
    return "" if found.score is None else f", with a score of {found.score:g} %"


def _info(request: Call, found: Certificate) -> CertificateInfo:
    return CertificateInfo(
        id=found.id,
        number=found.number,
        status="valid" if found.revoked_at is None else "revoked",
        student_name=found.student_name,
        course=Ref(found.course_id, found.course_title),
        completed_at=found.completed_at,
        issued_at=found.issued_at,
        score=found.score,
        key_id=found.key_id,
        token=found.token,
        url=do(request).certifying.address(found),
        pdf_url=f"{house(request).settings.public_base_url}/api/courses/certificates/{found.number}/pdf/",
        revoked_at=found.revoked_at,
        revoke_reason=found.revoke_reason,
    )


HANDLERS = [certificates, keys, certificate, certificate_pdf, revoke_certificate]
PAGES = [certificate_page]
