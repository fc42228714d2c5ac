"""The types that annotations of tensors use."""

from typing import Any, TypeAlias

import keras

Tensor: TypeAlias = keras.KerasTensor
"""A tensor of the backend that runs, a symbolic one, or a numpy array where a tensor is only read."""

State: TypeAlias = dict[str, Tensor]
"""The memory of a model: named tensors, for example `"P3/h"` and `"P3/c"`. Empty for image models."""

Shape: TypeAlias = tuple[Any, ...]
"""The shape of a tensor; whole numbers, and None for a length that is not known."""

Config: TypeAlias = dict[str, Any]
"""What `get_config` gives."""
