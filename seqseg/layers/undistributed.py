"""Calls that every device makes by itself while training shares batches out."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def undistributed() -> Iterator[None]:
    """While open, batches are not shared out among devices: any size of batch goes, and each process runs all of it."""
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)
