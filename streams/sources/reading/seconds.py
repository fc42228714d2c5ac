"""Seconds as people give them."""

from fractions import Fraction


def exact_seconds(seconds: float | Fraction | None) -> Fraction | None:
    """The number that was written: 0.4 is 2/5, and not the binary fraction next to it.

    >>> exact_seconds(0.4)
    Fraction(2, 5)
    """
    return None if seconds is None else Fraction(str(seconds))
