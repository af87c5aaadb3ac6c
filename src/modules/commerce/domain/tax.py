"""Goods and services tax: rates within a price, states, and the numbers of those who are registered.

Rules: CGST Act 2017 and IGST Act 2017. State codes are those of the GST portal.
"""

import string

from msgspec import Struct

from core.errors import Invalid
from modules.commerce.domain.amounts import half_up

STATES = {
    "JK": ("01", "Jammu and Kashmir"),
    "HP": ("02", "Himachal Pradesh"),
    "PB": ("03", "Punjab"),
    "CH": ("04", "Chandigarh"),
    "UK": ("05", "Uttarakhand"),
    "HR": ("06", "Haryana"),
    "DL": ("07", "Delhi"),
    "RJ": ("08", "Rajasthan"),
    "UP": ("09", "Uttar Pradesh"),
    "BR": ("10", "Bihar"),
    "SK": ("11", "Sikkim"),
    "AR": ("12", "Arunachal Pradesh"),
    "NL": ("13", "Nagaland"),
    "MN": ("14", "Manipur"),
    "MZ": ("15", "Mizoram"),
    "TR": ("16", "Tripura"),
    "ML": ("17", "Meghalaya"),
    "AS": ("18", "Assam"),
    "WB": ("19", "West Bengal"),
    "JH": ("20", "Jharkhand"),
    "OD": ("21", "Odisha"),
    "CG": ("22", "Chhattisgarh"),
    "MP": ("23", "Madhya Pradesh"),
    "GJ": ("24", "Gujarat"),
    "DN": ("26", "Dadra and Nagar Haveli and Daman and Diu"),
    "MH": ("27", "Maharashtra"),
    "KA": ("29", "Karnataka"),
    "GA": ("30", "Goa"),
    "LD": ("31", "Lakshadweep"),
    "KL": ("32", "Kerala"),
    "TN": ("33", "Tamil Nadu"),
    "PY": ("34", "Puducherry"),
    "AN": ("35", "Andaman and Nicobar Islands"),
    "TS": ("36", "Telangana"),
    "AP": ("37", "Andhra Pradesh"),
    "LA": ("38", "Ladakh"),
}
UNION_TERRITORIES = {"AN", "CH", "DN", "LA", "LD"}
"""Those without a legislature of their own, where UTGST takes the place of SGST (UTGST Act 2017, section 1)."""
_STATE_OF = {number: code for code, (number, _) in STATES.items()}
_ALPHABET = string.digits + string.ascii_uppercase


class Tax(Struct, frozen=True):
    """A price that includes its tax, taken apart: the four add up to it. CGST and SGST (or UTGST) are always equal."""

    taxable_paise: int
    cgst_paise: int
    sgst_paise: int
    igst_paise: int

    @property
    def total_paise(self) -> int:
        return self.taxable_paise + self.cgst_paise + self.sgst_paise + self.igst_paise

    def minus(self, other: "Tax") -> "Tax":
        return Tax(
            self.taxable_paise - other.taxable_paise,
            self.cgst_paise - other.cgst_paise,
            self.sgst_paise - other.sgst_paise,
            self.igst_paise - other.igst_paise,
        )


NO_TAX = Tax(0, 0, 0, 0)


def within(total_paise: int, rate_bp: int, *, is_intra_state: bool) -> Tax:
    """The tax within a price: halves to the centre and the state where the buyer is, or all of it as IGST."""
    if is_intra_state:
        half = half_up(total_paise * rate_bp, 2 * (10_000 + rate_bp))
        return Tax(total_paise - 2 * half, half, half, 0)
    whole = half_up(total_paise * rate_bp, 10_000 + rate_bp)
    return Tax(total_paise - whole, 0, 0, whole)


def plain_gstin(typed: str) -> str:
    """As people type it, with blanks and in small letters."""
    return "".join(typed.split()).upper()


def state_of(gstin: str) -> str | None:
    """The state that a registration is in."""
    return _STATE_OF.get(gstin[:2])


def place_of_supply(gstin: str | None, billing_state: str | None, supplier_state: str) -> str:
    """Where a registered buyer is registered, where another says they live, or else where the school is (IGST Act,
    section 12 (2)).

    :raises Invalid: no such number or state, or two that contradict each other.
    """
    if billing_state is not None and billing_state not in STATES:
        raise Invalid.field("billing_state", "Not a state of India, by its two letters (MH, KA, DL, …).")
    if gstin is None:
        return billing_state or supplier_state
    state = state_of(gstin)
    is_plausible = len(gstin) == 15 and set(gstin) <= set(_ALPHABET)
    if state is None or not is_plausible or check_character(gstin[:14]) != gstin[14:]:
        raise Invalid.field("gstin", "Not a GSTIN: look at it again, character by character.")
    if billing_state not in {None, state}:
        raise Invalid.field("billing_state", f"The GSTIN is of {STATES[state][1]}.")
    return state


def check_character(first_fourteen: str) -> str:
    """The fifteenth character of a GSTIN, by the Luhn algorithm in base 36."""
    total = 0
    for place, character in enumerate(first_fourteen):
        product = _ALPHABET.index(character) * (1 + place % 2)
        total += product // 36 + product % 36
    return _ALPHABET[-total % 36]
