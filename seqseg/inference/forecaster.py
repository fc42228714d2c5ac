"""The frames that follow, from a stream: one frame in, the next ones out, the state in the caller's hand."""

import numpy as np
from keras import ops

from seqseg.data.next_frames import grey
from seqseg.errors import ConfigError, ModelError
from seqseg.inference.predictor import Predictor
from seqseg.layers.fitting import place_images, replace_logits


class Forecaster:
    """Predicts the next `frames` frames after every frame of a stream, rolled out from a memory that goes on.

    Args:
        model: one that predicts frames.
        frames: how many.
        size: what the network works at, as `Predictor`'s; predictions have the source's size.

    Raises:
        ModelError: the model finds classes and predicts no frames.

    Example:
        >>> forecaster, state = Forecaster(load_model("runs/next/best.keras"), frames=10), None
        >>> for frame in source:
        ...     future, state = forecaster.step(frame.image, state)   # future[0] is what should come next
    """

    def __init__(self, model, *, frames, size=None):
        if model.card.head != "frame":
            raise ModelError(
                f"this {model.card.model} finds classes and predicts no frames; give a run that was trained with "
                "--model frame_predictor or training.task = next_frame"
            )
        if frames < 1:
            raise ConfigError(f"forecast at least 1 frame, got {frames}")
        self.model = model
        self.frames = frames
        self._predictor = Predictor(model, size=size)

    def seen(self, image):
        """The image (h, w, 3) as the model sees colours: itself, or grey (h, w, 1)."""
        return grey(image) if self.model.card.channels == 1 else image

    def step(self, image, state=None):
        """One frame (h, w, 3) -> the next ones uint8 (frames, h, w, c), and the state for the frame that comes."""
        images = np.ascontiguousarray(self.seen(np.asarray(image)))[None]
        if images.ndim != 4 or images.shape[-1] != self.model.card.channels:
            raise ModelError(f"a frame must be (h, w, {self.model.card.channels}), got shape {images.shape[1:]}")
        predictor = self._predictor
        if state is None:
            state = predictor.initial_state(*images.shape[:3])
        else:
            predictor.check_state(state, *images.shape[:3])
        images, window = predictor.on_canvas(images)
        shape = images.shape
        step = predictor.compiled(("forecast", shape), lambda: self._whole_step(shape[1:3]))
        future, state = step(images, state, None)
        return ops.convert_to_numpy(future)[:, 0, *window], state

    def _whole_step(self, size):
        placement = self._predictor.fitting.place(*size)

        def step(images, state, _):
            frame, state = self.model(place_images(images, placement), state=state, return_state=True, training=False)
            future, rolling = [frame], state
            while len(future) < self.frames:
                frame, rolling = self.model(frame, state=rolling, return_state=True, training=False)
                future.append(frame)
            return ops.stack([_pixels(replace_logits(one, placement)) for one in future]), state

        return step


def _pixels(frames):
    return ops.cast(ops.round(ops.clip(frames, 0, 255)), "uint8")
