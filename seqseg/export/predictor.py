"""A `Predictor` over an exported file: frames and a state in, masks and a state out, without Keras or TensorFlow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.clips.placing import place_clip, restore_logits
from seqseg.errors import ConfigError, ModelError
from seqseg.export.runtimes import open_runtime
from seqseg.export.sidecar import Sidecar
from seqseg.geometry import Placement, Resizing

State = dict[str, np.ndarray]
SUM, WEIGHT = "smooth", "smooth/weight"  # named as `seqseg.inference.smoothing` names them: states cross runtimes


class ExportedPredictor:
    """Runs what `seqseg export` wrote, with the interface of `seqseg.Predictor`.

    Frames of any size are brought to the file's size as in training, and masks come back at the source's size.

    Args:
        path: an exported file with its sidecar.
        runtime: "onnx", "openvino" or "litert"; None takes that of the file's format.
        threads: of the runtime; None is as many as there are processors.
        exclusive: one class a pixel even of a multi-label model.
        always: with `exclusive`, a class also where a multi-label model sees none.
        smooth: masks come from a moving mean of the logits in which a frame k frames back has weight smooth ** k.
            0 is off.

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
    ):
        if not 0 <= smooth < 1:
            raise ConfigError(f"smooth must be from 0 (off) to below 1, got {smooth:g}")
        self._run, self.card = open_runtime(path, runtime=runtime, threads=threads)
        self.resizing = resizing_of(self.card)
        self.exclusive, self.always, self.smooth = exclusive, always, smooth

    def step(self, image: np.ndarray, state: State | None = None) -> tuple[np.ndarray, State]:
        """One frame (h, w, c) uint8 -> its mask (h, w) uint8, and the state for the next frame.

        A multi-label model gives planes (h, w, classes) of 0 and 1 unless `exclusive`, a predictor of frames the next
        frame (h, w, c).

        Raises:
            ModelError: the frame is no image of the model's channels, or the state belongs to another size.
        """
        image = np.asarray(image)
        if image.ndim != 3 or image.shape[-1] != self.card.channels:
            raise ModelError(f"a frame must be (h, w, {self.card.channels}), got shape {image.shape}")
        height, width = image.shape[:2]
        if state is None:
            state = self.initial_state(1, height, width)
        else:
            self.check_state(state, 1, height, width)
        placement = self.resizing.place(height, width)
        outputs, after = self._through(_tiles(image, placement), state)
        whole = placement.inside == placement.source == placement.canvas and len(placement.tiles) == 1
        if whole and not self.smooth and not (self.exclusive and self.card.head == "multi_label"):
            return outputs["mask"][0], after
        logits = outputs["logits"]
        if self.smooth:
            logits, smoothed = self._smoothed(logits, state)
            after |= smoothed
        return self._chosen(restore_logits(logits, placement)), after

    def step_batch(self, images: np.ndarray, state: State | None = None) -> tuple[np.ndarray, State]:
        """One frame of each of n streams (n, h, w, c) -> masks (n, h, w), and the state of all n."""
        height, width = images.shape[1:3]
        tiles = len(self.resizing.place(height, width).tiles)
        if state is None:
            state = self.initial_state(len(images), height, width)
        rows = [
            self.step(image, {name: array[row * tiles : (row + 1) * tiles] for name, array in state.items()})
            for row, image in enumerate(images)
        ]
        after = {name: np.concatenate([one[name] for _, one in rows]) for name in rows[0][1]}
        return np.stack([mask for mask, _ in rows]), after

    def __call__(self, images: Sequence[np.ndarray], states: Sequence[State | None]) -> tuple[list[Any], list[Any]]:
        """One frame of each stream and its state -> masks and states, as `BatchStepper`: a stream after the other."""
        done = [self.step(image, state) for image, state in zip(images, states, strict=True)]
        return [mask for mask, _ in done], [state for _, state in done]

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
        rows = batch * len(self.resizing.place(height, width).tiles)
        shapes: dict[str, tuple[int, ...]] = {state.name: (rows, *state.shape) for state in self.card.states}
        if self.smooth:
            shapes |= {SUM: (rows, *self.card.size, len(self.card.classes)), WEIGHT: (rows, 1, 1, 1)}
        return shapes

    def _through(self, tiles: np.ndarray, state: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], State]:
        """Tiles (rows, th, tw, c) through the file, in batches that it takes."""
        rows, batch = len(tiles), self.card.batch or len(tiles)
        parts = []
        for start in range(0, rows, batch):
            here = slice(start, start + batch)
            inputs = {"frame": tiles[here]} | {
                spec.input: np.asarray(state[spec.name])[here] for spec in self.card.states
            }
            count = len(inputs["frame"])
            filled = {name: _filled(array, batch) for name, array in inputs.items()}
            parts.append({name: array[:count] for name, array in self._run(filled).items()})
        outputs = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return outputs, {spec.name: outputs[spec.output] for spec in self.card.states}

    def _smoothed(self, logits: np.ndarray, state: Mapping[str, np.ndarray]) -> tuple[np.ndarray, State]:
        total = np.asarray(self.smooth * state[SUM] + logits, np.float32)
        weight = np.asarray(self.smooth * state[WEIGHT] + 1, np.float32)
        mean: np.ndarray = total / weight
        return mean, {SUM: total, WEIGHT: weight}

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
    kept = dict(card.resizing or {})
    name = kept.get("name", "letterbox")
    if name == "resize":
        return Resizing("resize", card.size)
    if name == "tile":
        return Resizing("tile", card.size, overlap=kept.get("overlap", 0.5), border=kept.get("border", "reflect"))
    return Resizing(
        "letterbox", card.size, enlarge=bool(kept.get("enlarge", False)), border=kept.get("border", "reflect")
    )


def _tiles(image: np.ndarray, placement: Placement) -> np.ndarray:
    (canvas,), _ = place_clip([image], [], placement)
    height, width = placement.tile
    parts = [canvas[top : top + height, left : left + width] for top, left in placement.tiles]
    return np.ascontiguousarray(np.stack(parts), "uint8")


def _filled(array: np.ndarray, rows: int) -> np.ndarray:
    """With rows of zeros up to the batch that a file is fixed at."""
    if len(array) == rows:
        return array
    return np.concatenate([array, np.zeros((rows - len(array), *array.shape[1:]), array.dtype)])
