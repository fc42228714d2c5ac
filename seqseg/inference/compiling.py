"""One step of a model, compiled by the backend in use."""

from collections.abc import Callable
from typing import Any, TypeAlias

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.models.clip_model import ClipModel

Step: TypeAlias = Callable[[Any, Any, Any], Any]
"""(images, state, condition) -> (result, state): tensors of any backend, one or several of each."""


def compile_step(model: ClipModel, step: Step, *, xla: bool = False) -> Step:
    """`step`, which reads the weights of `model`, as one compiled call.

    Args:
        model, step: what is compiled.
        xla: by XLA on TensorFlow, too; JAX always does.

    Raises:
        ConfigError: XLA on torch, which has none here.
    """
    if xla and keras.backend.backend() == "torch":
        raise ConfigError("torch has no XLA here; leave xla out, or take the backend tensorflow or jax")
    if xla and keras.backend.backend() == "tensorflow":
        return _compile_tensorflow(model, step, xla=True)
    compiled: Step = _COMPILERS[keras.backend.backend()](model, step)
    return compiled


def _compile_tensorflow(_: ClipModel, step: Step, *, xla: bool = False) -> Step:
    import tensorflow

    compiled: Step = tensorflow.function(step, autograph=False, jit_compile=xla)
    return compiled


def _compile_jax(model: ClipModel, step: Step) -> Step:
    import jax

    @jax.jit  # type: ignore[untyped-decorator]
    def stateless(variables: list[Any], images: Any, state: Any, condition: Any) -> Any:
        # Weights are arguments: JAX would compile them into the program as constants.
        with keras.StatelessScope(list(zip(model.variables, variables, strict=True))):
            return step(images, state, condition)

    def compiled(images: Any, state: Any, condition: Any) -> Any:
        return stateless([variable.value for variable in model.variables], images, state, condition)

    return compiled


def _compile_torch(_: ClipModel, step: Step) -> Step:
    import torch

    def without_gradients(images: Any, state: Any, condition: Any) -> Any:
        with torch.inference_mode():
            return step(ops.convert_to_tensor(images), state, condition)

    return without_gradients


_COMPILERS: dict[str, Callable[[ClipModel, Step], Step]] = {
    "tensorflow": _compile_tensorflow,
    "jax": _compile_jax,
    "torch": _compile_torch,
}
