"""One long source as several chunks, each begun with a few frames more or with the state of the one before."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from seqseg.offline.jobs import Job

if TYPE_CHECKING:
    import numpy as np

AGREES = 0.999
"""The share of equal pixels from which two masks agree."""

Step = Callable[["np.ndarray", Any], "tuple[np.ndarray, Any]"]
"""(image, state) -> (mask, state)"""


def chunks_of(job: Job, *, seconds: float, length: Fraction, rate: Fraction, warm_up: int, into: str) -> list[Job]:
    """The chunks of a source of `length` seconds at `rate` frames a second; one alone where it is not longer.

    Each is a job whose folder goes into the folder `into`; the last has no end. `warm_up` frames before each move its
    memory on and are not kept.
    """
    count = max(1, math.ceil(length / Fraction(seconds).limit_denominator(1000)))
    frames = math.ceil(length * rate / count)
    borders = [number * frames / rate for number in range(count)]
    return [
        replace(
            job,
            name=f"{job.name}~{number}",
            into=into,
            begin=str(begin),
            end=str(end) if end is not None else "",
            enter=str(max(Fraction(0), begin - warm_up / rate)),
        )
        for number, (begin, end) in enumerate(zip(borders, [*borders[1:], None], strict=True))
    ]


def agreement(step: Step, images: Sequence["np.ndarray"], *, cuts: int = 3, most: int = 48) -> list[float]:
    """How well a fresh state's masks agree with the carried one's: for 0, 1, … frames after the fresh start.

    The share of equal pixels, the worst of `cuts` starts spread over the second half of the pictures, each followed for
    `most` frames or to the end.
    """
    carried, state = [], None
    for image in images:
        mask, state = step(image, state)
        carried.append(mask)
    room = len(images) - most
    starts = (
        sorted({max(1, round(room * part / cuts)) for part in range(1, cuts + 1)}) if room > 0 else [len(images) // 2]
    )
    curve: list[float] = []
    for start in starts:
        state = None
        for offset, (image, expected) in enumerate(zip(images[start : start + most], carried[start:], strict=False)):
            mask, state = step(image, state)
            equal = float((mask == expected).mean())
            if offset == len(curve):
                curve.append(equal)
            curve[offset] = min(curve[offset], equal)
    return curve


def warm_up_of(curve: Sequence[float], *, agrees: float = AGREES) -> int | None:
    """The frames after which a fresh state agrees for good; None where it does not within the curve.

    >>> warm_up_of([0.5, 0.9995, 0.99, 0.9993, 1.0])
    3
    """
    enough = next((number for number in range(len(curve), 0, -1) if curve[number - 1] < agrees), 0)
    return enough if enough < len(curve) else None
