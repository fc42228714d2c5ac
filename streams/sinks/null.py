"""A sink that keeps nothing."""

import numpy as np

from streams.frame import Frame
from streams.sinks.sink import Sink


class NullSink(Sink):
    """Takes everything and keeps nothing, to measure what a run costs without output."""

    name = "null"

    def open(self) -> None:
        pass

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        pass

    def close(self, error: BaseException | None = None) -> None:
        pass
