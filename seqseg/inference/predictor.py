"""Predict with a trained model: one frame and a state in, one mask and the new state out."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from seqseg.data.clips.next_frames import grey
from seqseg.errors import ConfigError, ModelError
from seqseg.frames import require_frames
from seqseg.geometry import Placement, Resizing, resizing_of_card
from seqseg.inference.along_motion import KEPT, AlongMotion
from seqseg.inference.compiling import Step, compile_step
from seqseg.inference.elsewhere import KERAS, predictor_on
from seqseg.inference.smoothing import SUM, WEIGHT, Smoothing
from seqseg.layers.placing import place_images, reflected, restore_logits
from seqseg.layers.tensor import State
from seqseg.models.card import ModelCard
from seqseg.models.clip_model import ClipModel
from seqseg.recent import Recent
from seqseg.renamed import warn_renamed

_UNSEEN = (SUM, WEIGHT, *KEPT)  # the parts of a state that the network does not see
PROGRAMS = 64  # compiled steps that are kept


class Prepared(NamedTuple):
    """Frames of one size as a compiled step takes them.

    Attributes:
        images: (n, h, w, c), padded to their canvas at native size.
        state: of every row: a stream, or each tile of a stream.
        condition: (rows, k), or None.
        window: the rows and columns of the canvas that the frames cover.
        kept: of the frames, for the state after the step; see `AlongMotion`.
    """

    images: np.ndarray
    state: State
    condition: np.ndarray | None
    window: tuple[slice, slice]
    kept: State


class Predictor:
    """Reads a model's weights and compiles one step for every size of frame.

    The state stays on the device and is a value: two cameras are two states and one predictor. It does not call
    `model.predict`, which takes a hundred times as long as a small network's step and leaks memory.

    Args:
        model: a `Segmenter` or another `ClipModel`.
        size: (height, width) of the network's input; frames are resized to it and logits back, so masks have the
            frame's size. None or "native": the frame's own size. "trained": as in training, from the model's card.
            A `Resizing`: any other way.
        exclusive: one class a pixel also for a multi-label model, whose masks are otherwise planes (h, w, classes).
        smooth: a factor below 1; masks come from a moving mean of the logits in which a frame k frames back has the
            weight smooth ** k. The mean is part of the state. 0 is off.
        along_motion: that mean moves along the optical flow between the frames, as far as it can be trusted.
        denoise: noisy frames are cleaned by the frames before them, moved along the flow, before the network sees them.
        always: with `exclusive`, the likeliest class also where a multi-label model finds none.
        xla: compile the step by XLA on TensorFlow, too: slower on CPUs, a trial worth on GPUs.
        runtime: "keras"; or "onnx", "openvino" or "litert", which runs an export of the model, made now and kept in the
            cache, or the file of `seqseg export` that `model` is the path of: what comes is an `ExportedPredictor`.
        probabilities: give (h, w, classes) float32, the probability of each class, in the place of masks.

    Example:
        >>> predictor = Predictor(load_model("runs/cells/best.keras"))
        >>> state = None
        >>> for frame in source:
        ...     mask, state = predictor.step(frame.image, state)
    """

    def __new__(cls, model: Any = None, *, runtime: str = KERAS, **options: Any) -> Any:
        return super().__new__(cls) if runtime == KERAS else predictor_on(runtime, model, options)

    def __init__(
        self,
        model: ClipModel,
        *,
        size: tuple[int, int] | Literal["trained", "native"] | Resizing | None = None,
        exclusive: bool = False,
        always: bool = False,
        smooth: float = 0.0,
        along_motion: bool = False,
        denoise: bool = False,
        xla: bool = False,
        runtime: str = KERAS,
        probabilities: bool = False,
    ) -> None:
        if along_motion and not smooth:
            raise ConfigError("along_motion moves the mean of smooth; give smooth, such as 0.6, too")
        self.model = model
        self.resizing = _resizing(size, model.card)
        self.exclusive = exclusive
        self.always = always
        self.xla = xla
        self.probabilities = probabilities
        self.smoothing = Smoothing(smooth, along_motion=along_motion) if smooth else None
        self.along = AlongMotion(smooth=along_motion, denoise=denoise) if along_motion or denoise else None
        self._compiled: Recent[Step] = Recent(PROGRAMS)

    def step(
        self, image: npt.ArrayLike, state: State | None = None, *, condition: npt.ArrayLike | None = None
    ) -> tuple[np.ndarray, State]:
        """One frame (h, w, c) of 0–255 -> its mask (h, w) of class indices in uint8, and the state for the next frame.

        A multi-label model gives planes (h, w, classes) of 0 and 1 unless `exclusive`, a frame predictor the next
        frame (h, w, c). `condition` is the vector (k,) of a conditioned model; a `state` of None is fresh.

        Raises:
            ModelError: the frame has other channels than the model, or the state belongs to another size.
        """
        vectors = None if condition is None else np.asarray(condition, "float32")[None]
        masks, state = self.step_batch(np.asarray(image)[None], state, condition=vectors)
        return masks[0], state

    def step_batch(
        self, images: np.ndarray, state: State | None = None, *, condition: np.ndarray | None = None
    ) -> tuple[np.ndarray, State]:
        """One frame of each of n streams (n, h, w, c) -> masks (n, h, w) in uint8, and the state of all n."""
        images, state, condition, window, kept = self.prepare(images, state, condition)
        size = images.shape[1:3]
        step = self.compiled(images.shape, lambda: self.whole_step(size))
        masks, state = step(images, state, condition)
        return ops.convert_to_numpy(masks)[:, *window], state | kept

    def prepare(self, images: np.ndarray, state: State | None, condition: np.ndarray | None = None) -> Prepared:
        """Frames (n, h, w, c) of one size, their state (None is fresh) and vectors (n, k), ready for a compiled step.

        Raises:
            ModelError: the frames have other channels than the model, or the state belongs to another size.
        """
        images, channels = np.ascontiguousarray(images), self.model.card.channels
        if channels == 1 and images.shape[-1] == 3:
            require_frames(images, 3)
            images = grey(images)
        require_frames(images, channels)
        count, height, width = images.shape[:3]
        placement = self.resizing.place(height, width)
        if state is None:
            state = self.initial_state(count, height, width)
        else:
            self.check_state(state, count, height, width)
        if condition is not None:
            condition = np.repeat(condition, len(placement.tiles), axis=0)
        kept: State = {}
        if self.along is not None:
            images, state, kept = self.along.look(images, state, placement)
        if self.resizing.name != "native" or not any(placement.edges):
            return Prepared(images, state, condition, (slice(None), slice(None)), kept)
        # Padded here and not in the compiled step, so that all sizes with the same canvas share one program.
        return Prepared(_on_canvas(images, placement), state, condition, placement.window, kept)

    def initial_state(self, batch: int, height: int, width: int) -> State:
        """A fresh state of `batch` streams whose frames are `height` x `width`; each tile of a frame has its own."""
        placement = self.resizing.place(height, width)
        rows = batch * len(placement.tiles)
        state: State = self.model.initial_state(rows, *placement.tile)
        state |= {name: ops.zeros(shape) for name, shape in self._smooth_shapes(rows, placement).items()}
        kept = self._kept_shapes(batch, height, width)
        return state | {name: np.zeros(shape, np.float32) for name, shape in kept.items()}

    def check_state(self, state: State, batch: int, height: int, width: int) -> None:
        """Raise ModelError unless `state` is one of `batch` streams whose frames are `height` x `width`."""
        placement = self.resizing.place(height, width)
        rows = batch * len(placement.tiles)
        expected = self._smooth_shapes(rows, placement) | self._kept_shapes(batch, height, width)
        came = {name: tuple(state[name].shape) for name in _UNSEEN if name in state}
        if came != expected:
            raise ModelError(
                f"smoothing needs a state of {expected or 'nothing'}, got {came or 'nothing'}; "
                "give the same smooth, along_motion and denoise as when the state was made, or state=None"
            )
        self.model.check_state(_without(state, came), rows, *placement.tile)

    def compiled(self, key: Hashable, make: Callable[[], Step]) -> Step:
        """The step `make()`, compiled; the last `PROGRAMS` keys are kept, since frames may come in any size."""
        return self._compiled.get(key, lambda: compile_step(self.model, make(), xla=self.xla))

    def whole_step(self, size: tuple[int, int]) -> Step:
        """`(images, state, condition) -> (masks, state)` for frames of `size`, to be compiled."""
        placement = self.resizing.place(*size)

        def step(
            images: keras.KerasTensor, state: State, condition: keras.KerasTensor | None
        ) -> tuple[keras.KerasTensor, State]:
            logits, state = self.network(place_images(images, placement), state, condition)
            return self.choose(restore_logits(logits, placement)), state

        return step

    def network(
        self, frames: keras.KerasTensor, state: State, condition: keras.KerasTensor | None
    ) -> tuple[keras.KerasTensor, State]:
        """The step without resizing: frames of the network's size -> logits, smoothed, and the state after."""
        own = _without(state, (SUM, WEIGHT))
        logits, after = self.model(frames, state=own, return_state=True, condition=condition, training=False)
        if self.smoothing is None:
            return logits, after
        logits, smooth = self.smoothing(logits, state)
        return logits, after | smooth

    def choose(self, logits: keras.KerasTensor) -> keras.KerasTensor:
        """The masks of logits; for a frame predictor, the next frames in uint8."""
        if self.model.card.head == "frame":
            return ops.cast(ops.round(ops.clip(logits, 0, 255)), "uint8")
        if self.probabilities:
            return ops.cast(self.model.probabilities(logits), "float32")
        if not self.exclusive:
            return self.model.labels(logits)
        return ops.cast(ops.argmax(logits, axis=-1), "uint8") if self.always else self.model.top_class(logits)

    @property
    def card(self) -> ModelCard:
        """What the model says of itself."""
        card: ModelCard = self.model.card
        return card

    @property
    def fitting(self) -> Resizing:
        """The former name of `resizing`."""
        warn_renamed("Predictor.fitting", "resizing")
        return self.resizing

    def _smooth_shapes(self, rows: int, placement: Placement) -> dict[str, tuple[int, ...]]:
        if self.smoothing is None:
            return {}
        return self.smoothing.initial_state_shapes(rows, *placement.tile, len(self.model.card.classes))

    def _kept_shapes(self, batch: int, height: int, width: int) -> dict[str, tuple[int, ...]]:
        if self.along is None:
            return {}
        return self.along.initial_state_shapes(batch, height, width, self.model.card.channels)


def _without(state: Mapping[str, keras.KerasTensor], names: Iterable[str]) -> State:
    return {name: tensor for name, tensor in state.items() if name not in names}


def _resizing(size: tuple[int, int] | str | Resizing | None, card: ModelCard) -> Resizing:
    if isinstance(size, Resizing):
        return size
    if size is None or size == "native":
        return Resizing("native", multiple=1)
    if isinstance(size, str) and size != "trained":
        raise ModelError(f'size must be (height, width), "trained", "native" (as None) or a Resizing, got {size!r}')
    if not isinstance(size, str):
        height, width = size
        return Resizing("resize", (height, width))
    resizing = resizing_of_card(card.fit, card.size)
    if resizing is None:
        raise ModelError("this model does not know the size it was trained on; pass size=(height, width) or None")
    return resizing


def _on_canvas(images: np.ndarray, placement: Placement) -> np.ndarray:
    """Images (n, h, w, c), padded by reflection to the size of their canvas."""
    above, below, left, right = placement.edges
    rows, columns = reflected(images.shape[1], above, below), reflected(images.shape[2], left, right)
    return np.asarray(images[:, rows[:, None], columns])
