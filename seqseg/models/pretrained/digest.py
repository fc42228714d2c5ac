"""Checks of sha256 texts."""

import re

from seqseg.errors import ConfigError


def checked_sha256(text: str) -> str:
    """`text` in lower case.

    Raises:
        ConfigError: it is not 64 hexadecimal digits.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ConfigError(f"a sha256 is 64 hexadecimal digits, got {text!r}; sha256sum FILE prints it")
    return text.lower()
