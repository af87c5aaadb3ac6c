"""Why a socket is closed: the codes, and which refusal has which."""

from enum import IntEnum

from prometheus_client import Counter

from core.errors import AppError, NotFound, RateLimited, Unauthenticated, Unavailable
from modules.community.domain.groups import Banned, EnrolmentExpired, NotEnrolled, NotMember
from modules.identity.domain import AccountDisabled

MOST_OF_ONE_USER = 10
CLOSED = Counter("shala_sockets_closed_total", "Sockets that we closed, by code", ["code"])


class Code(IntEnum):
    RESTART = 1012
    INTERNAL = 4000
    TOO_SLOW = 4008
    NO_ANSWER = 4010
    TOO_FAST = 4029
    BAD_FRAMES = 4400
    NO_LOGIN = 4401
    ACCESS_LOST = 4403
    NOT_FOUND = 4404
    TOO_MANY = 4409


class TooManySockets(RateLimited):
    code = "too_many_connections"
    detail = f"One user may have {MOST_OF_ONE_USER} sockets on one instance."


class Restarting(Unavailable):
    code = "restarting"
    detail = "This instance is about to stop; connect again."


TEMPORARY = (RateLimited, Unavailable)
ACCESS_LOST = (NotMember, Banned, EnrolmentExpired, NotEnrolled)
"""Whoever is refused so has no right to the socket any more."""
CODES: list[tuple[type[AppError], Code]] = [  # the first kind that an error is of
    (TooManySockets, Code.TOO_MANY),
    (Restarting, Code.RESTART),
    (RateLimited, Code.TOO_FAST),
    (Unavailable, Code.INTERNAL),
    (Unauthenticated, Code.NO_LOGIN),
    (NotFound, Code.NOT_FOUND),
    (AppError, Code.ACCESS_LOST),
]


def code_of(error: AppError) -> tuple[Code, str]:
    """With which code and reason a refused handshake, or a right that has ended, closes the socket."""
    code = next(code for kind, code in CODES if isinstance(error, kind))
    is_plain = code is Code.ACCESS_LOST and not isinstance(error, Banned | EnrolmentExpired | AccountDisabled)
    return code, "membership_lost" if is_plain else error.code
