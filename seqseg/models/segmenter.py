"""One network, two views, explicit state: the contract that every model keeps."""

import keras
import numpy as np
from keras import ops

from seqseg.errors import ModelError
from seqseg.layers import fold, resize_to, unfold, unroll
from seqseg.models.card import ModelCard


@keras.saving.register_keras_serializable("seqseg")
class Segmenter(keras.Model):
    """Encoder, memory, decoder and head: clips (n, t, h, w, c) of RGB 0–255 -> logits (n, t, h, w, classes).

    A rank-4 input is a batch of images (n, h, w, c) and gives (n, h, w, classes). Any height, width and batch.

    Args:
        backbone: images -> dict of pyramid levels; see `seqseg.models.backbones`.
        temporal: dict of level -> cell. The cell's output takes the level's place. Empty: an image model.
        decoder: dict of levels -> features.
        card: a `ModelCard`; its classes give the number of logits.

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
        # Logits stay in float32: losses and argmax need the precision, the last convolution does not need the speed.
        self.head = keras.layers.Conv2D(len(card.classes), 1, dtype="float32", name="head")
        self.build()

    def build(self, _=None):
        """Make every weight. Nothing depends on the size of the images, so nothing waits for the first one."""
        if self.built:
            return
        self._check_levels()
        _build_once(self.backbone, (None, None, None, self.card.channels))
        channels = dict(self.backbone.channels)
        for level, cell in self.temporal.items():
            _build_once(cell, (None, None, None, channels[level]))
            channels[level] = cell.filters
        shapes = {level: (None, None, None, count) for level, count in channels.items()}
        _build_once(self.decoder, shapes)
        _build_once(self.head, self.decoder.compute_output_shape(shapes))
        self.built = True

    def call(self, clip, state=None, return_state=False, training=None):
        images = len(clip.shape) == 4
        if images:
            clip = ops.expand_dims(clip, 1)
        if state is None:
            state = self._fresh_state(clip)
        logits, state = self._run(clip, state, training)
        if images:
            logits = ops.squeeze(logits, 1)
        return (logits, state) if return_state else logits

    def run(self, clip, state=None, *, training=False):
        """The outputs and the state after the last frame; feed it back to go on where this clip ended.

        Args:
            clip: (n, t, h, w, c), or (n, h, w, c) for one frame of each of n streams. RGB 0–255, uint8 or float.
            state: what an earlier `run` gave back for frames of this size; None is fresh.

        Raises:
            ModelError: the clip has other channels than the model, or the state is of another size.
        """
        clip = ops.convert_to_tensor(clip)
        self._check_clip(clip)
        if state is not None:
            state = {name: ops.convert_to_tensor(tensor) for name, tensor in state.items()}
            self._check_state(clip, state)
        return self(clip, state=state, return_state=True, training=training)

    def initial_state(self, batch, height, width):
        """An empty memory for `batch` streams of `height` x `width`: a flat dict such as {"P3/h": …, "P3/c": …}."""
        return {
            f"{level}/{name}": tensor
            for level, cell in self.temporal.items()
            for name, tensor in cell.initial_state(batch, *level_size(level, height, width)).items()
        }

    def get_config(self):
        return super().get_config() | {
            "backbone": keras.saving.serialize_keras_object(self.backbone),
            "temporal": {level: keras.saving.serialize_keras_object(cell) for level, cell in self.temporal.items()},
            "decoder": keras.saving.serialize_keras_object(self.decoder),
            "card": self.card.to_dict(),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for part in ("backbone", "decoder"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        config["temporal"] = {
            level: keras.saving.deserialize_keras_object(cell) for level, cell in config["temporal"].items()
        }
        config["card"] = ModelCard.from_dict(config["card"])
        return cls(**config)

    def _run(self, clip, state, training):
        """The one place where time is folded into the batch: every frame passes the same encoder and decoder."""
        timesteps = clip.shape[1] if clip.shape[1] is not None else ops.shape(clip)[1]
        frames = fold(clip)
        pyramid = dict(self.backbone(frames, training=training))
        after = {}
        for level, cell in self.temporal.items():
            memory = {name: state[f"{level}/{name}"] for name in cell.state_names}
            features, memory = unroll(cell, unfold(pyramid[level], timesteps), memory)
            pyramid[level] = fold(features)
            after |= {f"{level}/{name}": tensor for name, tensor in memory.items()}
        logits = self.head(self.decoder(pyramid, training=training))
        logits = resize_to(logits, ops.shape(frames)[1:3])
        return unfold(logits, timesteps), after

    def _fresh_state(self, clip):
        batch, _, height, width, _ = ops.shape(clip)
        return self.initial_state(batch, height, width)

    def _check_levels(self):
        unknown = [level for level in self.temporal if level not in self.backbone.levels]
        if unknown:
            raise ModelError(
                f"memory asked for at level {unknown[0]}, but this encoder has {', '.join(self.backbone.levels)}"
            )

    def _check_clip(self, clip):
        if len(clip.shape) not in (4, 5) or clip.shape[-1] != self.card.channels:
            raise ModelError(
                f"a clip must be (n, t, h, w, {self.card.channels}) or images (n, h, w, {self.card.channels}), "
                f"got shape {tuple(clip.shape)}"
            )

    def _check_state(self, clip, state):
        expected = self.initial_state_shapes(clip.shape[0], *clip.shape[-3:-1])
        came = {name: tuple(tensor.shape) for name, tensor in state.items()}
        if came != expected:
            raise ModelError(f"this clip needs a state of {expected}, got {came}; pass state=None to start afresh")

    def initial_state_shapes(self, batch, height, width):
        """The shapes of `initial_state`, without making it: {"P3/h": (n, h, w, filters), …}."""
        return {
            f"{level}/{name}": (batch, *level_size(level, height, width), cell.filters)
            for level, cell in self.temporal.items()
            for name in cell.state_names
        }


def _build_once(part, shapes):
    """Parts read from a file come built."""
    if not part.built:
        part.build(shapes)


def level_size(level, height, width):
    """The size of a pyramid level: level "P3" of 45 x 61 is 6 x 8, since every halving rounds up."""
    stride = 2 ** int(level[1:])
    return -(-height // stride), -(-width // stride)


def save_state(path, state):
    """Write a state as `.npz`, to be sent or restored."""
    np.savez(path, **{name: ops.convert_to_numpy(tensor) for name, tensor in state.items()})


def load_state(path):
    """Read what `save_state` wrote: a dict of numpy arrays that `run` takes."""
    with np.load(path) as arrays:
        return dict(arrays)
