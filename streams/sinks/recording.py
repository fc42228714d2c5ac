"""Recordings of the frames, bit for bit: a live run is replayed from them."""

from pathlib import Path

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from streams.errors import SinkError
from streams.frame import Frame
from streams.sinks.sink import Sink, make_folder, prepared
from streams.sinks.writing.part import write_whole
from streams.sinks.writing.writer import MovieWriter, picture_of

LOSSLESS = {"level": "3", "g": "1", "slicecrc": "1", "context": "1"}  # every frame alone, bit rot is noticed


class RecordingMovieSink(Sink):
    """Frames as an FFV1 movie in mkv, their pixels exact. Times are rounded to 1 ms; a `Journal` has the exact ones.

    Frames of another size go to a new file, `frames-2.mkv`, which `Replay` follows; a `RecordingFolderSink` takes all
    sizes in one folder.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        path = Path(path)
        if path.suffix.lower() != ".mkv":
            raise SinkError(f"{path} must end in .mkv, or be a folder: nothing else holds frames without loss")
        self._writer = MovieWriter(path, "ffv1", LOSSLESS)
        self._planes = VideoReformatter()
        self.name, self.paths = str(path), (path,)

    def open(self) -> None:
        prepared(self.paths[0])

    @property
    def warnings(self) -> list[str]:
        return self._writer.warnings

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        with self.meter.stage("record"):
            before = self._writer.number, self._writer.frames
            self._writer.write(self._planes.reformat(picture_of(frame.image, "rgb24"), format="bgr0"), frame)
            if (self._writer.number, self._writer.frames) == before:
                raise SinkError(
                    f"{self.name} cannot hold frame {frame.index} at {float(frame.pts):.4f} s, whose time is the last "
                    "one's; record into a folder"
                )

    def close(self, error: BaseException | None = None) -> None:
        self._writer.close()


class RecordingFolderSink(Sink):
    """Frames as PNG files, numbered as they were delivered; each appears whole or not at all."""

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self._folder, self._count = Path(path), 0
        self.name, self.paths = str(path), (self._folder,)

    def open(self) -> None:
        if self._folder.exists() and not self._folder.is_dir():
            raise SinkError(f"{self._folder} is a file; give a folder to record into")
        if self._folder.exists() and any(self._folder.glob("*.png")):
            raise SinkError(f"{self._folder} holds pictures already; a recording needs a folder of its own")

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        if not self._count:
            make_folder(self._folder)
        path = self._folder / f"{self._count:08d}.png"
        with self.meter.stage("record"):
            _, content = cv2.imencode(".png", cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR))
            write_whole(path, content.tobytes(), kept="the frames before it are whole")
        self._count += 1

    def close(self, error: BaseException | None = None) -> None:
        pass
