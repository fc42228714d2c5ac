"""The loop from a source through a step into a sink."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from streams.errors import SinkError, StreamError
from streams.frame import Frame
from streams.gaps import Continuity, faded
from streams.meter import Meter, Report
from streams.paths import identity
from streams.sinks.sink import Sink
from streams.sources.source import Source

Step = Callable[[np.ndarray, Any], tuple[np.ndarray, Any]]


@dataclass(frozen=True, slots=True)
class RunResult:
    """The outcome of a run: frames segmented, last state, how often it was reset, warnings, the meter's report."""

    frames: int
    state: Any
    fresh_starts: int
    warnings: tuple[str, ...]
    report: Report


def run(
    source: Source,
    step: Step,
    sink: Sink,
    *,
    state: Any = None,
    max_frames: int | None = None,
    on_gap: str = "keep",
    meter: Meter | None = None,
    on_frame: Callable[[Frame, np.ndarray], None] | None = None,
) -> RunResult:
    """Segments every frame of the source, in order, and writes frame and mask to the sink.

    `step(image (h, w, 3), state) -> (mask (h, w) uint8, state)`; a new epoch begins with the state None. `on_gap` is
    what missing frames do to the state: "keep", "decay:0.9" or "reset:N" (`OnGap.parse`). To let decoding and encoding
    overlap with the step, wrap them: `run(Prefetch(source), step, Background(sink))`. Any error ends the run and closes
    both; what was written until then is playable.
    """
    meter = meter or Meter()
    source.measure(meter)
    sink.measure(meter)
    frames, fresh_starts, continuity = 0, 0, Continuity(on_gap)
    with source, prepared_for(sink, source):
        continuity.rate = source.rate
        for frame in islice(source, max_frames):
            change = continuity.judge(frame)
            state = None if change.fresh else faded(state, change.factor)
            fresh_starts += change.fresh is not None
            with meter.stage("infer"):
                mask, state = _segment(step, frame, state)
            sink.write(frame, mask)
            if not sink.deferred:
                meter.shown(frame)
            frames += 1
            if on_frame is not None:
                on_frame(frame, mask)
            if sink.finished:
                break
    return RunResult(frames, state, fresh_starts, (*source.warnings, *sink.warnings), meter.report())


def _segment(step: Step, frame: Frame, state: Any) -> tuple[np.ndarray, Any]:
    """The step's mask, checked, and its state; an error names the frame."""
    try:
        mask, state = step(frame.image, state)
    except Exception as error:
        error.add_note(f"while segmenting {place_of(frame)}")
        raise
    return checked(mask, frame), state


def place_of(frame: Frame) -> str:
    """The frame's number, source and time, for messages."""
    return f"frame {frame.index} of {frame.source} at {float(frame.pts):.3f} s"


def checked(mask: np.ndarray, frame: Frame) -> np.ndarray:
    """The mask, if its type and size are right for the frame."""
    mask = np.asarray(mask)
    if mask.dtype not in (np.uint8, np.uint16) or mask.shape != frame.image.shape[:2]:
        height, width = frame.image.shape[:2]
        raise StreamError(
            f"the step gave a mask of shape {mask.shape} and type {mask.dtype} "
            f"for frame {frame.index} of {frame.source}; it must be ({height}, {width}) uint8"
        )
    return mask


def prepared_for(sink: Sink, source: Source) -> Sink:
    """The sink, prepared for the opened source; SinkError if it would overwrite a file that the source reads."""
    read = {identity(path) for path in source.paths}
    for path in sink.paths:
        if identity(path) in read:
            raise SinkError(f"{path} is what is being read; give the output another name")
    sink.expect(live=source.live)
    return sink
