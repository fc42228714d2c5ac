"""One stage of a ladder: a map up, its mirror image down, and the normalisation between them (arXiv:1507.02672)."""

import math
from typing import Any

import keras
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.layers.tensor import Config, Shape, Tensor

EPSILON = 1e-10  # the reference's, under the square root
WEIGHED = ("dense", "conv")
KINDS = (*WEIGHED, "pool", "enlarge", "global_mean")
ACTIVATIONS = ("relu", "leaky_relu", "softmax", "sigmoid", "linear")
SCALED = ("softmax", "sigmoid")  # after the others the next weights make up for a scale
PADDINGS = ("same", "valid", "full")
RESIZES = (None, "halve", "double")


def normalise(features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Features (n, …, c) -> (normalised, mean (c,), variance (c,)) over all axes but the last, without scale or shift.

    Example:
        >>> [ops.convert_to_numpy(part).tolist() for part in normalise(np.array([[1.0], [3.0]], "float32"))]
        [[[-1.0], [1.0]], [2.0], [1.0]]
    """
    features = ops.cast(features, "float32")
    mean, variance = ops.moments(features, list(range(len(features.shape) - 1)))
    return normalise_by(features, mean, variance), mean, variance


def normalise_by(features: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """Features (n, …, c) normalised by a mean (c,) and a variance (c,)."""
    scale = ops.rsqrt(variance + EPSILON)
    return ops.cast(features, "float32") * scale - mean * scale


@keras.saving.register_keras_serializable("seqseg")
class LadderStage(keras.layers.Layer):
    """One level of a ladder network: features (n, …, c) of the level below -> (n, …, units), and back.

    `up` maps activations to what is normalised, `down` denoised features to the shape of the level below, and
    `activate` shifts, scales and activates. It has no `call`: a `Ladder` goes through it several times a step. Weights
    are drawn as the reference draws them, with variance 1 / fan in: normal for "dense", uniform for "conv". No biases.

    Args:
        kind: "dense" (which flattens maps), "conv", "pool" (the largest of 2x2), "enlarge" (nearest, twice the size) or
            "global_mean"; the last three have no weights, and pooled maps are normalised and get noise as all others.
        units: channels that "dense" and "conv" give.
        kernel: side of the convolution's kernel.
        padding: of the convolution: "same", "valid" or "full" (Theano's: every position where kernel and input touch).
        activation: "relu", "leaky_relu" (0.1), "softmax", "sigmoid" or "linear"; None is "relu" with weights and
            "linear" without.
        scale: whether a softmax or sigmoid has a scale beside its shift.
        resize: what a "conv" does to the maps ahead of its weights: "halve" (the largest of 2x2) or "double" (nearest).
        across: the number of an earlier level (0 is the input): to its size doubled maps are cut, so that odd sizes
            come back as they were.
        joins: whether that level's activations are concatenated to the upsampled ones, as in a U-Net. On the
            way down the level then gets signals from two stages above, this one and the next, and adds them.

    Raises:
        ConfigError: an unknown name, or "dense" or "conv" without what they need.

    Example:
        >>> stage = LadderStage("conv", 32, kernel=5, padding="full")
        >>> stage.compute_output_shape((None, 28, 28, 1))
        (None, 32, 32, 32)
    """

    def __init__(
        self,
        kind: str,
        units: int | None = None,
        *,
        kernel: int | None = None,
        padding: str = "same",
        activation: str | None = None,
        scale: bool = True,
        resize: str | None = None,
        across: int | None = None,
        joins: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        activation = activation or ("relu" if kind in WEIGHED else "linear")
        for name, value, known in (
            ("kind", kind, KINDS),
            ("padding", padding, PADDINGS),
            ("activation", activation, ACTIVATIONS),
            ("resize", resize, RESIZES),
        ):
            if value not in known:
                raise ConfigError(f"a ladder's stage has no {name} {value!r}; there is {', '.join(map(str, known))}")
        for name, count, needed in (("units", units, kind in WEIGHED), ("kernel", kernel, kind == "conv")):
            if needed != (isinstance(count, int) and count > 0) or (not needed and count is not None):
                says = "a whole number above 0" if needed else "none"
                raise ConfigError(f"a {kind} stage of a ladder takes {says} for {name}, got {count!r}")
        doubles = kind == "enlarge" or resize == "double"
        if (resize and kind != "conv") or (across is not None and not doubles) or (joins and across is None):
            raise ConfigError(
                f"a {kind} stage of a ladder takes no resize {resize!r} with across {across!r} and joins {joins!r}: "
                "only a conv resizes, what doubles maps may look across, and only a conv that does may join"
            )
        self.kind, self.units, self.kernel, self.padding = kind, units, kernel, padding
        self.activation, self.scale = activation, scale
        self.resize, self.across, self.joins = resize, across, joins
        self.goes_down = True  # whether a decoder goes on below this stage; said before it is built

    def get_config(self) -> Config:
        names = ("kind", "units", "kernel", "padding", "activation", "scale", "resize", "across", "joins")
        return super().get_config() | {name: getattr(self, name) for name in names}

    def get_build_config(self) -> Tensor:
        return None  # loaded, its ladder builds it again, which knows whether a decoder goes on below

    def build(self, shape: Shape, across_shape: Shape | None = None) -> None:
        """`shape` is that of the level below, (n, …, c), `across_shape` that of the level across."""
        if self.kind == "conv" and len(shape) != 4:
            raise ModelError(f"a conv stage of a ladder needs images (n, h, w, c), got features of shape {shape}")
        if self.kind == "dense" and None in shape[1:]:
            raise ModelError(f"a dense stage of a ladder needs maps of a known size, got {shape}; say h and w")
        units = self.compute_output_shape(shape, across_shape)[-1]
        if self.kind in WEIGHED:
            self._build_weights(shape, across_shape)
        self.shift = None if self.activation == "linear" else self._vector("shift", units, "zeros")
        has_scale = self.activation in SCALED and self.scale
        self.factor = self._vector("factor", units, "ones") if has_scale else None
        self.mean = self._vector("mean", units, "zeros", trainable=False)
        self.variance = self._vector("variance", units, "ones", trainable=False)
        self.seen = self.add_weight(name="seen", initializer="zeros", trainable=False, autocast=False)
        self.built = True

    def compute_output_shape(self, shape: Shape, across_shape: Shape | None = None) -> Shape:
        """(n, …, c) of the level below -> that of this one."""
        if self.kind == "dense":
            return (shape[0], self.units)
        if self.kind == "global_mean":
            return (shape[0], shape[-1])
        change = {"same": 0, "valid": 1, "full": -1}[self.padding] * ((self.kernel or 1) - 1)
        below = shape if self.across is None or across_shape is None else across_shape
        sides = list(below[1:-1])
        if self.kind == "pool" or self.resize == "halve":
            sides = [side and -(-side // 2) for side in sides]
        elif self._doubles and self.across is None:
            sides = [side and 2 * side for side in sides]
        return (shape[0], *(side and side - change for side in sides), self.units or shape[-1])

    def up(self, activations: Tensor, across: Tensor | None = None) -> Tensor:
        """Activations (n, …, c) of the level below, and of the one across -> linear features, not yet normalised."""
        activations = ops.cast(activations, self.compute_dtype)
        if self.kind == "dense":
            return ops.matmul(ops.reshape(activations, (-1, self.weight_up.shape[0])), self.weight_up)
        if self.kind == "global_mean":
            return ops.mean(activations, axis=(1, 2))
        if self.kind == "pool" or self.resize == "halve":
            activations = ops.max_pool(activations, (2, 2), (2, 2), padding="same")
        elif self._doubles:
            activations = _doubled(activations, across)
        if self.kind != "conv":
            return activations
        if self.joins:
            activations = ops.concatenate([activations, ops.cast(across, self.compute_dtype)], axis=-1)
        return _convolve(activations, self.weight_up, _before_and_after(self.padding, self.kernel or 1))

    def down(self, denoised: Tensor, like: Tensor, across: Tensor | None = None) -> Tensor:
        """Denoised features -> features of the shape of `like`, those of the level below, not yet normalised.

        Where the stage joins, a pair: the second has the shape of `across`, the features of that level. Weights are not
        those of `up`; where they are, transposed, this is its adjoint, up to a factor for pooled and doubled maps.
        """
        denoised = ops.cast(denoised, self.compute_dtype)
        if self.kind == "dense":
            return ops.reshape(ops.matmul(denoised, self.weight_down), (-1, *like.shape[1:]))
        if self.kind == "global_mean":
            return ops.broadcast_to(denoised[:, None, None], (*ops.shape(like)[:3], denoised.shape[-1]))
        if self.kind == "conv":
            reach = (self.kernel or 1) - 1
            before, after = _before_and_after(self.padding, reach + 1)
            denoised = _convolve(denoised, self.weight_down, (reach - before, reach - after))
        own, joined = denoised, None
        if self.joins:
            own, joined = denoised[..., : like.shape[-1]], denoised[..., like.shape[-1] :]
        if self.kind == "pool" or self.resize == "halve":
            own = _doubled(own, like)
        elif self._doubles:
            own = ops.average_pool(own, (2, 2), (2, 2), padding="same")  # windows that were cut count what they hold
        return (own, joined) if self.joins else own

    def activate(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised features -> (activations for the next level, the same before the activation: logits)."""
        if self.shift is not None:
            features = features + self.shift
        if self.factor is not None:
            features = features * self.factor
        functions = {"relu": ops.relu, "leaky_relu": lambda one: ops.leaky_relu(one, 0.1), "linear": lambda one: one}
        functions |= {"softmax": ops.softmax, "sigmoid": ops.sigmoid}
        return functions[self.activation](features), features

    def remember(self, mean: Tensor, variance: Tensor, momentum: float = 0.99) -> None:
        """Update the running averages that predictions are normalised by with a batch's mean and variance, both (c,).

        The first hundred batches have equal weight, later ones a hundredth each.
        """
        self.seen.assign_add(1.0)
        share = ops.maximum(1 / self.seen, 1 - momentum)
        self.mean.assign(self.mean + share * (mean - self.mean))
        self.variance.assign(self.variance + share * (variance - self.variance))

    def normalised(self, features: Tensor) -> Tensor:
        """Features normalised by the averages."""
        return normalise_by(features, self.mean, self.variance)

    @property
    def _doubles(self) -> bool:
        return self.kind == "enlarge" or self.resize == "double"

    def _build_weights(self, shape: Shape, across_shape: Shape | None) -> None:
        if self.kind == "dense":
            channels: int = math.prod(shape[1:])
            side: tuple[int | None, ...] = ()
        else:
            joined = across_shape[-1] if self.joins and across_shape is not None else 0
            channels, side = shape[-1] + joined, (self.kernel, self.kernel)
        self.weight_up = self._matrix("weight_up", (*side, channels, self.units))
        if self.goes_down:
            self.weight_down = self._matrix("weight_down", (*side, self.units, channels))

    def _matrix(self, name: str, shape: Shape) -> Tensor:
        distribution = "untruncated_normal" if self.kind == "dense" else "uniform"
        start = keras.initializers.VarianceScaling(1.0, "fan_in", distribution)
        return self.add_weight(name=name, shape=shape, initializer=start)

    def _vector(self, name: str, units: int | None, start: str, trainable: bool = True) -> Tensor:
        return self.add_weight(name=name, shape=(units,), initializer=start, trainable=trainable, autocast=False)


def _before_and_after(padding: str, kernel: Tensor) -> Tensor:
    """Rows of zeros before and after the maps."""
    return {"valid": (0, 0), "full": (kernel - 1, kernel - 1), "same": ((kernel - 1) // 2, kernel // 2)}[padding]


def _convolve(maps: Tensor, weight: Tensor, around: tuple[int, int]) -> Tensor:
    if around[0] == around[1] == (weight.shape[0] - 1) / 2:
        return ops.conv(maps, weight, padding="same")  # which needs no larger copy of the maps
    if any(around):
        maps = ops.pad(maps, ((0, 0), around, around, (0, 0)))
    return ops.conv(maps, weight, padding="valid")


def _doubled(maps: Tensor, like: Tensor | None = None) -> Tensor:
    """Every place twice in both directions; cut to the size of `like`."""
    maps = ops.repeat(ops.repeat(maps, 2, axis=1), 2, axis=2)
    if like is None:
        return maps
    height, width = ops.shape(like)[1:3]
    return maps[:, :height, :width]
