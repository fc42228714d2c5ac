"""Scores as JSON and as text for the terminal; NaN is a score that does not exist."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from seqseg.evaluation.scores.error_bars import VideoCounts
from seqseg.metrics import Interval


@dataclass(frozen=True)
class WorstFrame:
    """A frame with a low score: its video's name, its index there, its mean IoU, the prediction (h, w)."""

    video: str
    index: int
    iou: float
    prediction: np.ndarray


class Scored(Protocol):
    """An evaluation with error bars."""

    @property
    def intervals(self) -> Mapping[str, Interval]: ...
    @property
    def videos(self) -> Sequence[VideoCounts]: ...


def number_or_none(value: float) -> float | None:
    """A float, or None for NaN, which JSON does not have."""
    return None if math.isnan(value) else float(value)


def percent(value: float) -> str:
    """In percent with one digit, five characters wide; a dash for NaN."""
    return "    –" if math.isnan(value) else f"{100 * value:5.1f}"


def facts_of_worst(worst: Sequence[WorstFrame]) -> list[dict[str, Any]]:
    """Plain data, without the predictions."""
    return [{"video": frame.video, "index": frame.index, "iou": frame.iou} for frame in worst]


def facts_of_videos(videos: Sequence[VideoCounts]) -> list[dict[str, Any]]:
    """Plain data: names, lengths and scores."""
    return [
        {
            "name": video.name,
            "frames": video.frames,
            "miou": number_or_none(video.miou),
            "flicker": number_or_none(video.flicker_rate),
        }
        for video in videos
    ]


def bars_line(evaluation: Scored, columns: Sequence[tuple[str, str, int]]) -> list[str]:
    """One line with the error bars of columns of (title, score, digits), in a list; empty without any."""
    known = {name: ends for name, ends in evaluation.intervals.items() if not math.isnan(ends.low)}
    bars = [
        f"{title} {100 * known[name].low:.{digits}f} to {100 * known[name].high:.{digits}f}"
        for title, name, digits in columns
        if name in known
    ]
    return [f"95 % bootstrap over {len(evaluation.videos)} videos: {'   '.join(bars)}"] if bars else []
