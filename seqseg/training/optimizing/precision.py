"""The number format of new layers."""

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
    """While open, layers are made for `name`: "float32" or "mixed_bfloat16" (weights and losses stay float32)."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
