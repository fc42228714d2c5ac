"""The frames that follow, from a stream: one frame in, the next ones out, the state in the caller's hand."""

import numpy as np
from keras import ops

from seqseg.data.clips.next_frames import grey
from seqseg.errors import ConfigError, ModelError
from seqseg.inference.predictor import Predictor
from seqseg.layers.placing import place_images, replace_logits


class Forecaster:
    """Predicts the next `frames` frames after every frame of a stream, rolled out from a memory that goes on.

    Args:
        model: one that predicts frames.
        frames: how many.
        size: what the network works at, as `Predictor`'s; predictions have the source's size.
        adaptation: an `Adaptation`, which corrects the first of the frames by what came of those before.

    Raises:
        ModelError: the model finds classes and predicts no frames.

    Example:
        >>> forecaster, state = Forecaster(load_model("runs/next/best.keras"), frames=10), None
        >>> for frame in source:
        ...     future, state = forecaster.step(frame.image, state)   # future[0] is what should come next
    """

    def __init__(self, model, *, frames, size=None, adaptation=None):
        if model.card.head != "frame":
            raise ModelError(
                f"this {model.card.model} finds classes and predicts no frames; give a run that was trained with "
                "--model frame_predictor or training.task = next_frame"
            )
        if frames < 1:
            raise ConfigError(f"forecast at least 1 frame, got {frames}")
        self.model = model
        self.frames = frames
        self.adaptation = adaptation
        self._predictor = Predictor(model, size=size)

    def seen(self, image):
        """The image (h, w, 3) as the model sees colours: itself, or grey (h, w, 1)."""
        return grey(image) if self.model.card.channels == 1 else image

    def step(self, image, state=None):
        """One frame (h, w, 3) -> the next ones uint8 (frames, h, w, c), and the state for the frame that comes."""
        image = np.ascontiguousarray(self.seen(np.asarray(image)))
        if image.ndim != 3 or image.shape[-1] != self.model.card.channels:
            raise ModelError(f"a frame must be (h, w, {self.model.card.channels}), got shape {image.shape}")
        state, memory = (None, None) if state is None else state
        future, state = self._roll_out(image[None], state)
        if self.adaptation is not None:
            future[0], memory = self.adaptation.step(image, future[0], memory)
        return future, (state, memory)

    def missed(self, state):
        """The state when frames were lost on the way to the next one."""
        if state is None or self.adaptation is None:
            return state
        return state[0], self.adaptation.missed(state[1])

    def _roll_out(self, images, state):
        """One frame (1, h, w, c) -> the next ones as the network has them (frames, h, w, c), and its state."""
        predictor = self._predictor
        if state is None:
            state = predictor.initial_state(*images.shape[:3])
        else:
            predictor.check_state(state, *images.shape[:3])
        images, window = predictor.on_canvas(images)
        size = images.shape[1:3]
        first = predictor.compiled(("first", images.shape), lambda: self._first(size))
        # Rolled out by a step of its own: all steps in one program would take as many times as long to compile.
        following = predictor.compiled(("following", images.shape), lambda: self._following(size))
        (frame, pixels), state = first(images, state, None)
        future, rolling = [pixels], state
        while len(future) < self.frames:
            (frame, pixels), rolling = following(frame, rolling, None)
            future.append(pixels)
        return np.concatenate([ops.convert_to_numpy(one)[:, *window] for one in future]), state

    def _first(self, size):
        """From the image of a stream to the first frame after it, as the network has it and as a picture."""
        placement, following = self._predictor.resizing.place(*size), self._following(size)
        return lambda images, state, _: following(place_images(images, placement), state, None)

    def _following(self, size):
        placement = self._predictor.resizing.place(*size)

        def step(frame, state, _):
            frame, state = self.model(frame, state=state, return_state=True, training=False)
            return (frame, self._predictor.choose(replace_logits(frame, placement))), state

        return step
