"""Percentages as people read them."""


def per_cent(part: int, whole: int) -> float | None:
    """To one decimal, half up; None of nothing."""
    return (2000 * part + whole) // (2 * whole) / 10 if whole else None
