"""What makes scores of frames, with memories on the way: the insides of a `FramePredictor`.

A trunk has `cells`, a dict from places to memories, `size_at(place, height, width)`, and `scores(frames, remember,
training)`: folded frames (n, h, w, c) of 0–255 -> (n, h, w, outputs), where `remember(place, features)` passes features
through the memory at that place.
"""

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers import ConvGRU, ConvLSTM, ConvNorm, depth_to_space, make_norm, make_upsampling
from seqseg.models.levels import level_size
from seqseg.registry import make

CELLS = {"convlstm": ConvLSTM, "convgru": ConvGRU}


@keras.saving.register_keras_serializable("seqseg")
class DepthToSpaceTrunk(keras.layers.Layer):
    """Strided convolutions down and depth-to-space up, with a memory at every level of both ways.

    In image-models' network depth-to-space divided the channels down to two at full resolution, without normalization
    and skips, and the last depth-to-space was the output. Here each depth-to-space keeps the channels (and starts as
    nearest upsampling, ICNR, Aitken et al. 2017), the encoder's level of that size joins, and two convolutions at full
    resolution follow, the last of which starts at zero.

    Args:
        filters: channels at full and at half the size; doubled at every further level.
        depth: how often the size is halved.
        kernel_size: side of the memories' kernels.
        memory: "convlstm" or "convgru".
        norm: "group", "batch" or None.
        outputs: maps of scores; None is as many as the frames have channels.
    """

    def __init__(self, filters=32, *, depth=3, kernel_size=5, memory="convlstm", norm="group", outputs=None, **kwargs):
        super().__init__(**kwargs)
        if depth < 1:
            raise ConfigError(f"depth must be at least 1, got {depth}")
        self.filters = filters
        self.depth = depth
        self.kernel_size = kernel_size
        self.memory = memory
        self.norm = norm
        self.outputs = outputs
        policy = {"dtype": self.dtype_policy}
        self.widths = [filters * 2**k for k in range(depth)]
        self.stem = ConvNorm(filters, norm=norm, **policy)
        self.shrinking = [
            keras.layers.Conv2D(width, 5 if k == 0 else 3, strides=2, padding="same", activation="relu", **policy)
            for k, width in enumerate(self.widths)
        ]
        self.norms = [make_norm(norm, width, **policy) for width in self.widths]
        self.growing = [make_upsampling("depth_to_space", **policy) for _ in self.widths]
        self.joining = [ConvNorm(width, norm=norm, **policy) for width in [filters, *self.widths[:-1]]]
        self.projection = keras.layers.Conv2D(
            1, 3, padding="same", dtype="float32", kernel_initializer="zeros", name="projection"
        )
        self.cells = {
            place: make(CELLS, "memory", memory, filters=width, kernel_size=kernel_size, **policy)
            for place, width in self._places()
        }

    def size_at(self, place, height, width):
        """The size of the memory at a place: "P2" on the way down and "U2" on the way up are a quarter."""
        return level_size(place, height, width)

    def build(self, shape):
        finest = (*shape[:-1], self.filters)
        self.stem.build(shape)
        before = finest
        for k, width in enumerate(self.widths):
            self.shrinking[k].build(before)
            before = (*shape[:-1], width)
            if self.norms[k] is not None:
                self.norms[k].build(before)
            self.cells[f"P{k + 1}"].build(before)
        for k in reversed(range(self.depth)):
            skipped = self.filters if k == 0 else self.widths[k - 1]
            self.growing[k].build(before)
            self.joining[k].build((*shape[:-1], before[-1] + skipped))
            before = (*shape[:-1], skipped)
            if k:
                self.cells[f"U{k}"].build(before)
        self.projection.filters = self.outputs or shape[-1]
        self.projection.build(finest)
        self.built = True

    def scores(self, frames, remember, training=None):
        """Folded frames (n, h, w, c) of 0–255 -> scores (n, h, w, outputs)."""
        features = self.stem(ops.cast(frames, "float32") / 127.5 - 1, training=training)
        skips = [features]
        for k in range(self.depth):
            features = self.shrinking[k](features)
            if self.norms[k] is not None:
                features = self.norms[k](features, training=training)
            features = remember(f"P{k + 1}", features)
            skips.append(features)
        for k in reversed(range(self.depth)):
            larger = self.growing[k](features, like=skips[k])
            features = self.joining[k](ops.concatenate([skips[k], larger], axis=-1), training=training)
            if k:
                features = remember(f"U{k}", features)
        return self.projection(features)

    def get_config(self):
        return super().get_config() | {
            "filters": self.filters,
            "depth": self.depth,
            "kernel_size": self.kernel_size,
            "memory": self.memory,
            "norm": self.norm,
            "outputs": self.outputs,
        }

    def _places(self):
        down = [(f"P{k + 1}", width) for k, width in enumerate(self.widths)]
        return down + [(f"U{k}", self.widths[k - 1]) for k in reversed(range(1, self.depth))]


@keras.saving.register_keras_serializable("seqseg")
class PatchTrunk(keras.layers.Layer):
    """ConvLSTMs one on the other over patches, and a 1 x 1 convolution back to patches (Shi et al. 2015, as OpenSTL).

    Frames whose size is no multiple of the patch are continued by their last row and column.

    Args:
        filters: channels of every memory.
        layers: how many.
        kernel_size: side of the memories' kernels.
        patch: side of the square of pixels whose values stand together as channels.
    """

    def __init__(self, filters=128, *, layers=4, kernel_size=5, patch=4, **kwargs):
        super().__init__(**kwargs)
        if layers < 1 or patch < 1:
            raise ConfigError(f"layers and patch must be at least 1, got {layers} and {patch}")
        self.filters = filters
        self.layers = layers
        self.kernel_size = kernel_size
        self.patch = patch
        self.cells = {
            f"layer{k + 1}": ConvLSTM(filters, kernel_size=kernel_size, dtype=self.dtype_policy) for k in range(layers)
        }
        self.patches = keras.layers.Conv2D(1, 1, use_bias=False, dtype="float32")

    def size_at(self, place, height, width):
        """The size of every memory: a pixel a patch."""
        return -(-height // self.patch), -(-width // self.patch)

    def build(self, shape):
        before = channels = shape[-1] * self.patch**2
        for cell in self.cells.values():
            cell.build((*shape[:-1], before))
            before = self.filters
        self.patches.filters = channels
        self.patches.build((*shape[:-1], before))
        self.built = True

    def scores(self, frames, remember, training=None):
        """Folded frames (n, h, w, c) of 0–255 -> scores (n, h, w, c)."""
        height, width = ops.shape(frames)[1:3]
        features = space_to_depth(_continued(ops.cast(frames, "float32") / 255.0, self.patch), self.patch)
        for place in self.cells:
            features = remember(place, features)
        return depth_to_space(self.patches(features), self.patch)[:, :height, :width]

    def get_config(self):
        return super().get_config() | {
            "filters": self.filters,
            "layers": self.layers,
            "kernel_size": self.kernel_size,
            "patch": self.patch,
        }


def space_to_depth(maps, factor):
    """Undo `depth_to_space`: (n, f * h, f * w, c) -> (n, h, w, f * f * c)."""
    batch, height, width, channels = ops.shape(maps)
    blocks = ops.reshape(maps, (batch, height // factor, factor, width // factor, factor, channels))
    blocks = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
    return ops.reshape(blocks, (batch, height // factor, width // factor, factor * factor * channels))


def _continued(maps, multiple):
    """Maps whose size is a multiple, continued by their last row and column."""
    height, width = ops.shape(maps)[1:3]
    below, beside = -height % multiple, -width % multiple
    # A size that is known only when the graph runs is always continued, perhaps by nothing.
    if not isinstance(below, int) or below:
        maps = ops.concatenate([maps, ops.repeat(maps[:, -1:], below, axis=1)], axis=1)
    if not isinstance(beside, int) or beside:
        maps = ops.concatenate([maps, ops.repeat(maps[:, :, -1:], beside, axis=2)], axis=2)
    return maps
