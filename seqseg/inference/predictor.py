"""The stateful copy of a trained model: one frame in, one mask out, the state in the caller's hand."""

import keras
import numpy as np
from keras import ops

from seqseg.errors import ModelError
from seqseg.layers.resize import resize_to, shrink_to


class Predictor:
    """Reads a model's weights and compiles one step for every size of frame that comes by.

    The state stays on the device and is a value: two cameras are two states and one predictor. It never calls
    `model.predict`, which costs a hundred times a small net's step and leaks.

    Args:
        model: a `Segmenter`.
        size: (height, width) that the network works at; frames are resized to it and the logits back, so that masks
            have the source's size. None works at the source's own size; "trained" fits the frame into the size of the
            clips the model was trained on, keeping its shape, and never enlarges.
        exclusive: one class a pixel even of a multi-label model, whose masks are planes (h, w, classes) otherwise.

    Example:
        >>> predictor = Predictor(load_model("runs/cells/best.keras"))
        >>> state = None
        >>> for frame in source:
        ...     mask, state = predictor.step(frame.image, state)
    """

    def __init__(self, model, *, size=None, exclusive=False):
        if size == "trained" and model.card.size is None:
            raise ModelError("this model does not know the size it was trained on; pass size=(height, width) or None")
        self.model = model
        self.size = size
        self.exclusive = exclusive
        self._compiled = {}

    def step(self, image, state=None, *, condition=None):
        """One frame (h, w, c) of 0–255 -> its mask (h, w) of class indices in uint8, and the state for the next frame.

        A multi-label model gives planes (h, w, classes) of 0 and 1 unless `exclusive`. `condition` is the vector (k,)
        of a conditioned model.

        Raises:
            ModelError: the frame is no image of the model's channels, or the state belongs to another size.
        """
        condition = None if condition is None else np.asarray(condition)[None]
        masks, state = self.step_batch(self._one(image), state, condition=condition)
        return masks[0], state

    def step_batch(self, images, state=None, *, condition=None):
        """One frame of each of n streams (n, h, w, c) -> masks (n, h, w) in uint8, and the state of all n."""
        images = np.ascontiguousarray(images)
        if state is None:
            state = self.initial_state(*images.shape[:3])
        else:
            self.model.check_state(state, len(images), *self.working_size(*images.shape[1:3]))
        masks, state = self._compiled_for(images.shape)(images, state, condition)
        return ops.convert_to_numpy(masks), state

    def initial_state(self, batch, height, width):
        """An empty memory for `batch` streams whose frames are `height` x `width`."""
        return self.model.initial_state(batch, *self.working_size(height, width))

    def working_size(self, height, width):
        """The size that the network sees of a frame of `height` x `width`."""
        if self.size is None:
            return height, width
        if self.size != "trained":
            return tuple(self.size)
        trained_height, trained_width = self.model.card.size
        scale = min(1, trained_height / height, trained_width / width)
        return max(1, round(height * scale)), max(1, round(width * scale))

    def _one(self, image):
        image = np.asarray(image)
        channels = self.model.card.channels
        if image.ndim != 3 or image.shape[-1] != channels:
            raise ModelError(f"a frame must be (h, w, {channels}), got shape {image.shape}")
        return image[None]

    def _compiled_for(self, shape):
        if shape not in self._compiled:
            choose = self.model.surest if self.exclusive else self.model.labels
            self._compiled[shape] = _compile(self.model, choose, self.working_size(*shape[1:3]), shape[1:3])
        return self._compiled[shape]


def _compile(model, choose, working_size, source_size):
    """`(images, state, condition) -> (masks, state)` as one compiled call of the backend at hand."""

    def step(images, state, condition):
        frames = _fit(images, working_size)
        logits, state = model(frames, state=state, return_state=True, condition=condition, training=False)
        logits = resize_to(logits, source_size)
        return choose(logits), state

    return _COMPILERS[keras.backend.backend()](model, step)


def _fit(images, size):
    """Frames at the working size, shrunk as training shrinks them."""
    height, width = images.shape[1:3]
    if size[0] > height or size[1] > width:
        return resize_to(images, size)
    return images if tuple(size) == (height, width) else shrink_to(images, size)


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
