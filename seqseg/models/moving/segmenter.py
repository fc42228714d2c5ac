"""Moving objects in front of a fixed camera: a background memory, and a network that weighs its features."""

from typing import Any

import keras
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.layers import resize_to
from seqseg.layers.tensor import Config, Shape, State, Tensor
from seqseg.models.card import ModelCard
from seqseg.models.clip_model import ClipModel
from seqseg.models.head import logits_of, probabilities_of
from seqseg.models.moving.features import feature_count, features
from seqseg.models.moving.net import TrustNet
from seqseg.models.surgery import add_l2
from seqseg.models.temporal.background import NAMES, Seen, look, state_shapes, update

PLACE = "background"
WORKING_SIDE = 200
"""Frames of a longer side than this are averaged down by a whole number; masks have the frames' own size."""


@keras.saving.register_keras_serializable("seqseg")
class MovingSegmenter(ClipModel):
    """Clips (n, t, h, w, c) of 0–255 from a fixed camera -> logits (n, t, h, w, classes).

    The first class is the background. The probability of all others closes the gates of the memory at that pixel.

    Args:
        net: a `TrustNet`.
        card: a `ModelCard`; its head may be "softmax", "sigmoid" or "multi_label".

    Example:
        >>> model = build_model("moving", classes=["background", "moving"], head="sigmoid")
        >>> logits, state = model.run(frames, state)
    """

    fixed_camera = True

    def __init__(self, *, net: TrustNet, card: ModelCard, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        if card.head == "frame":
            raise ConfigError(f"{card.model} finds classes and predicts no frames; leave head out")
        self.net = net
        self.card = card
        self.build()

    def build(self, _: Shape | None = None) -> None:
        """Make every weight; nothing depends on the size of the frames."""
        if self.built:
            return
        if not self.net.built:
            self.net.build((None, None, None, feature_count(self.card.channels)))
        self.built = True
        if self.card.l2:
            add_l2(self, self.card.l2)

    def initial_state(self, batch: int, height: int, width: int) -> State:
        """An empty memory for `batch` streams of `height` x `width`: a flat dict such as {"background/first": …}."""
        return {name: ops.zeros(shape) for name, shape in self.initial_state_shapes(batch, height, width).items()}

    def initial_state_shapes(self, batch: int, height: int, width: int) -> dict[str, Shape]:
        """The shapes of `initial_state`, without making it."""
        shapes = state_shapes(batch, *working_size(height, width), self.card.channels)
        return {f"{PLACE}/{name}": shape for name, shape in shapes.items()}

    def get_config(self) -> Config:
        return super().get_config() | {
            "net": keras.saving.serialize_keras_object(self.net),
            "card": self.card.to_dict(),
        }

    @classmethod
    def from_config(cls, config: Config) -> "MovingSegmenter":
        net = keras.saving.deserialize_keras_object(config["net"])
        return cls(**(config | {"net": net, "card": ModelCard.from_dict(config["card"])}))

    def moving(self, scores: Tensor) -> Tensor:
        """How likely each pixel is anything but the first class, (n, 1, h, w), of scores (n, h, w, maps)."""
        if self.card.head == "sigmoid":
            return ops.expand_dims(ops.sigmoid(scores[..., 0]), 1)
        probabilities = probabilities_of(logits_of(scores, self.card.head), self.card.head)
        if self.card.head == "multi_label":
            return ops.expand_dims(ops.max(probabilities, axis=-1), 1)
        return ops.expand_dims(1 - probabilities[..., 0], 1)

    def scores_of(self, seen: Seen, *, training: bool | None = None) -> Tensor:
        """Scores (n, h, w, maps) at working size of what `look` saw of a frame."""
        return self.net(features(seen), training=training)

    def _run(self, clip: Tensor, state: State, condition: Tensor | None, training: bool | None) -> tuple[Tensor, State]:
        timesteps, size = clip.shape[1], clip.shape[2:4]
        if timesteps is None or None in tuple(size):
            raise ModelError(f"{self.card.model} needs clips of known length and size, got {tuple(clip.shape)}")
        state = {name: state[f"{PLACE}/{name}"] for name in NAMES}
        outputs = []
        for frame in ops.unstack(clip, timesteps, axis=1):
            seen = look(shrunk(frame), state)
            scores = self.scores_of(seen, training=training)
            state = update(seen, ops.stop_gradient(self.moving(scores)))
            outputs.append(logits_of(enlarged(scores, size), self.card.head))
        return ops.stack(outputs, axis=1), {f"{PLACE}/{name}": state[name] for name in NAMES}


def shrink_factor(height: int, width: int) -> int:
    """How many pixels of a frame, in each direction, become one of the memory."""
    return -(-max(height, width) // WORKING_SIDE)


def working_size(height: int, width: int) -> tuple[int, int]:
    """The size of the memory of frames of `height` x `width`."""
    factor = shrink_factor(height, width)
    return -(-height // factor), -(-width // factor)


def shrunk(frames: Tensor) -> Tensor:
    """Frames (n, h, w, c) -> planes (n, c, h, w) in float32 at working size; the border is repeated.

    Each pixel is the mean of those it stands for.
    """
    factor = shrink_factor(*frames.shape[1:3])
    frames = ops.cast(frames, "float32")
    if factor > 1:
        frames = ops.average_pool(_padded(frames, factor), factor, strides=factor, data_format="channels_last")
    return ops.transpose(frames, (0, 3, 1, 2))


def enlarged(scores: Tensor, size: tuple[int, int]) -> Tensor:
    """Scores at working size -> at the frames' `size`."""
    height, width = size
    factor = shrink_factor(height, width)
    if factor == 1:
        return scores
    rows, columns = scores.shape[1:3]
    return resize_to(scores, (rows * factor, columns * factor))[:, :height, :width]


def _padded(frames: Tensor, factor: int) -> Tensor:
    """The last row and column repeated up to a multiple of `factor`."""
    for axis in (1, 2):
        missing = -frames.shape[axis] % factor
        if missing:
            last = frames[:, -1:] if axis == 1 else frames[:, :, -1:]
            frames = ops.concatenate([frames, ops.repeat(last, missing, axis=axis)], axis=axis)
    return frames
