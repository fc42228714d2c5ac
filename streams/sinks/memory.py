"""Masks kept in memory."""

import numpy as np

from streams.frame import Frame
from streams.sinks.sink import Sink


class MemorySink(Sink):
    """Keeps all frames and masks in `frames` and `masks`. It grows with the stream."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self.masks: list[np.ndarray] = []

    def open(self) -> None:
        pass

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        self.frames.append(frame)
        self.masks.append(mask)

    def close(self, error: BaseException | None = None) -> None:
        pass
