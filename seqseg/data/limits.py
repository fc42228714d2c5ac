"""Limits on what files may claim, so that a wrong or hostile one costs bounded memory and time."""

import os
import re

from seqseg.errors import DataError

MOST_CLASSES = 254
"""Values of a mask that can be classes: 255 is void, and one marks values without a meaning."""

_LARGEST_IMAGE = 2**28  # 16384 x 16384 pixels, 800 MB as RGB
_WHOLE = re.compile(r"[-+]?\d{1,18}")
_DECIMAL = re.compile(r"[-+]?(\d{1,18}(\.\d{0,30})?|\.\d{1,30})([eE][-+]?\d{1,2})?")


def largest_image() -> int:
    """The most pixels an image may have: $SEQSEG_MAX_PIXELS, else 2**28."""
    given = os.environ.get("SEQSEG_MAX_PIXELS", "")
    if given and not (given.isdecimal() and is_whole(given)):
        raise DataError(f"SEQSEG_MAX_PIXELS must be a whole number of pixels, got {given!r}")
    return int(given) if given else _LARGEST_IMAGE


def most_bytes_of_picture() -> int:
    """The most bytes that a compressed picture, or the matrix of a label, may take."""
    return 8 * largest_image() + 2**20


def refuse_classes(count: int, where: str) -> None:
    """DataError when `where` has more classes than a mask has values for."""
    if count > MOST_CLASSES:
        raise DataError(f"{where} has {count} classes; a mask has values for {MOST_CLASSES}, so merge or drop some")


def is_whole(text: str) -> bool:
    """Whether a text is a whole number of at most 18 digits.

    >>> is_whole("-12"), is_whole("1.5"), is_whole("9" * 5000)
    (True, False, False)
    """
    return bool(_WHOLE.fullmatch(text))


def is_decimal(text: str) -> bool:
    """Whether a text is a decimal number whose exact value is cheap: few digits, an exponent below 100.

    >>> is_decimal("-1.5e3"), is_decimal("1e-99999999"), is_decimal("nan")
    (True, False, False)
    """
    return bool(_DECIMAL.fullmatch(text))
