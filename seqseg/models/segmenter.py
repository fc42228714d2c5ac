"""Encoder, memory, decoder and head, composed by pyramid levels."""

from typing import NamedTuple

import keras
from keras import ops

from seqseg.errors import ModelError
from seqseg.layers import FiLM, fold, resize_to, unfold, unroll
from seqseg.layers.channels import in_channels, stacked
from seqseg.models.card import ModelCard
from seqseg.models.clip_model import ClipModel
from seqseg.models.head import frames_of, logits_of, score_maps
from seqseg.models.levels import LOGITS, level_of, level_size
from seqseg.models.surgery import add_l2
from seqseg.models.temporal import Memory
from seqseg.models.temporal.motion import Motion, motion_of, motion_shapes

STACK = "stack/frames"  # the state of a model that sees several frames at once


@keras.saving.register_keras_serializable("seqseg")
class Segmenter(ClipModel):
    """Encoder, memory, decoder and head: clips (n, t, h, w, c) of RGB 0–255 -> logits (n, t, h, w, classes).

    A rank-4 input is a batch of images (n, h, w, c) and gives (n, h, w, classes). Any height, width and batch.

    Args:
        backbone: images -> dict of pyramid levels; see `seqseg.models.backbones`.
        temporal: dict of place -> cell or `Memory`, whose output takes the place's. A place is a level such as "P3", or
            "logits"; cells stacked there are "P3.0", "P3.1", …, first to last. Empty: an image model.
        decoder: dict of levels -> features; one with `gives_scores` makes the maps of scores itself.
        card: a `ModelCard`; its classes and head give the number of logits (with head "frame" the outputs are the next
            frames, see `head.py`), its `condition` the length of the vector
            that conditions the coarsest level (0: none), see `FiLM`.

    Example:
        >>> model = build_model("unet_lstm", classes=["background", "cell"])
        >>> logits = model(clip)                    # a clip, from a fresh state
        >>> logits, state = model.run(clip, state)  # going on from where the last clip ended
    """

    def __init__(self, *, backbone, temporal, decoder, card, **kwargs):
        # The state stays in float32 under mixed precision; the parts cast what they take themselves.
        super().__init__(autocast=False, **kwargs)
        self.backbone = backbone
        self.temporal = dict(temporal)
        self.decoder = decoder
        self.card = card
        self.head = None
        if not getattr(decoder, "gives_scores", False):
            # Logits stay in float32: losses and argmax need the precision, the last convolution not the speed.
            # A predictor of residual frames begins by repeating the last one, which is hard to beat.
            start = "zeros" if card.head == "frame" and card.output != "plain" else "glorot_uniform"
            self.head = keras.layers.Conv2D(self._scores, 1, dtype="float32", kernel_initializer=start, name="head")
        self.film = FiLM(dtype=backbone.dtype_policy, name="film") if card.condition else None
        self.build()

    def build(self, _=None):
        """Make every weight. Nothing depends on the size of the images, so nothing waits for the first one."""
        if self.built:
            return
        self._check_levels()
        _build_once(self.backbone, (None, None, None, self.card.channels * self.card.stack))
        channels = dict(self.backbone.channels)
        if self.film is not None:
            bottleneck = (None, None, None, channels[self.backbone.levels[-1]])
            _build_once(self.film, bottleneck, (None, self.card.condition))
        self._build_memories(channels)
        shapes = {level: (None, None, None, channels[level]) for level in self.backbone.levels}
        _build_once(self.decoder, shapes)
        if self.head is not None:
            _build_once(self.head, self.decoder.compute_output_shape(shapes))
        self._build_memories({LOGITS: self._scores})
        self.built = True
        if self.card.l2:
            add_l2(self, self.card.l2)

    def initial_state(self, batch, height, width):
        """An empty memory for `batch` streams of `height` x `width`: a flat dict such as {"P3/h": …, "P3/c": …}."""
        state = {
            f"{place}/{name}": tensor
            for place, cell in self.temporal.items()
            for name, tensor in cell.initial_state(batch, *self._size_at(place, height, width)).items()
        }
        shapes = self._shapes_of_frames(batch, height, width)
        return state | {name: ops.zeros(shape) for name, shape in shapes.items()}

    def get_config(self):
        return super().get_config() | {
            "backbone": keras.saving.serialize_keras_object(self.backbone),
            "temporal": {place: keras.saving.serialize_keras_object(cell) for place, cell in self.temporal.items()},
            "decoder": keras.saving.serialize_keras_object(self.decoder),
            "card": self.card.to_dict(),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for part in ("backbone", "decoder"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        config["temporal"] = {
            place: keras.saving.deserialize_keras_object(cell) for place, cell in config["temporal"].items()
        }
        config["card"] = ModelCard.from_dict(config["card"])
        return cls(**config)

    @property
    def _scores(self):
        return score_maps(self.card.head, len(self.card.classes), self.card.channels)

    @property
    def encoder_variables(self):
        """The variables of the encoder, which may learn at a rate of their own."""
        return self.backbone.variables

    def logits_and_features(self, clip, *, training=None):
        """The logits of a clip (n, t, h, w, c) from a fresh state, and the features (n * t, h, w, k) the head reads.

        For a second head while training; only a model that has a head apart from its decoder has such features.
        """
        clip = in_channels(clip, self.card.channels)
        batch, timesteps, height, width, _ = ops.shape(clip)
        passage = self._begin(clip, timesteps, self.initial_state(batch, height, width), training)
        features = self._features(passage, None)
        return self._answer(features, passage)[0], features

    def _run(self, clip, state, condition, training):
        passage = self._begin(clip, ops.shape(clip)[1], state, training)
        return self._answer(self._features(passage, condition), passage)

    def _begin(self, clip, timesteps, state, training):
        """The only place where time is folded into the batch, and where motion is computed."""
        frames = fold(clip)
        motion, after = motion_of(frames, timesteps, state) if self._warps else (None, {})
        seen = frames
        if self.card.stack > 1:
            seen, after[STACK] = stacked(clip, state[STACK], self.card.stack)
            seen = fold(seen)
        return _Passage(frames, seen, timesteps, state, after, motion, training)

    def _features(self, passage, condition):
        """Every frame passes the same encoder and decoder."""
        pyramid = dict(self.backbone(passage.seen, training=passage.training))
        if self.film is not None:
            coarsest = self.backbone.levels[-1]
            pyramid[coarsest] = self.film(pyramid[coarsest], _for_each_frame(condition, passage.timesteps))
        for level in self.backbone.levels:
            pyramid[level] = self._remember(level, pyramid[level], passage)
        return self.decoder(pyramid, training=passage.training)

    def _answer(self, features, passage):
        """Logits or frames from the decoder's features, and the state after the clip."""
        frames = passage.frames
        scores = ops.cast(features, "float32") if self.head is None else self.head(features)
        scores = self._remember(LOGITS, scores, passage)
        scores = resize_to(scores, ops.shape(frames)[1:3])
        if self.card.head == "frame":
            logits = frames_of(scores, frames, self.card.output)
        else:
            logits = logits_of(scores, self.card.head)
        # In the order of `temporal`, so that states look the same wherever they come from.
        return unfold(logits, passage.timesteps), {name: passage.after[name] for name in passage.state}

    def _remember(self, level, features, passage):
        """Pass folded features through the memories at a level, which put their states into `passage.after`."""
        for place, cell in self._memories_at(level):
            memory = {name: passage.state[f"{place}/{name}"] for name in cell.state_names}
            clip, flow = unfold(features, passage.timesteps), None
            if _warps(cell):
                flow = unfold(passage.motion.at(ops.shape(features)[1:3]), passage.timesteps)
            if isinstance(cell, Memory):
                clip, memory = cell(clip, memory, training=passage.training, flow=flow)
            else:
                clip, memory = unroll(cell, clip, memory)
            features = fold(clip)
            passage.after.update({f"{place}/{name}": tensor for name, tensor in memory.items()})
        return features

    @property
    def _warps(self):
        return any(map(_warps, self.temporal.values()))

    def _memories_at(self, level):
        return [(place, cell) for place, cell in self.temporal.items() if level_of(place) == level]

    def _build_memories(self, channels):
        """Build those at the levels in `channels`, and put there the channels that they give."""
        for place, cell in self.temporal.items():
            level = level_of(place)
            if level in channels:
                _build_once(cell, (None, None, None, channels[level]))
                channels[level] = cell.output_channels(channels[level])

    def _size_at(self, place, height, width):
        level = level_of(place)
        return level_size(self.decoder.output_level(self.backbone.levels) if level == LOGITS else level, height, width)

    def _check_levels(self):
        for place in self.temporal:
            if level_of(place) not in (*self.backbone.levels, LOGITS):
                raise ModelError(
                    f"memory asked for at level {level_of(place)}, but this model has "
                    f"{', '.join(self.backbone.levels)} and {LOGITS}"
                )

    def initial_state_shapes(self, batch, height, width):
        """The shapes of `initial_state`, without making it: {"P3/h": (n, h, w, filters), …}."""
        shapes = {
            f"{place}/{name}": (batch, *self._size_at(place, height, width), cell.filters)
            for place, cell in self.temporal.items()
            for name in cell.state_names
        }
        return shapes | self._shapes_of_frames(batch, height, width)

    def _shapes_of_frames(self, batch, height, width):
        """The parts of a state that hold frames and their motion."""
        shapes = motion_shapes(batch, height, width) if self._warps else {}
        if self.card.stack > 1:
            shapes[STACK] = (batch, height, width, (self.card.stack - 1) * self.card.channels)
        return shapes


class _Passage(NamedTuple):
    """A clip on its way through: folded frames (n * t, h, w, c), what the encoder sees of them, the states before and
    after, the motion if any."""

    frames: keras.KerasTensor
    seen: keras.KerasTensor
    timesteps: int
    state: dict
    after: dict
    motion: Motion | None
    training: bool | None


def _warps(cell):
    return getattr(cell, "warp", False)


def _build_once(part, *shapes):
    """Parts read from a file come built."""
    if not part.built:
        part.build(*shapes)


def _for_each_frame(condition, timesteps):
    """Vectors (n, k) or (n, t, k) -> (n * t, k), as folded frames need them."""
    if len(condition.shape) == 2:
        batch, length = ops.shape(condition)
        condition = ops.broadcast_to(condition[:, None], (batch, timesteps, length))
    return fold(condition)
