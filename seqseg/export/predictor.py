"""A `Predictor` over an exported file: frames and a state in, masks and a state out, without Keras or TensorFlow."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqseg.data.clips.next_frames import grey
from seqseg.data.clips.placing import place_clip, restore_logits
from seqseg.errors import ConfigError, ModelError
from seqseg.export.runtimes import open_runtime
from seqseg.export.sidecar import Sidecar
from seqseg.frames import require_frames
from seqseg.geometry import Placement, Resizing
from seqseg.inference.along_motion import AlongMotion
from seqseg.inference.arrays import NumpyArrays, on_host
from seqseg.inference.smoothing import SUM, WEIGHT, Smoothing

State = dict[str, np.ndarray]


class _Row(NamedTuple):
    """A stream's frame, ready for the file; `state` is the network's and the smoothing's, `kept` the pictures'."""

    tiles: np.ndarray  # (tiles, th, tw, c) uint8
    state: State
    kept: State
    placement: Placement


class ExportedPredictor:
    """Runs what `seqseg export` wrote, with the interface of `seqseg.Predictor`.

    Frames of any size are brought to the file's size as in training, and masks come back at the source's size.

    Args:
        path: an exported file with its sidecar.
        runtime: "onnx", "openvino" or "litert"; None takes that of the file's format.
        threads: of the runtime; None is as many as there are processors.
        exclusive, always, smooth, along_motion, denoise: as `seqseg.Predictor`'s.
        slots: with a file of any batch, every batch has that size and is filled up with empty rows.
        resizing: how frames come to the file's size, another way than in training.

    Example:
        >>> predictor = ExportedPredictor("cells.onnx")
        >>> state = None
        >>> for frame in source:
        ...     mask, state = predictor.step(frame.image, state)
    """

    def __init__(
        self,
        path: str | Path,
        *,
        runtime: str | None = None,
        threads: int | None = None,
        exclusive: bool = False,
        always: bool = False,
        smooth: float = 0.0,
        along_motion: bool = False,
        denoise: bool = False,
        slots: int | None = None,
        resizing: Resizing | None = None,
    ):
        if along_motion and not smooth:
            raise ConfigError("along_motion moves the mean of smooth; give smooth, such as 0.6, too")
        self._smoothing = Smoothing(smooth, along_motion=along_motion, arrays=NumpyArrays()) if smooth else None
        self._along = AlongMotion(smooth=along_motion, denoise=denoise) if along_motion or denoise else None
        self._run, self.card = open_runtime(path, runtime=runtime, threads=threads)
        self.resizing = resizing or resizing_of(self.card)
        self.exclusive, self.always = exclusive, always
        self._rows = _rows_at_once(path, self.card, slots)

    def step(self, image: np.ndarray, state: State | None = None) -> tuple[np.ndarray, State]:
        """One frame (h, w, c) uint8 -> its mask (h, w) uint8, and the state for the next frame.

        A multi-label model gives planes (h, w, classes) of 0 and 1 unless `exclusive`, a predictor of frames the next
        frame (h, w, c).

        Raises:
            ModelError: the frame is no image of the model's channels, or the state belongs to another size.
        """
        masks, states = self([image], [state])
        return masks[0], states[0]

    def step_batch(self, images: np.ndarray, state: State | None = None) -> tuple[np.ndarray, State]:
        """One frame of each of n streams (n, h, w, c) -> masks (n, h, w), and the state of all n."""
        fresh: list[State | None] = [None] * len(images)
        masks, states = self(list(images), fresh if state is None else _split(state, len(images)))
        return np.stack(masks), {name: np.concatenate([one[name] for one in states]) for name in states[0]}

    def __call__(
        self, images: Sequence[np.ndarray], states: Sequence[State | None]
    ) -> tuple[list[np.ndarray], list[State]]:
        """One frame (h, w, c) and the state of each stream -> masks and the states after, as `BatchStepper`.

        Frames may differ in size; all go through the file together where it takes as many.
        """
        rows = [self._prepared(image, state) for image, state in zip(images, states, strict=True)]
        masks, after = [], []
        for row, outputs in zip(rows, self._through(rows), strict=True):
            mask, state = self._finished(row, outputs)
            masks.append(mask)
            after.append(state)
        return masks, after

    def forecasts(self, image: np.ndarray, state: State | None, *, frames: int) -> tuple[np.ndarray, State]:
        """Of a predictor of frames: a frame (h, w, c) -> the next `frames` (frames, h, w, c) uint8, state after it.

        What the file predicts is rounded to whole grey levels before it is given back to it.
        """
        row = self._prepared(image, state)
        (outputs,) = self._through([row])
        after, future = self._states_of(outputs), [outputs["logits"]]
        while len(future) < frames:
            row = row._replace(tiles=outputs["mask"], state=self._states_of(outputs))
            (outputs,) = self._through([row])
            future.append(outputs["logits"])
        return np.stack([self._chosen(restore_logits(one, row.placement)) for one in future]), after

    def initial_state(self, batch: int, height: int, width: int) -> State:
        """An empty memory for `batch` streams whose frames are `height` x `width`; each tile of a frame has its own."""
        return {name: np.zeros(shape, "float32") for name, shape in self._shapes(batch, height, width).items()}

    def check_state(self, state: Mapping[str, np.ndarray], batch: int, height: int, width: int) -> None:
        """Raise ModelError unless `state` is one of `batch` streams whose frames are `height` x `width`."""
        expected = self._shapes(batch, height, width)
        came = {name: tuple(array.shape) for name, array in state.items()}
        if came != expected:
            raise ModelError(f"these frames need a state of {expected}, got {came}; pass state=None for a fresh state")

    def _shapes(self, batch: int, height: int, width: int) -> dict[str, tuple[int, ...]]:
        placement = self.resizing.place(height, width)
        rows = batch * len(placement.tiles)
        shapes: dict[str, tuple[int, ...]] = {state.name: (rows, *state.shape) for state in self.card.states}
        if self._smoothing:
            shapes |= self._smoothing.initial_state_shapes(rows, *placement.tile, len(self.card.classes))
        if self._along:
            shapes |= self._along.initial_state_shapes(batch, height, width, self.card.channels)
        return shapes

    def _prepared(self, image: np.ndarray, state: State | None) -> _Row:
        image = np.asarray(image)
        if self.card.channels == 1 and image.shape[-1:] == (3,):
            require_frames(image[None], 3)
            image = grey(image)
        require_frames(image[None], self.card.channels)
        height, width = image.shape[:2]
        if state is None:
            state = self.initial_state(1, height, width)
        else:
            self.check_state(state, 1, height, width)
        placement, kept = self.resizing.place(height, width), State()
        state = {name: on_host(array) for name, array in state.items()}
        if self._along:
            (image,), state, kept = self._along.look(image[None], state, placement)
        return _Row(_tiles(image, placement), state, kept, placement)

    def _through(self, rows: Sequence[_Row]) -> Iterator[dict[str, np.ndarray]]:
        """The outputs of the file for each row; all tiles of all rows in batches that it takes."""
        inputs = {"frame": _joined([row.tiles for row in rows])}
        inputs |= {spec.input: _joined([row.state[spec.name] for row in rows]) for spec in self.card.states}
        total = len(inputs["frame"])
        batch = self._rows or total
        parts = []
        for start in range(0, total, batch):
            filled = {name: _filled(array[start : start + batch], batch) for name, array in inputs.items()}
            count = min(batch, total - start)
            parts.append({name: array[:count] for name, array in self._run(filled).items()})
        outputs = {name: _joined([part[name] for part in parts]) for name in parts[0]}
        start = 0
        for row in rows:
            stop = start + len(row.tiles)
            yield {name: array[start:stop] for name, array in outputs.items()}
            start = stop

    def _finished(self, row: _Row, outputs: Mapping[str, np.ndarray]) -> tuple[np.ndarray, State]:
        """The mask at the frame's own size, and the state after it."""
        after, placement = self._states_of(outputs), row.placement
        whole = placement.inside == placement.source == placement.canvas and len(placement.tiles) == 1
        if whole and not self._smoothing and not (self.exclusive and self.card.head == "multi_label"):
            return outputs["mask"][0], after | row.kept
        logits = outputs["logits"]
        if self._smoothing:
            logits, sums = self._smoothing(logits, {name: row.state[name] for name in (SUM, WEIGHT)})
            after |= sums
        return self._chosen(restore_logits(logits, placement)), after | row.kept

    def _states_of(self, outputs: Mapping[str, np.ndarray]) -> State:
        return {spec.name: outputs[spec.output] for spec in self.card.states}

    def _chosen(self, logits: np.ndarray) -> np.ndarray:
        if self.card.head == "frame":
            return np.asarray(np.round(np.clip(logits, 0, 255)), "uint8")
        if self.card.head != "multi_label":
            return np.asarray(logits.argmax(-1), "uint8")
        if not self.exclusive:
            return np.asarray(logits > 0, "uint8")
        top = np.asarray(logits.argmax(-1), "uint8")
        return top if self.always else np.asarray(np.where(logits.max(-1) > 0, top, self.card.void), "uint8")


def resizing_of(card: Sidecar) -> Resizing:
    """How frames of any size come to the one size that a file takes: as in training, but always filling it."""
    return filling(card.resizing, card.size)


def filling(fit: Mapping[str, Any] | None, size: tuple[int, int]) -> Resizing:
    """The same from what a model's card says of its training."""
    kept = dict(fit or {})
    name, border = kept.get("name", "letterbox"), kept.get("border", "reflect")
    if name == "resize":
        return Resizing("resize", size)
    if name == "tile":
        return Resizing("tile", size, overlap=kept.get("overlap", 0.5), border=border)
    return Resizing("letterbox", size, enlarge=bool(kept.get("enlarge", False)), border=border)


def _rows_at_once(path: str | Path, card: Sidecar, slots: int | None) -> int | None:
    """How many rows every call has; None: as many as there are."""
    if slots is not None and slots < 1:
        raise ConfigError(f"slots must be at least 1, got {slots}")
    if slots is not None and card.batch not in (None, slots):
        raise ConfigError(
            f"{path} takes batches of {card.batch}, got slots {slots}; export it with --batch {slots} or dynamic"
        )
    return card.batch or slots


def _tiles(image: np.ndarray, placement: Placement) -> np.ndarray:
    (canvas,), _ = place_clip([image], [], placement)
    height, width = placement.tile
    parts = [canvas[top : top + height, left : left + width] for top, left in placement.tiles]
    return np.ascontiguousarray(np.stack(parts), "uint8")


def _split(state: Mapping[str, np.ndarray], count: int) -> list[State | None]:
    """A state of `count` streams -> one each."""
    parts = {name: np.split(on_host(array), count) for name, array in state.items()}
    return [{name: parts[name][row] for name in parts} for row in range(count)]


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _filled(array: np.ndarray, rows: int) -> np.ndarray:
    """With rows of zeros up to the batch that a file is fixed at."""
    if len(array) == rows:
        return array
    return np.concatenate([array, np.zeros((rows - len(array), *array.shape[1:]), array.dtype)])
