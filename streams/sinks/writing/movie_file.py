"""One movie file with exact times, playable whenever its writer is killed."""

import math
from fractions import Fraction
from pathlib import Path
from typing import cast

import av

from streams.errors import SinkError
from streams.frame import Frame
from streams.paths import for_ffmpeg
from streams.sinks.writing.mkv_aspect import write_aspect
from streams.sinks.writing.part import PartFile
from streams.sinks.writing.sound import Sound
from streams.sinks.writing.ticks import Ticks

SOUND_CLOCK = 48_000  # the commonest rate of samples

# Written to disk at once and readable without an end: pieces of a fifth of a second, an ordinary mp4 once it is closed.
FRAGMENTS = {"movflags": "hybrid_fragmented+delay_moov+frag_keyframe", "frag_duration": "200000", "flush_packets": "1"}
CRASH_SAFE = {
    ".mp4": FRAGMENTS,
    ".m4v": FRAGMENTS,
    ".mov": FRAGMENTS,
    ".mkv": {"flush_packets": "1", "cluster_time_limit": "200"},
}


class MovieFile:
    """Pictures of one size, begun with the first of them; its frame's clock is the clock of the file.

    If a new epoch's times start again from the beginning, they go on after the last picture instead. Containers refuse
    times that do not grow: such frames are left out and counted in `dropped`.
    """

    def __init__(
        self,
        path: Path,
        codec: str,
        options: dict[str, str],
        *,
        picture: av.VideoFrame,
        frame: Frame,
        rate: Fraction | None = None,
        sound: Sound | None = None,
    ) -> None:
        self.part = PartFile(path)
        self.frames = self.dropped = 0
        self._ticks = Ticks(frame.time_base)
        self._rate = rate_for_codec(frame, rate)
        self._failed, self._aspect = False, frame.aspect
        try:
            options_of_file = CRASH_SAFE[path.suffix.lower()] | self._clock(path)
            self._container = av.open(for_ffmpeg(self.part.begin()), "w", options=options_of_file)
            self._stream = self._add_stream(codec, options, picture, frame.aspect)
            self._sound = sound
            if sound is not None:
                sound.join(self._container, frame)
            self._container.start_encoding()  # creates the file now, not when the encoder gives its first packet
        except (OSError, av.error.FFmpegError) as error:
            self.part.abandon()
            raise SinkError(f"{self.part.target} cannot be written: {reason(error)}") from error

    def takes(self, picture: av.VideoFrame) -> bool:
        """Whether the picture has the size of the file."""
        return (picture.width, picture.height) == (self._stream.width, self._stream.height)

    def write(self, picture: av.VideoFrame, frame: Frame) -> None:
        """Takes the picture; it must be in the pixel format that the codec stores."""
        ticks = self._ticks.of(frame)
        if ticks is None:
            self.dropped += 1
            return
        picture.pts, picture.time_base, picture.duration = ticks, self._ticks.tick, self._ticks.length_of(frame)
        try:
            self._container.mux(self._stream.encode(picture))
            if self._sound is not None:
                self._sound.copy(frame, frame.duration or 1 / self._rate, self._ticks.shift)
        except (OSError, av.error.FFmpegError) as error:
            self._failed = True
            kept = f"; what was written before can be played: {self.part.path}" if self.frames else ""
            raise SinkError(f"{self.part.target} cannot be written on: {reason(error)}{kept}") from error
        self.frames += 1

    def close(self) -> None:
        """Writes what the encoder still holds and the index, then renames the file to its name."""
        if self._sound is not None:
            self._sound.leave()
        try:
            if not self._failed:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except (OSError, av.error.FFmpegError) as error:
            if self._failed:  # a full disk fails the writes, and closing as well
                self.part.abandon()
                return
            self._failed = True
            raise SinkError(
                f"{self.part.target} cannot be finished: {reason(error)}; what was written is in {self.part.path}"
            ) from error
        if not self._failed:
            self._note_aspect()
            self.part.finish()

    def _note_aspect(self) -> None:
        if self._aspect != 1 and self.part.path.suffix.lower() == ".mkv" and self.part.path.is_file():
            write_aspect(self.part.path, self._aspect)

    def _add_stream(
        self, codec: str, options: dict[str, str], picture: av.VideoFrame, aspect: Fraction
    ) -> av.VideoStream:
        stream = cast(av.VideoStream, self._container.add_stream(codec, rate=self._rate, options=options))
        stream.width, stream.height = picture.width, picture.height
        stream.pix_fmt = picture.format.name
        stream.codec_context.time_base = self._ticks.tick
        stream.codec_context.sample_aspect_ratio = aspect
        stream.codec_context.gop_size = int(options.get("g", round(self._rate)))  # else a key frame a second
        if picture.format.name.startswith("yuv"):
            tag_as_hd(stream.codec_context)
        return stream

    def _clock(self, path: Path) -> dict[str, str]:
        """mp4 notes each track's start in ticks of the file: a clock that holds those of pictures and sound exactly."""
        ticks = math.lcm(self._ticks.tick.denominator, SOUND_CLOCK)
        whole = ticks if ticks < 2**31 else self._ticks.tick.denominator
        return {} if path.suffix.lower() == ".mkv" else {"movie_timescale": str(whole)}


def rate_for_codec(frame: Frame, rate: Fraction | None = None) -> Fraction:
    """Frames a second as a hint to an encoder: what is asked for, else what the frame says, else 25."""
    rate = rate or (1 / frame.duration if frame.duration else Fraction(25))
    return min(max(rate, Fraction(1)), Fraction(240)).limit_denominator(1001)


def tag_as_hd(context: av.VideoCodecContext) -> None:
    """Tags the colours as BT.709, which players assume anyway."""
    context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 1, 1, 1


def reason(error: Exception) -> str:
    """What FFmpeg or the system says, without the error's number."""
    return getattr(error, "strerror", None) or str(error)
