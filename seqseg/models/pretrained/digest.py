"""The sha256 of a file, and whether a text is one."""

import hashlib
import re
from pathlib import Path

from seqseg.errors import ConfigError


def sha256_of(path: Path) -> str:
    """The sha256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked_sha256(text: str) -> str:
    """`text` in lower case.

    Raises:
        ConfigError: it is not 64 hexadecimal digits.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ConfigError(f"a sha256 is 64 hexadecimal digits, got {text!r}; sha256sum FILE prints it")
    return text.lower()
