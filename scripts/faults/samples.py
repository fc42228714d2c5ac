"""What targets of the fuzzer are made of."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqseg.errors import SeqsegError
from streams.errors import StreamError

Attempt = Callable[[bytes], object]
Prepared = tuple[list[bytes], Attempt]
H, W = 36, 48


@dataclass(frozen=True)
class Target:
    """`prepared(scratch folder)` gives the samples and the attempt; `errors` are those that are right."""

    prepared: Callable[[Path], AbstractContextManager[Prepared]]
    suffix: str
    errors: tuple[type[Exception], ...] = (StreamError, SeqsegError)


def picture(index: int) -> np.ndarray:
    """A picture (h, w, 3)."""
    rows, columns = np.mgrid[:H, :W]
    return np.stack([rows * 5 + index * 9, columns * 4, rows + columns], axis=-1).astype(np.uint8)
