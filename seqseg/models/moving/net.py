"""A small U-Net of separable convolutions that learns how reliable the background's features are."""

from typing import Any

import keras
from keras import ops

from seqseg.layers.resize import resize_to
from seqseg.layers.tensor import Config, Shape, Tensor

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

    def __init__(
        self, filters: int, *, kernel_size: int = 3, strides: int = 1, residual: bool = False, **kwargs: Any
    ) -> None:
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

    def build(self, shape: Shape) -> None:
        self.depthwise.build(shape)
        self.pointwise.build(shape)
        self.norm.build((*shape[:-1], self.filters))
        self.built = True

    def call(self, maps: Tensor, training: bool | None = None) -> Tensor:
        out = normalized(self.depthwise(maps), self.pointwise, self.norm, training=training)
        return maps + ops.relu(out) if self.residual else ops.relu(out)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (shape[0], *(None if side is None else -(-side // self.strides) for side in shape[1:3]), self.filters)

    def get_config(self) -> Config:
        names = ("filters", "kernel_size", "strides", "residual")
        return super().get_config() | {name: getattr(self, name) for name in names}


def normalized(
    maps: Tensor, pointwise: keras.layers.Layer, norm: keras.layers.Layer, *, training: bool | None
) -> Tensor:
    """A 1x1 convolution and its normalization; at work one, whose weights the normalization has gone into."""
    if training is not False:
        return norm(pointwise(maps), training=training)
    scale = norm.gamma * ops.rsqrt(norm.moving_variance + norm.epsilon)
    return ops.conv(maps, pointwise.kernel * scale, data_format="channels_last") + (
        norm.beta - norm.moving_mean * scale
    )


@keras.saving.register_keras_serializable("seqseg")
class TrustNet(keras.layers.Layer):
    """Features (n, k, h, w) -> scores (n, h, w, outputs). Any size.

    Args:
        widths: channels at full size, at half, at a quarter, …
        blocks: residual blocks at each of the smaller sizes.
        outputs: maps of scores.
    """

    def __init__(
        self,
        *,
        widths: tuple[int, ...] = (12, 28, 48, 64, 96),
        blocks: tuple[int, ...] = (1, 2, 2, 1),
        outputs: int = 1,
        **kwargs: Any,
    ) -> None:
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

    def _stage(self, level: int) -> list[SeparableBlock]:
        """The blocks that lead to a level, the first of which halves the size."""
        size, width = 3 if level == 1 else 5, self.widths[level]
        down = SeparableBlock(width, kernel_size=size, strides=2, name=f"down_{level}")
        rest = [
            SeparableBlock(width, kernel_size=size, residual=True, name=f"block_{level}_{k}")
            for k in range(self.blocks[level - 1])
        ]
        return [down, *rest]

    def build(self, shape: Shape) -> None:
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

    def call(self, features: Tensor, training: bool | None = None) -> Tensor:
        maps = ops.relu(self._stem_of(features, training))
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

    def _stem_of(self, features: Tensor, training: bool | None) -> Tensor:
        """The stem (n, h, w, filters) of planes, which are never brought into another order for it."""
        channels, height, width = features.shape[1:]
        kernel = ops.reshape(self.stem.kernel, (channels, self.widths[0]))
        offset, norm = 0.0, self.stem_norm
        if training is False:
            scale = norm.gamma * ops.rsqrt(norm.moving_variance + norm.epsilon)
            kernel, offset = kernel * scale, norm.beta - norm.moving_mean * scale
        pixels = ops.transpose(ops.reshape(features, (-1, channels, height * width)), (0, 2, 1))
        maps = ops.reshape(ops.matmul(pixels, kernel) + offset, (-1, height, width, self.widths[0]))
        return maps if training is False else norm(maps, training=training)

    def get_config(self) -> Config:
        return super().get_config() | {name: getattr(self, name) for name in ("widths", "blocks", "outputs")}
