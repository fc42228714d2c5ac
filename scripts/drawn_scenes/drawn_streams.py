"""Many synthetic scenes at once; every step takes a few and renders their next frames."""

import queue
import threading
from dataclasses import dataclass

import numpy as np

from seqseg.data.kinds.scenes.scene import Scene, scene_length

STREAMS, ROWS, LONGEST = 24, 6, 6
OLDEST = 900


@dataclass
class Step:
    """What one step works with: `rows` (r,) of the streams, t frames (t, r, h, w, 3) and labels (t, r, h, w, 1).

    `fresh` (r,) marks rows whose memory begins, `older` (r,) by how many frames it is made older, `fed` (r, 3) what the
    memory is told to be moving: shares of the model's own answer, of the truth, and of truth and rule together.
    `position` (r,) is the number of frames seen after the step.
    """

    rows: np.ndarray
    fresh: np.ndarray
    older: np.ndarray
    fed: np.ndarray
    position: np.ndarray
    frames: np.ndarray
    labels: np.ndarray


class _Stream:
    def __init__(self, stock, size, rng, seed, progress):
        frames = scene_length(rng)
        self.scene = Scene(stock, size, frames=frames, seed=seed)
        self.position, self.length, self.fresh = 0, frames, True
        self.ages = self.scene.kind in ("empty", "still") and rng.uniform() < 0.5
        own = 0.25 + 0.6 * min(1.0, progress / 0.25)  # at first the model's own answers are worth little
        others = [(0, 1, 0), (0, 0, 1), (0.5, 0.5, 0)]
        self.fed = (1, 0, 0) if rng.uniform() < own else others[int(rng.choice(3, p=[0.4, 0.3, 0.3]))]

    def take_age(self, rng):
        """Once, while the picture is still empty: as if it had been so for up to 900 frames."""
        if not self.ages or self.position < 7:
            return 0.0
        self.ages = False
        return rng.uniform(0, OLDEST)


class Streams:
    """Steps without end, drawn ahead by a thread.

    Args:
        stock: what is drawn from; see `seqseg.data.kinds.scenes`.
        size: (height, width).
        seed: numbers.
        progress: () -> how far the training is, 0 to 1.
    """

    def __init__(self, stock, size, *, seed, progress):
        self._stock, self._size, self._seed, self._progress = stock, size, seed, progress
        self._rng, self._count = np.random.default_rng([*seed, 99]), 0
        self._queue, self._error = queue.Queue(3), None
        threading.Thread(target=self._draw_all, daemon=True).start()

    def next(self):
        """The next `Step`; what went wrong while drawing is raised here."""
        step = self._queue.get()
        if step is None:
            raise self._error
        return step

    def _draw_all(self):
        try:
            streams = [self._stream() for _ in range(STREAMS)]
            while True:
                self._queue.put(self._step(streams))
        except Exception as error:  # raised where the next step is taken
            self._error = error
            self._queue.put(None)

    def _stream(self):
        self._count += 1
        return _Stream(self._stock, self._size, self._rng, (*self._seed, self._count), self._progress())

    def _step(self, streams):
        rows = self._rng.choice(STREAMS, ROWS, replace=False)
        timesteps = int(self._rng.integers(1, LONGEST + 1))
        frames = np.empty((timesteps, ROWS, *self._size, 3), np.uint8)
        labels = np.empty((timesteps, ROWS, *self._size, 1), np.uint8)
        facts = []
        for place, row in enumerate(rows):
            if streams[row].position + timesteps > streams[row].length:
                streams[row] = self._stream()
            stream = streams[row]
            facts.append((stream.fresh, stream.take_age(self._rng), stream.fed, stream.position + timesteps))
            stream.fresh = False
            for t in range(timesteps):
                frames[t, place], labels[t, place, ..., 0] = stream.scene.render(stream.position)
                stream.position += 1
        fresh, older, fed, position = (np.array(part) for part in zip(*facts, strict=True))
        return Step(rows, fresh, older.astype("float32"), fed.astype("float32"), position, frames, labels)
