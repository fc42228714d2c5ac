"""The input features of the network, a frame against its background: 27 maps for RGB, all about -1 to 3."""

from typing import Any

from keras import ops

from seqseg.models.temporal.background import FRAMES, LOG_OFFSET, Seen, largest

Tensor = Any
AROUND = 5
"""Side of the square in which leaves and a trembling camera move the background about."""


def feature_count(channels: int) -> int:
    """How many maps `features` gives of frames with so many channels."""
    return 3 * channels + 18


def features(seen: Seen) -> Tensor:
    """(n, `feature_count`, h, w) of what `look` saw; the last answer of the network is not among them."""
    state, lit, first = seen.state, seen.lit, seen.state["first"]
    maps = [
        seen.colours / 128 - 1,
        (lit - first) / 48,
        ops.minimum(seen.near, 4.0) / 2,
        ops.minimum(seen.near_second, 4.0) / 2,
        ops.minimum(_away_from_around(lit, first) / seen.threshold, 4.0) / 2,
        state["deviation"] / 16,
        *(_capped(seen.colours - state[name]) for name in ("previous", "fast", "mid")),
        state["flicker"] / 16,
        *_hue_and_ratio(lit, first),
        *_slopes(lit, first),
        *(_log(state[name]) for name in ("age", "second_age", "steady")),
        _everywhere(_log(state[FRAMES]), seen.near),
        state["excess_fast"],
        state["excess_slow"],
        _everywhere(4 * largest(seen.level), seen.near),
    ]
    return ops.stop_gradient(ops.concatenate(maps, axis=1))


def _capped(difference: Tensor) -> Tensor:
    return ops.minimum(largest(difference) / 32, 3.0)


def _log(frames: Tensor) -> Tensor:
    return ops.log(frames + 1) / 6.8


def _everywhere(value: Tensor, like: Tensor) -> Tensor:
    return value + ops.zeros_like(like)


def _away_from_around(lit: Tensor, first: Tensor) -> Tensor:
    """How far colours are outside the range of the background around each pixel."""
    highest, lowest = (_around(part) for part in (first, -first))
    outside = ops.maximum(lit - highest, -lowest - lit)
    return ops.maximum(ops.max(outside, axis=1, keepdims=True), 0.0)


def _around(maps: Tensor) -> Tensor:
    """The largest value in the square of `AROUND` pixels about each, as far as it lies in the picture.

    Pairs, then fours, then five in each direction: pooling is several times slower.
    """
    reach = AROUND // 2
    for axis in (2, 3):
        padding = [(0, 0)] * 4
        padding[axis] = (reach, reach)
        room = maps.shape[axis]
        wide = ops.pad(maps, padding, constant_values=-1e9)
        pairs = ops.maximum(_part(wide, axis, 0, room + 3), _part(wide, axis, 1, room + 3))
        fours = ops.maximum(_part(pairs, axis, 0, room), _part(pairs, axis, 2, room))
        maps = ops.maximum(fours, _part(wide, axis, 4, room))
    return maps


def _part(maps: Tensor, axis: int, start: int, length: int) -> Tensor:
    return maps[:, :, start : start + length] if axis == 2 else maps[..., start : start + length]


def _hue_and_ratio(lit: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
    """How the shares of the channels but the last changed, and the logarithm of the brightness: a shadow's marks."""
    lit, first = (ops.maximum(part, 0.0) + LOG_OFFSET / 2 for part in (lit, first))
    sums = [ops.sum(part, axis=1, keepdims=True) for part in (lit, first)]
    shares = max(lit.shape[1] - 1, 0)
    hue = 8 * (lit[:, :shares] / sums[0] - first[:, :shares] / sums[1])
    return hue, ops.log(sums[0] / sums[1])


def _slopes(lit: Tensor, first: Tensor) -> list[Tensor]:
    """Steepness of the frame, of the background and of their difference; light does not change the last much."""
    grey, behind = (ops.mean(part, axis=1, keepdims=True) for part in (lit, first))
    right, down = _differences(ops.concatenate([grey, behind, grey - behind], axis=1))
    return [(ops.abs(right) + ops.abs(down)) / 48]


def _differences(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences to the right and down, the border repeated."""
    beside = ops.concatenate([maps[..., :1], maps, maps[..., -1:]], axis=3)
    below = ops.concatenate([maps[:, :, :1], maps, maps[:, :, -1:]], axis=2)
    return (beside[..., 2:] - beside[..., :-2]) / 2, (below[:, :, 2:] - below[:, :, :-2]) / 2
