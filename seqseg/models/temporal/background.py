"""Background model of a fixed camera: an explicit memory per pixel, without weights.

Every pixel keeps two modes with their ages, a deviation, averages at several time constants and counts of how long it
has been steady. Where the model finds motion, the gates of the memory are closed. That mask is never a feature: a model
that sees its own last output confirms itself until the whole frame is foreground.

Channels come before rows here, (n, c, h, w): what has three channels and what has one meet in every line, and engines
are three times as fast at that when the channels are planes.
"""

from typing import Any, NamedTuple

from keras import ops

Tensor = Any
State = dict[str, Tensor]

LOG_OFFSET = 16.0
"""Colours are compared by ratios of (x + 16): dark pixels would be all noise otherwise."""
OLDEST = 900.0
"""Frames after which a mode does not grow older."""
FAST, MID, FLICKER, EXCESS_FAST, EXCESS_SLOW = 1 / 4, 1 / 60, 1 / 50, 1 / 6, 1 / 40
"""Rates of the averages; in the first frames they are plain means."""
HELD = 0.1
"""How much a second mode ages in a frame in which it surely moves; where it does not, 1 more. Something that stops is
background once that is longer than the first mode was seen: after ten times as long, or as long."""
SAMPLE = 4
"""Global light is measured on every fourth row and column."""
_COLOURS = ("first", "second", "fast", "mid", "previous")
_MAPS = ("deviation", "age", "second_age", "steady", "flicker", "excess_fast", "excess_slow", "moving")
FRAMES = "frames"
NAMES = (*_COLOURS, *_MAPS, FRAMES)
"""The parts of the state, all zero before the first frame."""


class Seen(NamedTuple):
    """A frame beside the memory of it, each map (n, …, h, w): what `features` and `update` work with.

    `colours` are as they came, `level` (n, c, 1, 1) the logarithm of the light's change, `lit` the colours without it;
    `away` the largest difference from the first mode and `near`, `near_second` how far the modes are in thresholds.
    """

    colours: Tensor
    level: Tensor
    lit: Tensor
    threshold: Tensor
    away: Tensor
    near: Tensor
    near_second: Tensor
    state: State


def state_shapes(batch: int, height: int, width: int, channels: int) -> dict[str, tuple[int, ...]]:
    """The shape of each part: colours (n, c, h, w), maps (n, 1, h, w), the number of frames seen (n, 1, 1, 1)."""
    shapes: dict[str, tuple[int, ...]] = {name: (batch, channels, height, width) for name in _COLOURS}
    shapes |= {name: (batch, 1, height, width) for name in _MAPS}
    return shapes | {FRAMES: (batch, 1, 1, 1)}


def look(colours: Tensor, state: State) -> Seen:
    """Colours (n, c, h, w) of 0–255 beside a memory, from which global light is taken out."""
    state = _begun(colours, state)
    threshold = 3 * state["deviation"] + 7
    level = _light(colours, state, threshold)
    lit = (colours + LOG_OFFSET) * ops.exp(-level) - LOG_OFFSET
    away = largest(lit - state["first"])
    near = away / threshold
    near_second = largest(lit - state["second"]) / threshold
    follow = ops.exp(0.15 * level)
    modes = {name: (state[name] + LOG_OFFSET) * follow - LOG_OFFSET for name in ("first", "second")}
    return Seen(colours, level, lit, threshold, away, near, near_second, state | modes)


def update(seen: Seen, moving: Tensor) -> State:
    """The memory after a frame in which `moving` (n, 1, h, w), 0 to 1, is how likely each pixel shows what moves."""
    after = _modes(seen, moving)
    state, colours, frames = seen.state, seen.colours, seen.state[FRAMES]
    since_fast = largest(colours - state["fast"])
    change = largest(colours - state["previous"])
    excess = ops.minimum(seen.near, 2.0) / 2

    def mean(name: str, value: Tensor, rate: float) -> Tensor:
        return state[name] + ops.maximum(1 / (frames + 1), rate) * (value - state[name])

    return after | {
        "fast": mean("fast", colours, FAST),
        "mid": mean("mid", colours, MID),
        "previous": colours,
        "steady": ops.where(since_fast < seen.threshold, ops.minimum(state["steady"] + 1, OLDEST), 0.0),
        "flicker": mean("flicker", change, FLICKER),
        "excess_fast": mean("excess_fast", excess, EXCESS_FAST),
        "excess_slow": mean("excess_slow", excess, EXCESS_SLOW),
        "moving": moving,
        FRAMES: ops.minimum(frames + 1, 10 * OLDEST),
    }


def largest(difference: Tensor) -> Tensor:
    """The largest of the channels' absolute differences, (n, 1, h, w)."""
    return ops.max(ops.abs(difference), axis=1, keepdims=True)


def _begun(colours: Tensor, state: State) -> State:
    """The state; a fresh one is initialized from this frame."""
    fresh = state[FRAMES] < 0.5
    begun = {name: ops.where(fresh, colours, state[name]) for name in _COLOURS}
    begun["deviation"] = ops.where(fresh, 6.0, state["deviation"])
    begun["age"] = ops.where(fresh, 1.0, state["age"])
    return state | begun


def _modes(seen: Seen, moving: Tensor) -> State:
    """Both modes, their ages and the deviation after a frame."""
    state, still = seen.state, 1 - moving
    first = ops.cast(seen.near < 1, "float32")
    second = (1 - first) * ops.cast(seen.near_second < 1, "float32")
    neither = 1 - first - second
    age, second_age, deviation = state["age"], state["second_age"], state["deviation"]
    rate = ops.maximum(1 / (age + 1), 0.02) * first * (1 - 0.9 * moving)
    mode = state["first"] + rate * (seen.colours - state["first"])
    deviation = deviation + ops.maximum(1 / (age + 4), 0.01) * first * (seen.away - deviation)
    age = ops.clip(age + first * (1 - 1.3 * moving), 0.0, OLDEST)
    rate = ops.maximum(1 / (second_age + 1), 0.05) * second
    other = state["second"] + rate * (seen.colours - state["second"])
    second_age = second_age + second * (HELD + still * still) - neither * (0.1 * second_age + 0.5)
    replaced = ops.logical_and(second_age <= 0, neither > 0)
    other = ops.where(replaced, seen.colours, other)
    second_age = ops.clip(ops.where(replaced, 1.0, second_age), 0.0, OLDEST)
    swapped = second_age > age + 2
    return {
        "first": ops.where(swapped, other, mode),
        "second": ops.where(swapped, mode, other),
        "age": ops.where(swapped, second_age, age),
        "second_age": ops.where(swapped, age, second_age),
        "deviation": ops.clip(deviation, 1.5, 9.0),
    }


def _light(colours: Tensor, state: State, threshold: Tensor) -> Tensor:
    """The logarithm (n, c, 1, 1) of how much lighter the frame is than its background, 0 where it is not believed.

    The median over pixels that were still. It poisons the memory when what moves is the majority: it counts only when
    more than half of all pixels fit the background with it, and more than without.
    """
    colours, first, threshold, moving = (
        part[:, :, ::SAMPLE, ::SAMPLE] for part in (colours, state["first"], threshold, state["moving"])
    )
    ratio = ops.log((colours + LOG_OFFSET) / (first + LOG_OFFSET))
    usable = ops.cast(moving < 0.5, "float32")
    level = ops.clip(masked_median(ratio, usable), -0.5, 0.5)
    lit = (colours + LOG_OFFSET) * ops.exp(-level) - LOG_OFFSET
    with_it, without = (_fitting(part - first, threshold) for part in (lit, colours))
    enough = ops.mean(usable, axis=(1, 2, 3), keepdims=True) >= 0.25
    large = largest(level) >= 0.012
    believed = ops.logical_and(ops.logical_and(enough, large), ops.logical_and(with_it > 0.5, with_it > without))
    return ops.where(believed, level, 0.0)


def _fitting(difference: Tensor, threshold: Tensor) -> Tensor:
    """The share (n, 1, 1, 1) of pixels within the threshold."""
    return ops.mean(ops.cast(largest(difference) < threshold, "float32"), axis=(1, 2, 3), keepdims=True)


def masked_median(values: Tensor, mask: Tensor) -> Tensor:
    """The lower median (n, c, 1, 1) of values (n, c, h, w) where mask (n, 1, h, w) is 1; 0 where it is 1 nowhere."""
    channels, pixels = values.shape[1], values.shape[2] * values.shape[3]
    count = ops.cast(ops.sum(mask, axis=(1, 2, 3)), "int32")
    values = ops.where(mask > 0.5, values, 1e6)
    ordered = ops.sort(ops.reshape(values, (-1, channels, pixels)), axis=2)
    middle = ops.reshape(ops.maximum(count - 1, 0) // 2, (-1, 1, 1))
    chosen = ops.arange(pixels, dtype="int32") == middle
    median = ops.sum(ops.where(chosen, ordered, 0.0), axis=2, keepdims=True)
    return ops.where(ops.reshape(count, (-1, 1, 1, 1)) > 0, ops.expand_dims(median, 3), 0.0)
