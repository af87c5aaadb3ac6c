"""Certificates: who gets one, what it says, and the number that it is asked for by."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from msgspec import Struct

from core.errors import Conflict

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing in it is taken for something else
GROUPS, GROUP = 3, 4


class AlreadyRevoked(Conflict):
    code = "already_revoked"
    detail = "This certificate is revoked already."


class Claim(Struct, frozen=True):
    """What decides about a certificate, and what it would say.

    `score` is the average of the best scores in all quizzes of the course, in percent; None without quizzes.
    `attendance` is that of the live classes so far, in percent; None as long as none has counted.
    """

    enrollment_id: int
    user_id: int
    course_id: int
    student_name: str
    course_title: str
    completed_at: datetime | None
    has_certificate: bool
    min_score: float | None
    min_attendance: float | None
    score: Fraction | None
    attendance: Fraction | None
    is_issued: bool

    @property
    def shown_score(self) -> float | None:
        """To one decimal, half up."""
        return None if self.score is None else (self.score * 10 + Fraction(1, 2)).__floor__() / 10

    @property
    def is_earned(self) -> bool:
        """All contents are completed, and score and attendance are enough where they are asked for: a course that asks
        for attendance has classes, so that without any the certificate waits for them.
        """
        if self.completed_at is None or not self.has_certificate:
            return False
        if self.min_attendance is not None and (
            self.attendance is None or self.attendance < Fraction(str(self.min_attendance))
        ):
            return False
        return self.min_score is None or self.score is None or self.score >= Fraction(str(self.min_score))


class Certificate(Struct, frozen=True):
    """What was true when it was issued. `token` is what the signature covers, and the signature (a JWS)."""

    id: int
    number: str
    enrollment_id: int
    user_id: int
    course_id: int
    student_name: str
    course_title: str
    completed_at: datetime
    issued_at: datetime
    score: float | None
    key_id: str
    token: str
    revoked_at: datetime | None
    revoke_reason: str


def number_of(chance: int) -> str:
    """A number that nobody guesses, from 60 random bits: `7ZZQ-0D3K-XV5T`."""
    letters = "".join(ALPHABET[(chance >> 5 * n) & 31] for n in range(GROUPS * GROUP))
    return "-".join(letters[n : n + GROUP] for n in range(0, len(letters), GROUP))


def plain_number(typed: str) -> str:
    """A number as people type it: in any case, with or without hyphens, O for 0, I and L for 1."""
    letters = typed.upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    return "-".join(letters[n : n + GROUP] for n in range(0, len(letters), GROUP))


def payload(claim: Claim, number: str, *, issuer: str, issued_at: datetime) -> dict[str, Any]:
    """What is signed; the names of RFC 7519 where it has one."""
    return {
        "iss": issuer,
        "jti": number,
        "iat": int(issued_at.timestamp()),
        "student": claim.student_name,
        "course": {"id": claim.course_id, "title": claim.course_title},
        "completed_at": claim.completed_at.isoformat() if claim.completed_at else None,
        "score": claim.shown_score,
    }
