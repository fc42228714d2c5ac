"""Many streams through one model: their frames in one batch, a state for each stream."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from seqseg.errors import ConfigError
from seqseg.inference.compiling import Step
from seqseg.inference.predictor import Predictor, Prepared
from seqseg.layers.placing import place_images, restore_logits
from seqseg.layers.tensor import State
from seqseg.recent import Recent

SIZES = 16  # sizes of the network's input whose empty state is kept


class BatchStepper:
    """`stepper(images, states) -> masks, states`: one frame of each of several streams through a `Predictor`.

    Lists with an entry a stream; frames may differ in size, a state of None is fresh. Frames that have the same size
    for the network go through it together; each is resized separately. The states stay on the device: one compiled call
    joins them into a batch, runs the network and splits them again.

    Every batch size is compiled once, so only powers of two are used: a batch of 7 runs as 4 + 2 + 1 and no row is
    wasted. With `slots` every batch has that size and is filled up with empty rows: one program, nothing to compile
    when streams come and go, at the price of the empty rows. Within one batch size the masks of a stream are the same
    bit for bit with any other streams in the batch; between batch sizes logits differ by rounding.

    Example:
        >>> stepper = BatchStepper(Predictor(load_model("runs/cells/best.keras")))
        >>> masks, states = stepper([left, right], [None, None])
    """

    def __init__(self, predictor: Predictor, *, slots: int | None = None) -> None:
        if slots is not None and slots < 1:
            raise ConfigError(f"slots must be at least 1, got {slots}")
        self.predictor, self.slots = predictor, slots
        self._empty: Recent[State] = Recent(SIZES)

    def __call__(
        self, images: Sequence[np.ndarray], states: Sequence[State | None], *, condition: npt.ArrayLike | None = None
    ) -> tuple[list[np.ndarray], list[State]]:
        """One frame (h, w, c) and the state of each stream -> masks (h, w) in uint8 and the states after.

        `condition` is the vector (k,) of a conditioned model, the same for all streams.
        """
        vectors = None if condition is None else np.asarray(condition, "float32")[None]
        done: dict[int, tuple[np.ndarray, State]] = {}
        for rows in self._batches(images):
            masks, after = self._step([images[row] for row in rows], [states[row] for row in rows], vectors)
            done |= zip(rows, zip(masks, after, strict=True), strict=False)  # the empty rows are left over
        return [done[row][0] for row in range(len(images))], [done[row][1] for row in range(len(images))]

    def _batches(self, images: Sequence[np.ndarray]) -> Iterator[list[int]]:
        """The rows of each batch: those of one size for the network, in order, in sizes that are compiled."""
        groups: dict[object, list[int]] = {}
        for row, image in enumerate(images):
            groups.setdefault(self._network_size(image), []).append(row)
        for rows in groups.values():
            while rows:
                size = self.slots or 1 << (len(rows).bit_length() - 1)
                yield rows[:size]
                rows = rows[size:]

    def _step(
        self, images: list[np.ndarray], states: list[State | None], condition: np.ndarray | None
    ) -> tuple[list[np.ndarray], list[State]]:
        for _ in range(len(images), self.slots or 0):
            images.append(np.zeros_like(images[0]))
            states.append(self._empty_state(images[0]))
        if len(images) == 1:  # the same program as for a stream alone
            mask, state = self.predictor.step_batch(images[0][None], states[0], condition=condition)
            return [mask[0]], [state]
        rows = [
            self.predictor.prepare(image[None], state, condition) for image, state in zip(images, states, strict=True)
        ]
        alike = len({row.images.shape for row in rows}) == 1
        run = self._of_one_size if alike else self._of_several_sizes
        masks, after = run(rows, None if condition is None else np.concatenate([row.condition for row in rows]))
        after = [state | row.kept for state, row in zip(after, rows, strict=True)]
        return [mask[row.window] for mask, row in zip(masks, rows, strict=True)], after

    def _of_one_size(
        self, rows: list[Prepared], condition: np.ndarray | None
    ) -> tuple[Sequence[np.ndarray], list[State]]:
        """Resizing, network and resizing back in one call."""
        images, predictor = np.concatenate([row.images for row in rows]), self.predictor
        size = images.shape[1:3]
        step = predictor.compiled(("rows", images.shape), lambda: _on_rows(predictor.whole_step(size), len(rows)))
        masks, states = step(images, [row.state for row in rows], condition)
        return ops.convert_to_numpy(masks), states

    def _of_several_sizes(
        self, rows: list[Prepared], condition: np.ndarray | None
    ) -> tuple[Sequence[np.ndarray], list[State]]:
        """The network runs once; each frame is resized, and its logits are resized back, in calls of their own."""
        predictor, images = self.predictor, [row.images for row in rows]
        frames = [self._compiled("place", _place, image)(image, None, None) for image in images]
        network = predictor.compiled(("network", len(rows), *frames[0].shape), lambda: _network(predictor, len(rows)))
        logits, states = network(frames, [row.state for row in rows], condition)
        masks = [
            self._compiled("masks", _masks, image)(row, None, None) for image, row in zip(images, logits, strict=True)
        ]
        return [ops.convert_to_numpy(mask)[0] for mask in masks], states

    def _compiled(self, name: str, make: Callable[[Predictor, tuple[int, int]], Step], image: np.ndarray) -> Step:
        height, width = image.shape[1:3]
        return self.predictor.compiled((name, image.shape), lambda: make(self.predictor, (height, width)))

    def _network_size(self, image: np.ndarray) -> tuple[tuple[int, int], int]:
        placement = self.predictor.resizing.place(*image.shape[:2])
        return placement.tile, len(placement.tiles)

    def _empty_state(self, image: np.ndarray) -> State:
        height, width = image.shape[:2]
        key = self._network_size(image), self.predictor.along and image.shape  # what is kept has the frame's own size
        return self._empty.get(key, lambda: self.predictor.initial_state(1, height, width))


def _on_rows(step: Step, count: int) -> Step:
    """`step` on a list of states, one for each of `count` streams."""

    def on_rows(images: Any, states: Sequence[State], condition: Any) -> tuple[Any, list[State]]:
        joined = {name: ops.concatenate([state[name] for state in states]) for name in states[0]}
        result, after = step(images, joined, condition)
        parts = {name: ops.split(tensor, count) for name, tensor in after.items()}
        return result, [{name: parts[name][row] for name in parts} for row in range(count)]

    return on_rows


def _network(predictor: Predictor, count: int) -> Step:
    step = _on_rows(predictor.network, count)

    def network(frames: Any, states: Sequence[State], condition: Any) -> tuple[Any, list[State]]:
        logits, after = step(ops.concatenate(frames), states, condition)
        return ops.split(logits, count), after

    return network


def _place(predictor: Predictor, size: tuple[int, int]) -> Step:
    placement = predictor.resizing.place(*size)

    def place(image: Any, _: Any, __: Any) -> keras.KerasTensor:
        return ops.cast(place_images(image, placement), "float32")

    return place


def _masks(predictor: Predictor, size: tuple[int, int]) -> Step:
    placement = predictor.resizing.place(*size)

    def masks(logits: Any, _: Any, __: Any) -> keras.KerasTensor:
        return predictor.choose(restore_logits(logits, placement))

    return masks
