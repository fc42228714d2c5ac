"""Open numpy's `.npy` files, also damaged or hostile ones."""

from pathlib import Path

import numpy as np

from seqseg.data.files.whole_file import require_file
from seqseg.errors import DataError


def open_npy(path: str | Path, what: str, remedy: str) -> np.ndarray:
    """The array in a `.npy` file, memory-mapped; pickles are refused.

    Args:
        what: what the file should be, for messages, as "the mask".
        remedy: what to do about a damaged one.

    Raises:
        DataError: it cannot be read, is no `.npy` file, or is cut.

    Example:
        >>> open_npy("mask.npy", "the mask", "save it again with numpy.save").shape
        (360, 480)
    """
    require_file(path)
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # its header is parsed as Python, which may raise anything
        cause = error.strerror if isinstance(error, OSError) else None
        reason = cause or (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"cannot read {what} {path}: {reason}; {remedy}") from None
    if not isinstance(found, np.ndarray):
        found.close()
        raise DataError(f"cannot read {what} {path}: it holds several arrays; {remedy}")
    return found
