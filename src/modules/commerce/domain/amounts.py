"""Integer arithmetic of money: nothing is lost in rounding."""

from collections.abc import Sequence

WHOLE_BP = 10_000
"""A hundred per cent, in hundredths of one."""


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of two that are not negative, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Integer parts that add up to `total` exactly, each within one of its proportion; equal without any weight."""
    whole = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    parts, so_far, given = [], 0, 0
    for weight in weights:
        so_far += weight
        up_to = total * so_far // whole
        parts.append(up_to - given)
        given = up_to
    return parts
