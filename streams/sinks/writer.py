"""A movie file that can be played whenever its writer dies, with exact times."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from streams.errors import SinkError
from streams.frame import Frame

FINEST = 1_000_000  # ticks a second: what a time base may hold in every container
BROADCAST = Fraction(1, 90_000)  # the clock for frames that name none

# What is written is on disk at once, and readable without an end: fragments that turn into an ordinary mp4 when closed.
CRASH_SAFE = {
    ".mp4": {"movflags": "hybrid_fragmented+delay_moov", "flush_packets": "1"},
    ".m4v": {"movflags": "hybrid_fragmented+delay_moov", "flush_packets": "1"},
    ".mov": {"movflags": "hybrid_fragmented+delay_moov", "flush_packets": "1"},
    ".mkv": {"flush_packets": "1", "cluster_time_limit": "1000"},
}


class MovieWriter:
    """Pictures into one video stream. Nothing is created before the first picture.

    Times are those of the frames, in the ticks of the first frame's source. When a new epoch's times begin again, they
    go on after the last picture instead. Containers refuse times that do not grow: such frames are left out, and
    counted in `dropped`.
    """

    def __init__(self, path: Path, codec: str, options: dict[str, str], *, rate: Fraction | None = None):
        if path.suffix.lower() not in CRASH_SAFE:
            raise SinkError(f"{path} ends in {path.suffix or 'nothing'}; a movie must end in {', '.join(CRASH_SAFE)}")
        self.path = path
        self._codec, self._options, self._rate = codec, options, rate
        self._container: av.container.OutputContainer | None = None
        self._failed = False
        self._epoch, self._shift = 0, Fraction(0)
        self._end, self._last_ticks = Fraction(0), None
        self.frames = self.dropped = 0

    def write(self, picture: av.VideoFrame, frame: Frame) -> None:
        """Takes the picture; it must be in the pixel format that the codec stores."""
        if self._container is None:
            self._open(picture, frame)
        if (picture.width, picture.height) != (self._stream.width, self._stream.height):
            raise SinkError(
                f"{self.path} was begun at {self._stream.width}x{self._stream.height} and cannot take "
                f"{picture.width}x{picture.height} of frame {frame.index}; write folders where sizes change"
            )
        ticks = self._ticks(frame)
        if self._last_ticks is not None and ticks <= self._last_ticks:
            self.dropped += 1
            return
        picture.pts, picture.time_base = ticks, self._time_base
        if frame.duration:
            picture.duration = round(frame.duration / self._time_base)
        self._last_ticks, self._end = ticks, (ticks + max(picture.duration, 1)) * self._time_base
        self._encode(picture)
        self.frames += 1

    def close(self) -> None:
        """Writes what the encoder still holds and the index."""
        if self._container is None:
            return
        container, self._container = self._container, None
        try:
            if not self._failed:
                container.mux(self._stream.encode(None))
            container.close()
        except (OSError, av.error.FFmpegError) as error:
            if not self._failed:  # a full disk says so while writing and again while closing
                raise SinkError(f"{self.path} cannot be finished: {_reason(error)}") from error

    def _open(self, picture: av.VideoFrame, frame: Frame) -> None:
        time_base = frame.time_base or BROADCAST
        self._time_base = time_base if time_base >= Fraction(1, FINEST) else BROADCAST
        rate = self._rate or (1 / frame.duration if frame.duration else Fraction(25))
        rate = min(max(rate, Fraction(1)), Fraction(240)).limit_denominator(1001)
        try:
            self._container = av.open(str(self.path), "w", options=CRASH_SAFE[self.path.suffix.lower()])
            stream = self._container.add_stream(self._codec, rate=rate, options=self._options)
            stream.width, stream.height = picture.width, picture.height
            stream.pix_fmt = picture.format.name
            stream.codec_context.time_base = self._time_base
            stream.codec_context.gop_size = int(self._options.get("g", round(rate)))  # else a key frame a second
            if picture.format.name.startswith("yuv"):
                tag_as_hd(stream.codec_context)
        except (OSError, av.error.FFmpegError) as error:
            raise SinkError(f"{self.path} cannot be written: {_reason(error)}") from error
        self._stream, self._epoch = stream, frame.epoch

    def _ticks(self, frame: Frame) -> int:
        if frame.epoch != self._epoch:
            self._epoch = frame.epoch
            if self.frames and frame.pts + self._shift < self._end:
                self._shift = self._end - frame.pts
        return round((frame.pts + self._shift) / self._time_base)

    def _encode(self, picture: av.VideoFrame) -> None:
        try:
            self._container.mux(self._stream.encode(picture))
        except (OSError, av.error.FFmpegError) as error:
            self._failed = True
            raise SinkError(
                f"{self.path} cannot be written on: {_reason(error)}; what was written before can be played"
            ) from error


def tag_as_hd(context) -> None:
    """Says in the file that its colours are BT.709, as players take them to be in any case."""
    context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 1, 1, 1


def picture_of(array: np.ndarray, pixel_format: str) -> av.VideoFrame:
    """The array as FFmpeg's picture, without a copy."""
    return av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(array), format=pixel_format)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
