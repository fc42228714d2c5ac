"""Scores for JSON and for the terminal; NaN is a score that there is not."""

import math


def number_or_none(value):
    """A float, or None for NaN, which JSON has no word for."""
    return None if math.isnan(value) else float(value)


def percent(value):
    """In percent with one digit, five characters wide; a dash for NaN."""
    return "    –" if math.isnan(value) else f"{100 * value:5.1f}"
