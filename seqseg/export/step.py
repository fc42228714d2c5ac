"""One step of a model as a TensorFlow function: frame and named states in, mask, logits and named states out."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from seqseg.errors import ExportError
from seqseg.export.sidecar import StateSpec, port_name


@dataclasses.dataclass(frozen=True)
class Step:
    """What all formats are written from.

    Attributes:
        function: a concrete TensorFlow function `(frame, **states) -> {"mask", "logits", states}`.
        model: the Keras model it calls.
        size: (height, width) of the frames.
        batch: how many frames at once; None is any number.
        states: of the step, in order.
    """

    function: Any
    model: Any
    size: tuple[int, int]
    batch: int | None
    states: tuple[StateSpec, ...]

    @property
    def inputs(self) -> dict[str, tuple[int | None, ...]]:
        """The shapes of the inputs by name, the frame first."""
        frame = (self.batch, *self.size, self.model.card.channels)
        return {"frame": frame} | {state.input: (self.batch, *state.shape) for state in self.states}

    def zeros(self, batch: int = 1) -> dict[str, np.ndarray]:
        """A fresh state by the names of the file's inputs."""
        return {state.input: np.zeros((batch, *state.shape), "float32") for state in self.states}


def make_step(model: Any, *, size: tuple[int, int], batch: int | None = 1) -> Step:
    """The step of a model for frames (n, h, w, c) uint8 of `size`.

    The outputs are "mask" (n, h, w) uint8 (planes (n, h, w, classes) of a multi-label model, the next frame
    (n, h, w, c) of a predictor of frames), "logits" (n, h, w, classes) float32, and "NAME_out" for every state.

    Raises:
        ExportError: not on TensorFlow, the model takes a condition, or the size does not fit the model.
    """
    if keras.backend.backend() != "tensorflow":
        raise ExportError(f"a step is made on TensorFlow, not on {keras.backend.backend()}; call seqseg.export.write")
    if model.card.condition:
        raise ExportError(
            f"{model.card.model} takes a vector with every frame (condition = {model.card.condition}), which exports "
            "have no input for yet; export a model without condition"
        )
    import tensorflow

    states = states_of(model, size)
    specs = {
        name: tensorflow.TensorSpec(shape, "uint8" if name == "frame" else "float32", name=name)
        for name, shape in Step(None, model, size, batch, states).inputs.items()
    }
    traced = tensorflow.function(_step_of(model, states, batch, size), autograph=False)
    try:
        function = traced.get_concrete_function(**specs)
    except (ValueError, TypeError) as error:
        batch_text = "any batch" if batch is None else f"a batch of {batch}"
        raise ExportError(
            f"{model.card.model} cannot be made for frames of {size[0]}x{size[1]} and {batch_text}: {_reason(error)}"
        ) from error
    return Step(function, model, size, batch, states)


def _reason(error: Exception) -> str:
    """What Keras says of an error in a layer, without the list of arguments that follows it."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).partition("Arguments received")[0]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__


def states_of(model: Any, size: tuple[int, int]) -> tuple[StateSpec, ...]:
    """The states of a model for frames of `size`."""
    shapes = model.initial_state_shapes(1, *size)
    return tuple(
        StateSpec(name, port_name(name), port_name(name) + "_out", tuple(shape[1:])) for name, shape in shapes.items()
    )


def _step_of(
    model: Any, states: tuple[StateSpec, ...], batch: int | None, size: tuple[int, int]
) -> Callable[..., dict[str, Any]]:
    import tensorflow

    def step(frame: Any, **tensors: Any) -> dict[str, Any]:
        state = {spec.name: tensors[spec.input] for spec in states}
        logits, after = model(frame, state=state, return_state=True, training=False)
        logits = tensorflow.cast(logits, "float32")
        named = {spec.output: tensorflow.cast(after[spec.name], "float32") for spec in states}
        shaped = {spec.output: tensorflow.ensure_shape(named[spec.output], (batch, *spec.shape)) for spec in states}
        # Every output has an operation of its own, so that no converter renames one that is another as well.
        outputs = {"mask": _mask(model, logits), "logits": logits} | shaped
        return {name: tensorflow.identity(tensor, name=name) for name, tensor in outputs.items()}

    return step


def _mask(model: Any, logits: Any) -> Any:
    import tensorflow

    if model.card.head == "frame":
        return tensorflow.cast(tensorflow.round(tensorflow.clip_by_value(logits, 0.0, 255.0)), "uint8")
    if model.card.head in ("softmax", "sigmoid"):  # Keras' own argmax treats -0.0 apart with operations that ONNX lacks
        return tensorflow.cast(tensorflow.argmax(logits, axis=-1, output_type="int32"), "uint8")
    return tensorflow.cast(logits > 0, "uint8")
