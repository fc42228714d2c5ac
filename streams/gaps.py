"""Whether a stream's state is kept, decays or is reset before a frame."""

from collections import deque
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from streams.errors import StreamError
from streams.frame import Frame

DECAY = 0.9
ADVICE = 'use "keep", "decay" or "decay:0.9", or "reset:N"'


class StateChange(NamedTuple):
    """What happens to the state before a frame."""

    fresh: str | None = None  # why it is reset: "epoch", "size", "gap", "asked", "independent"
    missing: int = 0  # frames between the last one and this
    factor: float = 1.0  # what the state is multiplied by before the frame


class OnGap(NamedTuple):
    """What missing frames do to the state.

    >>> OnGap.parse("reset:5")
    OnGap(kind='reset', factor=1.0, limit=5)
    """

    kind: str = "keep"
    factor: float = 1.0  # of "decay", for each missing frame
    limit: int = 0  # of "reset": the number of missing frames that resets it

    @classmethod
    def parse(cls, text: str) -> "OnGap":
        """From text. `keep`: as if nothing were missing. `decay[:FACTOR]`: the state times FACTOR for each missing
        frame, so that a gated cell's memory (c) and output (h) fade towards the fresh state, zero. `reset:N`: reset
        when N or more are missing. `always`: reset before each frame, for pictures that do not belong together.
        """
        kind, _, value = text.partition(":")
        try:
            if kind == "decay":
                return cls(kind, factor=_within(float(value or DECAY), 0, 1))
            if kind == "reset":
                return cls(kind, limit=int(_within(int(value), 1, float("inf"))))
        except ValueError:
            raise StreamError(f'what happens on a gap cannot be "{text}"; {ADVICE}') from None
        if kind == "always" and not value:
            return cls(kind)
        if kind != "keep" or value:
            raise StreamError(f'what happens on a gap cannot be "{text}"; {ADVICE}')
        return cls()

    def __str__(self) -> str:
        return {"keep": "keep", "always": "always", "decay": f"decay:{self.factor:g}", "reset": f"reset:{self.limit}"}[
            self.kind
        ]


class Judge(Protocol):
    """Decides for each frame of a stream what happens to the state. `rate` is the source's, where it is known."""

    rate: Fraction | None

    @property
    def on_gap(self) -> object: ...
    def judge(self, frame: Frame, *, asked: bool = False) -> StateChange: ...


class Continuity:
    """Looks at a stream's frames in order and decides for each what happens to the state.

    Missing are the frames that the source counted (`Frame.gap`) or, if its times jump further, as many as fit into the
    jump: by the last frame's duration, else by `rate`, else by the median distance of the last frames.
    """

    def __init__(self, on_gap: OnGap | str = "keep", *, rate: Fraction | None = None) -> None:
        self.on_gap = OnGap.parse(on_gap) if isinstance(on_gap, str) else on_gap
        self.rate = rate
        self._last: Frame | None = None
        self._steps: deque[Fraction] = deque(maxlen=15)

    def judge(self, frame: Frame, *, asked: bool = False) -> StateChange:
        """What happens to the state before this frame; `asked`: the user has asked for a reset."""
        last, self._last = self._last, frame
        if last is None:
            return StateChange("asked" if asked else None)
        if frame.epoch != last.epoch:
            self._steps.clear()
            return StateChange("epoch")
        if self.on_gap.kind == "always":
            return StateChange("independent")
        if frame.image.shape != last.image.shape:
            return StateChange("size")
        missing = self._missing(last, frame)
        if asked:
            return StateChange("asked", missing)
        if missing and self.on_gap.kind == "decay":
            return StateChange(None, missing, self.on_gap.factor**missing)
        if self.on_gap.kind == "reset" and missing >= self.on_gap.limit:
            return StateChange("gap", missing)
        return StateChange(None, missing)

    def _missing(self, last: Frame, frame: Frame) -> int:
        step = frame.pts - last.pts
        usual = last.duration or (1 / self.rate if self.rate else self._median())
        self._steps.append(step / (1 + frame.gap))
        by_time = round(step / usual) - 1 if usual else 0
        return max(frame.gap, by_time)

    def _median(self) -> Fraction | None:
        return sorted(self._steps)[len(self._steps) // 2] if len(self._steps) > 3 else None


def faded(state: Any, factor: float) -> Any:
    """The state, a dict of arrays or None, times the factor."""
    if state is None or factor == 1:
        return state
    if not isinstance(state, dict):
        raise StreamError(f"a state of type {type(state).__name__} cannot decay; only a dict of arrays can")
    return {name: array * factor for name, array in state.items()}


def _within(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError
    return value
