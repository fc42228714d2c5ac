"""The stateful copy of a trained model: one frame in, one mask out, the state in the caller's hand."""

import keras
import numpy as np
from keras import ops

from seqseg.errors import ModelError
from seqseg.geometry import Resizing, resizing_of_card
from seqseg.inference.smoothing import SUM, WEIGHT, Smoothing
from seqseg.layers.placing import place_images, reflected, replace_logits
from seqseg.renamed import warn_renamed

PROGRAMS = 64  # compiled steps that are kept


class Predictor:
    """Reads a model's weights and compiles one step for every size of frame that comes by.

    The state stays on the device and is a value: two cameras are two states and one predictor. It never calls
    `model.predict`, which costs a hundred times a small net's step and leaks.

    Args:
        model: a `Segmenter`.
        size: (height, width) that the network works at; frames are resized to it and the logits back, so that masks
            have the source's size. None works at the source's own size; "trained" fits frames as they were fitted in
            training, as the model's card says; a `Resizing` fits them in any other way.
        exclusive: one class a pixel even of a multi-label model, whose masks are planes (h, w, classes) otherwise.
        smooth: 0.6 makes masks of a moving mean of the logits, in which a frame k frames back weighs 0.6 ** k. The mean
            is a part of the state, so that an image model has one, too. 0 is off.
        always: with `exclusive`, a class also where a multi-label model sees none: that which comes nearest.

    Example:
        >>> predictor = Predictor(load_model("runs/cells/best.keras"))
        >>> state = None
        >>> for frame in source:
        ...     mask, state = predictor.step(frame.image, state)
    """

    def __init__(self, model, *, size=None, exclusive=False, always=False, smooth=0.0):
        self.model = model
        self.resizing = _resizing(size, model.card)
        self.exclusive = exclusive
        self.always = always
        self.smoothing = Smoothing(smooth) if smooth else None
        self._compiled = {}

    def step(self, image, state=None, *, condition=None):
        """One frame (h, w, c) of 0–255 -> its mask (h, w) of class indices in uint8, and the state for the next frame.

        A multi-label model gives planes (h, w, classes) of 0 and 1 unless `exclusive`, a predictor of frames the next
        frame (h, w, c). `condition` is the vector (k,)
        of a conditioned model.

        Raises:
            ModelError: the frame is no image of the model's channels, or the state belongs to another size.
        """
        condition = None if condition is None else np.asarray(condition, "float32")[None]
        masks, state = self.step_batch(self._one(image), state, condition=condition)
        return masks[0], state

    def step_batch(self, images, state=None, *, condition=None):
        """One frame of each of n streams (n, h, w, c) -> masks (n, h, w) in uint8, and the state of all n."""
        images = np.ascontiguousarray(images)
        tiles = len(self.resizing.place(*images.shape[1:3]).tiles)
        if state is None:
            state = self.initial_state(*images.shape[:3])
        else:
            self.check_state(state, *images.shape[:3])
        if condition is not None and tiles > 1:
            condition = np.repeat(condition, tiles, axis=0)
        images, window = self.on_canvas(images)
        shape = images.shape
        step = self.compiled(shape, lambda: self.whole_step(shape[1:3]))
        masks, state = step(images, state, condition)
        return ops.convert_to_numpy(masks)[:, *window], state

    def initial_state(self, batch, height, width):
        """An empty memory for `batch` streams whose frames are `height` x `width`; each tile of a frame has its own."""
        placement = self.resizing.place(height, width)
        rows = batch * len(placement.tiles)
        state = self.model.initial_state(rows, *placement.tile)
        return state | {name: ops.zeros(shape) for name, shape in self._smooth_shapes(rows, placement).items()}

    def check_state(self, state, batch, height, width):
        """Raise ModelError unless `state` is one of `batch` streams whose frames are `height` x `width`."""
        placement = self.resizing.place(height, width)
        rows = batch * len(placement.tiles)
        expected = self._smooth_shapes(rows, placement)
        came = {name: tuple(state[name].shape) for name in (SUM, WEIGHT) if name in state}
        if came != expected:
            raise ModelError(
                f"smoothing needs a state of {expected or 'nothing'}, got {came or 'nothing'}; "
                "give the same smooth as when the state was made, or state=None to start afresh"
            )
        self.model.check_state(_without(state, came), rows, *placement.tile)

    @property
    def fitting(self) -> Resizing:
        """The former name of `resizing`."""
        warn_renamed("Predictor.fitting", "resizing")
        return self.resizing

    def _one(self, image):
        image = np.asarray(image)
        channels = self.model.card.channels
        if image.ndim != 3 or image.shape[-1] != channels:
            raise ModelError(f"a frame must be (h, w, {channels}), got shape {image.shape}")
        return image[None]

    def on_canvas(self, images):
        """Images (n, h, w, c) as they are compiled for, and the rows and columns of their masks that count.

        At the source's own size they are padded here and not in the compiled step: sizes of one canvas share it.
        """
        placement = self.resizing.place(*images.shape[1:3])
        if self.resizing.name != "native" or not any(placement.edges):
            return images, (slice(None), slice(None))
        return _canvas(images, placement), placement.window

    def compiled(self, key, make):
        """The function `make()` of three arguments as one compiled call of the backend at hand, made once a key.

        Cameras of ever other sizes may come and go, so only the last so many that were used are kept.
        """
        step = self._compiled.pop(key, None) or _COMPILERS[keras.backend.backend()](self.model, make())
        self._compiled[key] = step
        if len(self._compiled) > PROGRAMS:
            del self._compiled[next(iter(self._compiled))]
        return step

    def whole_step(self, size):
        """`(images, state, condition) -> (masks, state)` for frames of `size`, to be compiled."""
        placement = self.resizing.place(*size)

        def step(images, state, condition):
            logits, state = self.network(place_images(images, placement), state, condition)
            return self.choose(replace_logits(logits, placement)), state

        return step

    def network(self, frames, state, condition):
        """What the network sees -> its logits, smoothed, and the state: a step without its resizing."""
        own = _without(state, (SUM, WEIGHT))
        logits, after = self.model(frames, state=own, return_state=True, condition=condition, training=False)
        if self.smoothing is None:
            return logits, after
        logits, smooth = self.smoothing(logits, state)
        return logits, after | smooth

    def choose(self, logits):
        """Masks of logits; of a predictor of frames, the next frames in uint8."""
        if self.model.card.head == "frame":
            return ops.cast(ops.round(ops.clip(logits, 0, 255)), "uint8")
        if not self.exclusive:
            return self.model.labels(logits)
        return _nearest(logits) if self.always else self.model.top_class(logits)

    def _smooth_shapes(self, rows, placement):
        if self.smoothing is None:
            return {}
        return self.smoothing.initial_state_shapes(rows, *placement.tile, len(self.model.card.classes))


def _without(state, names):
    return {name: tensor for name, tensor in state.items() if name not in names}


def _resizing(size, card):
    if isinstance(size, Resizing):
        return size
    if size is None:
        return Resizing("native", multiple=1)
    if size != "trained":
        return Resizing("resize", tuple(size))
    resizing = resizing_of_card(card.fit, card.size)
    if resizing is None:
        raise ModelError("this model does not know the size it was trained on; pass size=(height, width) or None")
    return resizing


def _canvas(images, placement):
    """Images (n, h, w, c) continued by reflection to the size of their canvas."""
    above, below, left, right = placement.edges
    rows, columns = reflected(images.shape[1], above, below), reflected(images.shape[2], left, right)
    return images[:, rows[:, None], columns]


def _nearest(logits):
    return ops.cast(ops.argmax(logits, axis=-1), "uint8")


def _compile_tensorflow(_, step):
    import tensorflow

    return tensorflow.function(step, autograph=False, jit_compile=False)


def _compile_jax(model, step):
    import jax

    @jax.jit
    def stateless(variables, images, state, condition):
        # Weights are arguments, or JAX would bake them into the program as constants.
        with keras.StatelessScope(list(zip(model.variables, variables, strict=True))):
            return step(images, state, condition)

    return lambda *inputs: stateless([variable.value for variable in model.variables], *inputs)


def _compile_torch(_, step):
    import torch

    def without_gradients(images, state, condition):
        with torch.inference_mode():
            return step(ops.convert_to_tensor(images), state, condition)

    return without_gradients


_COMPILERS = {"tensorflow": _compile_tensorflow, "jax": _compile_jax, "torch": _compile_torch}
