"""Users, logins and one-time codes: values and rules."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeGuard

from msgspec import Struct

from core.actor import Role
from core.errors import Conflict, FieldFault, Forbidden, Invalid, Unauthenticated

REFRESH_LIFETIME = timedelta(days=30)
LOST_REPLY_GRACE = timedelta(hours=24)
CODE_LIFETIME = timedelta(minutes=10)
CODE_ATTEMPTS = 5
CODES_PER_HOUR = 5
PASSWORD_LENGTH = (8, 128)
_ATOM = r"[^@.\s\x00-\x1f,;:<>()\[\]\"\\]+"  # what separates addresses in a header does not stand in one
EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})+")
USERNAME = re.compile(r"[A-Za-z0-9_.]{3,30}")
MOBILE = re.compile(r"\+[1-9][0-9]{6,14}")


class EmailTaken(Conflict):
    code = "email_taken"
    detail = "An account with this e-mail address exists."


class UsernameTaken(Conflict):
    code = "username_taken"
    detail = "This username is taken."


class InvalidCredentials(Unauthenticated):
    code = "invalid_credentials"
    detail = "E-mail address or password is wrong."


class WrongPassword(Forbidden):
    """Not a 401: an app would take that for an expired login and log the user out for a typing error."""

    code = "wrong_password"
    detail = "The password is wrong."


class InvalidToken(Unauthenticated):
    code = "invalid_token"
    detail = "This token is not valid; log in again."


class InvalidTicket(InvalidToken):
    code = "invalid_ticket"
    detail = "This ticket was used or has expired; ask for another one."


class TokenExpired(Unauthenticated):
    code = "token_expired"
    detail = "The access token has expired; refresh it."


class TokenRevoked(Unauthenticated):
    code = "token_revoked"
    detail = "This login has ended; log in again."


class RefreshReused(Unauthenticated):
    code = "refresh_reused"
    detail = "An old refresh token was used; this login has been ended for safety. Log in again."


class AccountDisabled(Forbidden):
    code = "account_disabled"
    detail = "This account has been disabled."


class InvalidCode(Invalid):
    code = "invalid_code"
    detail = "The code is wrong or has expired."


class OwnAccount(Conflict):
    code = "own_account"
    detail = "Administrators cannot change their own role or disable themselves."


class CodePurpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    CHANGE_EMAIL = "change_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105


class User(Struct, frozen=True):
    """`mobile_number` is E.164, `profile_image` a storage key, `email` in lower case."""

    id: int
    email: str
    username: str
    password_hash: str
    role: Role
    full_name: str
    mobile_number: str | None
    profile_image: str | None
    is_active: bool
    email_verified_at: datetime | None
    created_at: datetime
    deleted_at: datetime | None
    token_version: int
    version: int


def still_proven(current: User | None, verified: User) -> TypeGuard[User]:
    """Whether a password that was verified for `verified`, outside of any transaction, proves anything for the same
    user as read since: nobody changed or reset it meanwhile, or banned or erased its user.
    """
    return current is not None and current.is_active and current.password_hash == verified.password_hash


class Session(Struct, frozen=True):
    """A login on one device. Its refresh tokens are derived from `nonce` and numbered by `generation`."""

    id: int
    user_id: int
    nonce: str
    generation: int
    device: str
    created_at: datetime
    rotated_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class Rotation(StrEnum):
    NEXT = "next"
    SAME_AGAIN = "same_again"
    REUSED = "reused"


def rotation(session: Session, generation: int, now: datetime) -> Rotation:
    """What a refresh token of `generation` earns.

    The newest token is exchanged. Its immediate predecessor gives the newest again, for phones that lost the reply,
    until the newest is used (then the generation has moved on) or 24 h have passed. Anything older was copied.
    """
    if generation == session.generation:
        return Rotation.NEXT
    if generation == session.generation - 1 and now - session.rotated_at <= LOST_REPLY_GRACE:
        return Rotation.SAME_AGAIN
    return Rotation.REUSED


class OneTimeCode(Struct, frozen=True):
    """A six-digit code on its way to `email`; the digits are derived from `nonce`."""

    id: int
    user_id: int
    purpose: CodePurpose
    nonce: str
    email: str
    attempts: int
    expires_at: datetime


def digits(derived: str) -> str:
    """Six digits of a derived secret."""
    return f"{int.from_bytes(derived.encode(), 'big') % 1_000_000:06d}"


def normal_email(given: str) -> str:
    """Lower case, trimmed.

    :raises Invalid: not an address of at most 254 characters.
    """
    email = given.strip().lower()
    if len(email) > 254 or not EMAIL.fullmatch(email):
        raise Invalid.field("email", "Not an e-mail address.")
    return email


def profile_faults(*, username: str | None, full_name: str | None, mobile_number: str | None) -> list[FieldFault]:
    """All faults of the given parts of a profile; None stands for a part that is not given."""
    faults = []
    if username is not None and not USERNAME.fullmatch(username):
        faults.append(FieldFault("username", "3–30 letters, digits, dots and underscores."))
    if full_name is not None and len(full_name) > 150:
        faults.append(FieldFault("full_name", "At most 150 characters."))
    if mobile_number is not None and not MOBILE.fullmatch(mobile_number):
        faults.append(FieldFault("mobile_number", "Not a number in international form (+919812345678)."))
    return faults


def password_faults(password: str, *, is_common: bool, context: tuple[str, ...]) -> list[FieldFault]:
    """Length 8–128, not a common password, not made of the account's own words (OWASP ASVS 6.2)."""
    shortest, longest = PASSWORD_LENGTH
    if not shortest <= len(password) <= longest:
        return [FieldFault("password", f"{shortest}–{longest} characters.")]
    lowered = password.lower()
    own = any(word and len(word) >= 4 and word.lower() in lowered for word in context)
    if is_common or own:
        return [FieldFault("password", "Too easy to guess: a common password, or made of your own name or address.")]
    return []


def refuse(faults: list[FieldFault]) -> None:
    """:raises Invalid: carrying all `faults`, if there are any."""
    if faults:
        count = "One field is" if len(faults) == 1 else f"{len(faults)} fields are"
        raise Invalid(f"{count} wrong.", faults=tuple(faults))
