"""Many synthetic scenes at once; every step takes a few and renders their next frames."""

import queue
import threading
from dataclasses import dataclass

import numpy as np

from seqseg.data.kinds.scenes.actors import SHADOW, STATIC
from seqseg.data.kinds.scenes.scene import Scene, scene_length

STREAMS, ROWS, LONGEST = 24, 6, 6
OLDEST = 900
SPARSE = 0.12
"""Share of scenes of which only every second to sixth frame comes, as from a camera that sends few."""


@dataclass
class Step:
    """What one step works with: `rows` (r,) of the streams, t frames (t, r, h, w, 3) and labels (t, r, h, w, 1).

    `fresh` (r,) marks rows whose memory begins, `older` (r,) by how many frames it is made older, `fed` (r, 3) what the
    memory receives as moving: shares of the model's own answer, of the truth, and of truth and rule together.
    `position` (r,) is the number of frames seen after the step, `revealed` (r, h, w, 1) where the last frame shows the
    background that something hid in the first one: where ghosts are. `after` is the streams' state after it, as values.
    """

    rows: np.ndarray
    fresh: np.ndarray
    older: np.ndarray
    fed: np.ndarray
    position: np.ndarray
    frames: np.ndarray
    labels: np.ndarray
    revealed: np.ndarray
    after: dict


class _Stream:
    def __init__(self, stock, size, *, seed, progress=None, facts=None):
        rng = np.random.default_rng([*seed, 98])
        frames = scene_length(rng)
        self.stride = int(rng.integers(2, 7)) if rng.uniform() < SPARSE else 1
        self.scene = Scene(stock, size, frames=frames, seed=seed)
        self.length = frames // self.stride
        if facts is None:
            own = 0.25 + 0.6 * min(1.0, progress / 0.25)  # at first the model's own answers are worth little
            others = [(0, 1, 0), (0, 0, 1), (0.5, 0.5, 0)]
            fed = (1, 0, 0) if rng.uniform() < own else others[int(rng.choice(3, p=[0.4, 0.3, 0.3]))]
            ages = self.scene.kind in ("empty", "still") and bool(rng.uniform() < 0.5)
            facts = {"seed": list(seed), "position": 0, "ages": ages, "fed": fed}
        self.facts = facts
        first = self.scene.render(0)[1]
        self.hidden = (first != STATIC) & (first != SHADOW)

    def next(self):
        """The next frame and its labels."""
        drawn = self.scene.render(self.facts["position"] * self.stride)
        self.facts["position"] += 1
        return drawn

    def take_age(self, rng):
        """Once, while the picture is still empty: as if it had been so for up to 900 frames."""
        if not self.facts["ages"] or self.facts["position"] < 7:
            return 0.0
        self.facts["ages"] = False
        return rng.uniform(0, OLDEST)


class Streams:
    """Steps without end, drawn ahead by a thread; the same for a seed, also when it goes on from `Step.after`.

    Args:
        stock: what is drawn from; see `seqseg.data.kinds.scenes`.
        size: (height, width).
        seed: a number.
        progress: number of a step -> how far the training then is, 0 to 1.
        state: `after` of the last step that was used; None begins.
    """

    def __init__(self, stock, size, *, seed, progress, state=None):
        self._stock, self._size, self._seed, self._progress = stock, size, seed, progress
        self._rng = np.random.default_rng([seed, 99])
        self._state = state or {"count": 0, "step": 0, "streams": []}
        if state:
            self._rng.bit_generator.state = state["rng"]
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
            streams = [
                _Stream(self._stock, self._size, seed=facts["seed"], facts=dict(facts))
                for facts in self._state["streams"]
            ] or [self._stream() for _ in range(STREAMS)]
            while True:
                self._queue.put(self._step(streams))
        except Exception as error:  # raised where the next step is taken
            self._error = error
            self._queue.put(None)

    def _stream(self):
        self._state["count"] += 1
        seed = (self._seed, 4, self._state["count"])
        return _Stream(self._stock, self._size, seed=seed, progress=self._progress(self._state["step"]))

    def _step(self, streams):
        rows = self._rng.choice(STREAMS, ROWS, replace=False)
        timesteps = int(self._rng.integers(1, LONGEST + 1))
        frames = np.empty((timesteps, ROWS, *self._size, 3), np.uint8)
        labels = np.empty((timesteps, ROWS, *self._size, 1), np.uint8)
        facts, revealed = [], np.empty((ROWS, *self._size, 1), bool)
        for place, row in enumerate(rows):
            if streams[row].facts["position"] + timesteps > streams[row].length:
                streams[row] = self._stream()
            stream = streams[row]
            fresh, older = stream.facts["position"] == 0, stream.take_age(self._rng)
            for t in range(timesteps):
                frames[t, place], labels[t, place, ..., 0] = stream.next()
            facts.append((fresh, older, stream.facts["fed"], stream.facts["position"]))
            revealed[place, ..., 0] = stream.hidden & (labels[-1, place, ..., 0] == STATIC)
        fresh, older, fed, position = (np.array(part) for part in zip(*facts, strict=True))
        self._state["step"] += 1
        after = self._state | {
            "streams": [dict(stream.facts) for stream in streams], "rng": self._rng.bit_generator.state,
        }  # fmt: skip
        return Step(
            rows, fresh, older.astype("float32"), fed.astype("float32"), position, frames, labels, revealed, after
        )
