"""Strides turned into dilation (atrous convolution): the same weights, with larger last maps.

On the grid of the original net, the dilated one gives exactly the original's values: every tap of every kernel falls on
the same place, padding included. Between those points it gives new values. After Chen et al. 2018 (DeepLab).
"""

import dataclasses

import keras
from keras import tree

from seqseg.errors import ConfigError, ModelError
from seqseg.models.backbones.dilated_pooling import DilatedPooling, SampledGlobalPooling

STRIDES = (8, 16, 32)
"""What the last maps may be smaller than the image."""


def dilated(model, output_stride):
    """A copy of a functional model, weights and all, that never gets more than `output_stride` times smaller.

    Convolutions and poolings lose the strides beyond and are dilated from there on; global poolings look at the grid of
    the original only, so squeeze-and-excitation sees what it saw. It is exact for images whose size is a multiple of
    the whole stride of the original.

    Args:
        model: of convolutions, poolings and layers that act on each point alone; with any structure of outputs.
        output_stride: 8, 16 or 32.

    Raises:
        ConfigError: another stride is asked for.
        ModelError: a layer of the model cannot be dilated.

    Example:
        >>> network = keras.applications.ResNet50(include_top=False, weights=None)
        >>> dilated(network, 16).compute_output_shape((1, 224, 224, 3))  # instead of (1, 7, 7, 2048)
        (1, 14, 14, 2048)
    """
    _check(output_stride)
    walk = _Walk(output_stride)
    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=walk.call)


def levels_within(levels, output_stride):
    """The levels of a dilated net: {"P1": …, …, "P5": …} -> {"P1": …, …, "P4": what was at "P5"} for 16.

    Raises:
        ConfigError: another stride is asked for.
    """
    _check(output_stride)
    *_, coarsest = levels.values()
    kept = {level: value for level, value in levels.items() if 2 ** int(level[1:]) < output_stride}
    return kept | {f"P{output_stride.bit_length() - 1}": coarsest}


@dataclasses.dataclass(frozen=True)
class _Grid:
    """The grid of a map's points.

    Attributes:
        stride: how much smaller than the image it is.
        density: how many of its points stand for one of the original's; that one is the first.
        excess: how many points longer than image / stride the original is, (down, across).
    """

    stride: int = 1
    density: int = 1
    excess: tuple = (0, 0)


class _Walk:
    """Calls the layers of a graph in turn, each changed to its inputs' grid."""

    def __init__(self, output_stride):
        self.output_stride = output_stride
        self.grids = {}  # id of a tensor -> (the tensor, which keeps the id its own, and its grid)
        self.layers = {}  # id of the original layer -> (its copies, the grid after them)

    def call(self, layer, *args, **kwargs):
        """Call a copy of `layer`, and record the grid of its output."""
        if not isinstance(layer, keras.layers.Layer):  # an operation without weights, such as ops.add
            return self._note(layer(*args, **kwargs), self._grid_of(layer, (args, kwargs)))
        grid = self._grid_of(layer, (args, kwargs))
        if id(layer) not in self.layers:
            self.layers[id(layer)] = _changed(layer, grid, self.output_stride)
        (*fills, copy), after = self.layers[id(layer)]
        for fill in fills:
            args = (fill(*args),)
        outputs = copy(*args, **kwargs)
        copy.set_weights(layer.get_weights())
        return self._note(outputs, after)

    def _grid_of(self, layer, arguments):
        """The grid that the inputs share; None after a global pooling, where there is none."""
        tensors = [x for x in tree.flatten(arguments) if isinstance(x, keras.KerasTensor)]
        known = [self.grids.get(id(x), (x, _Grid()))[1] for x in tensors]
        grids = {grid for grid in known if grid is not None}
        if len(grids) > 1:
            raise ModelError(f"{layer.name} joins maps of different sizes, so this model cannot be dilated")
        return next(iter(grids), None)

    def _note(self, outputs, grid):
        for x in tree.flatten(outputs):
            self.grids[id(x)] = (x, grid)
        return outputs


def _changed(layer, grid, output_stride):
    """The layers that take the place of one, to be called in turn, and the grid of what they give."""
    change = next((change for kinds, change in CHANGES.items() if isinstance(layer, kinds)), _unchanged)
    return (_unchanged if grid is None else change)(layer, grid, output_stride)


def _refused(layer, *_):
    raise ModelError(f"{layer.name} is a {type(layer).__name__}, which cannot be dilated; use output_stride=32")


def _sequence(layer, grid, output_stride):
    copies = []
    for inner in layer.layers:
        changed, grid = _changed(inner, grid, output_stride)
        copies += changed
    return [keras.Sequential(copies, name=layer.name)], grid


def _unchanged(layer, grid, _):
    return [_copy(layer)], grid


def _convolution(layer, grid, output_stride):
    stride, kernel = _one(layer, layer.strides), tuple(layer.kernel_size)
    rate = _one(layer, layer.dilation_rate)
    kept, pads, after = _place(layer, grid, output_stride, stride, [rate * (side - 1) + 1 for side in kernel])
    if kept == stride and grid.density == 1:
        return [_copy(layer)], after
    rate = rate * grid.density
    if all(before == behind == rate * (side - 1) / 2 for (before, behind), side in zip(pads, kernel, strict=True)):
        return [_copy(layer, strides=kept, dilation_rate=rate, padding="same")], after
    changed = _copy(layer, strides=kept, dilation_rate=rate, padding="valid")
    if not any(map(any, pads)):
        return [changed], after
    fill = keras.layers.ZeroPadding2D(pads, dtype=layer.dtype_policy, name=f"{layer.name}_fill")
    return [fill, changed], after


def _pooling(layer, grid, output_stride):
    stride, window = _one(layer, layer.strides), tuple(layer.pool_size)
    kept, pads, after = _place(layer, grid, output_stride, stride, window)
    if kept == stride and grid.density == 1:
        return [_copy(layer)], after
    kind = "max" if isinstance(layer, keras.layers.MaxPooling2D) else "average"
    pooling = DilatedPooling(
        kind, window, dilation=grid.density, padding=pads, dtype=layer.dtype_policy, name=layer.name
    )
    return [pooling], after


def _global_pooling(layer, grid, _):
    if grid.density == 1:
        return [_copy(layer)], None
    kind = "max" if isinstance(layer, keras.layers.GlobalMaxPooling2D) else "average"
    pooling = SampledGlobalPooling(
        kind, step=grid.density, keepdims=layer.keepdims, dtype=layer.dtype_policy, name=layer.name
    )
    return [pooling], None


def _border(layer, grid, _):
    """A filling or cutting of borders: as many points of the original, so `density` times as many of ours."""
    name = "cropping" if isinstance(layer, keras.layers.Cropping2D) else "padding"
    sides = getattr(layer, name)
    sign = -1 if name == "cropping" else 1
    excess = tuple(e + sign * sum(pair) for e, pair in zip(grid.excess, sides, strict=True))
    wider = tuple(tuple(grid.density * side for side in pair) for pair in sides)
    return [_copy(layer, **{name: wider})], dataclasses.replace(grid, excess=excess)


CHANGES = {
    keras.Sequential: _sequence,
    (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D): _convolution,
    (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D): _pooling,
    (keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D): _global_pooling,
    (keras.layers.ZeroPadding2D, keras.layers.Cropping2D): _border,
    (keras.Model, keras.layers.Conv2DTranspose, keras.layers.UpSampling2D, keras.layers.Resizing): _refused,
    (keras.layers.Reshape, keras.layers.Flatten): _refused,
}
"""What is done to each kind of layer; those that are not here act on every point alone."""


def _place(layer, grid, output_stride, stride, reach):
    """The stride that a window keeps, how many points to fill in at each side, and the grid of what it gives.

    Args:
        reach: points from the window's first tap to its last, both counted, (down, across), in the original.
    """
    kept = stride if grid.stride * stride <= output_stride else 1
    if kept != stride and grid.stride != output_stride:
        raise ModelError(
            f"{layer.name} goes from stride {grid.stride} to {grid.stride * stride} at once, so output_stride="
            f"{output_stride} falls between; choose {grid.stride * stride}"
        )
    pads, excess = [], []
    for long, more in zip(reach, grid.excess, strict=True):
        before = 0
        if layer.padding == "same":
            beyond = -(-more // stride)
            before = max(beyond * stride - more + long - stride, 0) // 2
        else:
            beyond = (more - long) // stride + 1
        behind = stride * beyond - more - before + long - 1
        pads.append((grid.density * before, grid.density * behind))
        excess.append(beyond)
    after = _Grid(grid.stride * kept, grid.density * stride // kept, tuple(excess))
    return kept, tuple(pads), after


def _one(layer, pair):
    """The one number that both axes share."""
    down, across = pair if isinstance(pair, tuple | list) else (pair, pair)
    if down != across:
        raise ModelError(f"{layer.name} treats height and width differently ({pair}), so it cannot be dilated")
    return down


def _copy(layer, **changes):
    return type(layer).from_config(layer.get_config() | changes)


def _check(output_stride):
    if output_stride not in STRIDES:
        raise ConfigError(f"output_stride must be one of {', '.join(map(str, STRIDES))}, got {output_stride!r}")
