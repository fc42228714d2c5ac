"""One picture of a stream and its time."""

import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from streams.objects.sighting import Found


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture (h, w, 3) RGB uint8, shown at `pts`. It is shared by all its users: do not write into it.

    Within one `epoch` the times grow strictly. At a new epoch a recurrent state has to be reset: the source was opened
    again, jumped, or changed its picture size.
    """

    image: np.ndarray
    pts: Fraction  # seconds, exact
    index: int  # 0, 1, 2 ... as the source read them
    source: str = ""
    epoch: int = 0
    gap: int = 0  # frames dropped since the last one delivered
    duration: Fraction | None = None  # seconds, where the source says so
    time_base: Fraction | None = None  # the source's clock tick in seconds: pts is a whole number of these
    shift: Fraction = Fraction(0)  # seconds that pts is later than in the file `source`, where files follow each other
    name: str = ""  # the picture's own name (an image file's stem), empty where it has none
    aspect: Fraction = Fraction(1)  # width of a pixel over its height
    found: "Found | None" = None  # the objects on it, where they are followed
    captured: float = field(default_factory=time.perf_counter)  # perf_counter seconds at which it was read
