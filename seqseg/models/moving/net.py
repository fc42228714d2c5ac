"""A small U-Net of separable convolutions that learns how reliable the background's features are."""

import keras
from keras import ops

from seqseg.layers.resize import resize_to

MOMENTUM = 0.98


@keras.saving.register_keras_serializable("seqseg")
class SeparableBlock(keras.layers.Layer):
    """Depthwise and pointwise convolution, normalized; with `residual` added to what came in.

    Args:
        filters: channels that come out.
        kernel_size: side of the depthwise kernel.
        strides: 2 halves the size.
        residual: whether the input is added; it then has `filters` channels.
    """

    def __init__(self, filters, *, kernel_size=3, strides=1, residual=False, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.residual = residual
        self.depthwise = keras.layers.DepthwiseConv2D(
            kernel_size, strides=strides, padding="same", use_bias=False, name="depthwise"
        )
        self.pointwise = keras.layers.Conv2D(filters, 1, use_bias=False, name="pointwise")
        self.norm = keras.layers.BatchNormalization(momentum=MOMENTUM, name="norm")

    def build(self, shape):
        self.depthwise.build(shape)
        self.pointwise.build(shape)
        self.norm.build((*shape[:-1], self.filters))
        self.built = True

    def call(self, maps, training=None):
        out = self.norm(self.pointwise(self.depthwise(maps)), training=training)
        return maps + ops.relu(out) if self.residual else ops.relu(out)

    def compute_output_shape(self, shape):
        return (shape[0], *(None if side is None else -(-side // self.strides) for side in shape[1:3]), self.filters)

    def get_config(self):
        names = ("filters", "kernel_size", "strides", "residual")
        return super().get_config() | {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable("seqseg")
class TrustNet(keras.layers.Layer):
    """Features (n, h, w, k) -> scores (n, h, w, outputs). Any size.

    Args:
        widths: channels at full size, at half, at a quarter, …
        blocks: residual blocks at each of the smaller sizes.
        outputs: maps of scores.
    """

    def __init__(self, *, widths=(12, 28, 48, 64, 96), blocks=(1, 2, 2, 1), outputs=1, **kwargs):
        super().__init__(**kwargs)
        self.widths = tuple(widths)
        self.blocks = tuple(blocks)
        self.outputs = outputs
        self.stem = keras.layers.Conv2D(self.widths[0], 1, use_bias=False, name="stem")
        self.stem_norm = keras.layers.BatchNormalization(momentum=MOMENTUM, name="stem_norm")
        self.stages = [self._stage(level) for level in range(1, len(self.widths))]
        self.overall = keras.layers.Dense(self.widths[-1], name="overall")
        self.lower = [
            keras.layers.Conv2D(width, 1, use_bias=False, name=f"lower_{level}")
            for level, width in enumerate(self.widths[:-1])
        ]
        self.merge = [
            SeparableBlock(width, residual=True, name=f"merge_{level}") for level, width in enumerate(self.widths[:-1])
        ]
        self.head = keras.layers.Conv2D(
            outputs, 1, bias_initializer=keras.initializers.Constant(-2.0 if outputs == 1 else 0.0), name="head"
        )

    def _stage(self, level):
        """The blocks that lead to a level, the first of which halves the size."""
        size, width = 3 if level == 1 else 5, self.widths[level]
        down = SeparableBlock(width, kernel_size=size, strides=2, name=f"down_{level}")
        rest = [
            SeparableBlock(width, kernel_size=size, residual=True, name=f"block_{level}_{k}")
            for k in range(self.blocks[level - 1])
        ]
        return [down, *rest]

    def build(self, shape):
        self.stem.build(shape)
        shape = (*shape[:-1], self.widths[0])
        self.stem_norm.build(shape)
        for stage in self.stages:
            for block in stage:
                block.build(shape)
                shape = (*shape[:-1], block.filters)
        self.overall.build((None, self.widths[-1]))
        for level, width in enumerate(self.widths[:-1]):
            self.lower[level].build((*shape[:-1], self.widths[level + 1]))
            self.merge[level].build((*shape[:-1], width))
        self.head.build((*shape[:-1], self.widths[0]))
        self.built = True

    def call(self, features, training=None):
        maps = ops.relu(self.stem_norm(self.stem(features), training=training))
        skips = []
        for stage in self.stages:
            skips.append(maps)
            for block in stage:
                maps = block(maps, training=training)
        mean = ops.mean(maps, axis=(1, 2))
        maps = maps + self.overall(mean)[:, None, None]
        for level in reversed(range(len(skips))):
            skip = skips[level]
            maps = skip + resize_to(self.lower[level](maps), skip.shape[1:3])
            maps = self.merge[level](maps, training=training)
        return ops.cast(self.head(maps), "float32")

    def get_config(self):
        return super().get_config() | {name: getattr(self, name) for name in ("widths", "blocks", "outputs")}
