"""The code that is shown in class and changes every few seconds."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from core.errors import Invalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=15)
MARGIN = timedelta(seconds=2)
"""How much the clocks of two instances may differ: a code that is about to come is taken so early."""
DIGITS = 6


class WrongCode(Invalid):
    code = "wrong_code"
    detail = "That is not the code which is shown now; take the newest."


def step_at(moment: datetime) -> tuple[datetime, datetime]:
    """When the code of this moment is shown: from, until."""
    begins = EPOCH + (moment - EPOCH) // STEP * STEP
    return begins, begins + STEP


def is_shown(typed: str, moment: datetime, code_at: Callable[[datetime], str]) -> bool:
    """Whether this is the present code, or the previous one, with blanks wherever people put them."""
    plain = "".join(typed.split()).replace("-", "").encode()
    accepted = [code_at(one).encode() for one in (moment, moment - STEP, moment + MARGIN)]
    return any([hmac.compare_digest(plain, one) for one in accepted])  # noqa: C419 - compare with all
