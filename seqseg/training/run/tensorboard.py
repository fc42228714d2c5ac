"""Curves and pictures for TensorBoard on every backend; Keras' own callback needs TensorFlow."""

import importlib.util
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

AVAILABLE = importlib.util.find_spec("tensorboard") is not None
"""Whether the `tensorboard` package is installed."""


class EventFile:
    """A new event file in `folder`; on a resume, TensorBoard forgets earlier events after `step`.

    Example:
        >>> with EventFile("run/tensorboard", step=0) as events:
        ...     events.scalars(1, {"loss/train": 0.7})
    """

    def __init__(self, folder: Path, *, step: int) -> None:
        self.folder = folder
        self.step = step

    def __enter__(self) -> "EventFile":
        from tensorboard.compat.proto import event_pb2, summary_pb2
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._event, self._summary = event_pb2, summary_pb2
        self.folder.mkdir(exist_ok=True)
        # TensorBoard reads the files of a folder in the order of their names, and requires this prefix.
        path = self.folder / f"events.out.tfevents.{time.time_ns():020d}.seqseg"
        self._writer = RecordWriter(path.open("wb"))
        self._write(0, file_version="brain.Event:2")
        if self.step:
            started = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
            self._write(self.step + 1, session_log=started)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write name -> number at `step`."""
        entries = [self._summary.Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        self._write(step, summary=self._summary.Summary(value=entries))

    def picture(self, step: int, name: str, image: np.ndarray, png: bytes) -> None:
        """Write an image (h, w, 3) whose PNG bytes are `png`."""
        height, width, _ = image.shape
        picture = self._summary.Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=png)
        entry = self._summary.Summary.Value(tag=name, image=picture)
        self._write(step, summary=self._summary.Summary(value=[entry]))

    def _write(self, step: int, **content: Any) -> None:
        event = self._event.Event(wall_time=time.time(), step=step, **content)
        self._writer.write(event.SerializeToString())
        self._writer.flush()
