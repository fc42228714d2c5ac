"""Pictures into a movie, or into several where their size changes."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.sinks.writing.movie_file import CRASH_SAFE, MovieFile
from streams.sinks.writing.naming import numbered
from streams.sinks.writing.sound import Sound


class MovieWriter:
    """Pictures into movie files with the frames' exact times; a picture of another size begins the next file.

    The files are `out.mp4`, `out-2.mp4`, …; `number` is that of the last. Nothing is created before the first picture.
    With `sound`, the sound of the source movie is copied. `warnings` collects what the user should know.
    """

    def __init__(
        self,
        path: Path,
        codec: str,
        options: dict[str, str],
        *,
        rate: Fraction | None = None,
        sound: bool = False,
    ) -> None:
        if path.suffix.lower() not in CRASH_SAFE:
            raise SinkError(f"{path} ends in {path.suffix or 'nothing'}; a movie must end in {', '.join(CRASH_SAFE)}")
        self.path, self.number = path, 0
        self.warnings: list[str] = []
        self._codec, self._options, self._rate = codec, options, rate
        self._sound = Sound(self.warnings) if sound else None
        self._file: MovieFile | None = None
        self._failed = False

    @property
    def frames(self) -> int:
        """How many pictures the current file holds."""
        return self._file.frames if self._file is not None else 0

    @property
    def failed(self) -> bool:
        """Whether the last file could not be written to its end and stays a part."""
        return self._failed

    def write(self, picture: av.VideoFrame, frame: Frame) -> None:
        """Writes the picture, which must be in the pixel format that the codec stores."""
        if self._file is not None and not self._file.takes(picture):
            self.close()
        file = self._file = self._file or self._begin(picture, frame)
        try:
            file.write(picture, frame)
        except SinkError:
            self._failed = True
            raise

    def close(self) -> None:
        """Finishes the current file."""
        file, self._file = self._file, None
        if file is None:
            return
        if file.dropped:
            self.warnings.append(f"{file.part.target}: {file.dropped} frames left out, their times did not grow")
        file.close()

    def _begin(self, picture: av.VideoFrame, frame: Frame) -> MovieFile:
        self.number += 1
        path = numbered(self.path, self.number)
        if self.number > 1:
            self.warnings.append(
                f"from frame {frame.index} on pictures are {picture.width}x{picture.height}; they are in {path}"
            )
        file = MovieFile(
            path, self._codec, self._options, picture=picture, frame=frame, rate=self._rate, sound=self._sound
        )
        self.warnings += file.part.warning()
        return file


def picture_of(array: np.ndarray, pixel_format: str) -> av.VideoFrame:
    """The array as FFmpeg's picture, without a copy."""
    return av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(array), format=pixel_format)
