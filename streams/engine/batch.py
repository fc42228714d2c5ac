"""One batch: frames of several streams through the step, in a thread that is abandoned when the step hangs."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from streams.engine.stream import Stream
from streams.errors import StreamError
from streams.frame import Frame
from streams.gaps import StateChange
from streams.meter import Report
from streams.runner import checked, place_of
from streams.threads.worker import Worker

BatchStep = Callable[[list[np.ndarray], list[Any]], tuple[Iterable[np.ndarray], Iterable[Any]]]


class Taken(NamedTuple):
    """A frame that is about to be segmented."""

    stream: Stream
    frame: Frame
    change: StateChange


class Segmented(NamedTuple):
    """A frame with its mask (h, w) and the state after it."""

    stream: Stream
    frame: Frame
    change: StateChange
    mask: np.ndarray
    state: Any


class Batches:
    """Runs the step on one batch at a time and counts the batches by their size."""

    def __init__(self, step: BatchStep) -> None:
        self._step = step
        self._worker: Worker[tuple[Iterable[np.ndarray], Iterable[Any]]] | None = None
        self._sizes: Counter[int] = Counter()

    @property
    def count(self) -> int:
        return sum(self._sizes.values())

    def segment(self, taken: Sequence[Taken], given_up: Callable[[], bool]) -> list[Segmented]:
        """The masks and states of a batch. StreamError when `given_up()` turns true before the step returns."""
        images = [one.frame.image for one in taken]
        states = [one.stream.state for one in taken]
        worker = self._worker = self._worker or Worker("step")
        begin = time.perf_counter()
        try:
            results = worker.call(lambda: self._step(images, states), given_up)
        except TimeoutError:
            raise StreamError("the step has not returned since the run was stopped, and was abandoned") from None
        except Exception as error:
            error.add_note(f"while segmenting {', '.join(place_of(one.frame) for one in taken)}")
            raise
        seconds = time.perf_counter() - begin
        for one in taken:
            one.stream.meter.add("infer", seconds)
        self._sizes[len(taken)] += 1
        return [
            Segmented(*one, checked(mask, one.frame), state) for one, mask, state in zip(taken, *results, strict=True)
        ]

    def close(self, patience: float) -> None:
        """Ends the thread; a step that still runs after `patience` seconds is abandoned."""
        if self._worker is not None:
            self._worker.close(patience)

    def report(self) -> Report:
        """Plain data for JSON."""
        frames = sum(size * count for size, count in self._sizes.items())
        return {
            "count": self.count,
            "mean_size": round(frames / self.count, 3) if self.count else None,
            "sizes": {str(size): self._sizes[size] for size in sorted(self._sizes)},
        }
