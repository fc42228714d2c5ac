"""Frames from a movie file."""

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.decoder import Decoder, RgbPictures, Timeline
from streams.sources.movie_frames import MovieFrames
from streams.sources.source import Source

__all__ = ["MovieFrames", "MovieSource"]


class MovieSource(Source):
    """Every frame of a movie (or GIF) that can be decoded, upright, with its exact time.

    Damaged packets are passed over, and a file that ends before its own announced end is read as far as it goes; both
    stand in `warnings` when the frames have been read. Of several video streams the one that players show is taken.
    """

    def __init__(self, path: str | Path, *, threads: str = "AUTO"):
        super().__init__(str(path))
        self.paths = (Path(path),)
        self._threads = threads
        self._decoder: Decoder | None = None

    def open(self) -> None:
        self._decoder = Decoder(self.paths[0], threads=self._threads)
        stream = self._decoder.stream
        self.rate = stream.guessed_rate or None
        seconds = announced_seconds(self._decoder)
        self.length = stream.frames or (round(seconds * self.rate) if seconds and self.rate else None)
        # The first picture is decoded here: only it knows the real size and rotation, and that there is one at all.
        self._pictures = self._decoder.pictures()
        self._first = next(self._pictures, None)
        if self._first is None:
            raise SourceError(f"{self.name}: no picture can be decoded ({stream.name}); it is damaged or encrypted")
        turned = round(self._first.rotation / 90) % 2
        height, width = self._first.height, self._first.width
        self.size = (width, height) if turned else (height, width)

    def frames(self) -> Iterator[Frame]:
        decoder, rgb = self._decoder, RgbPictures(self._decoder.stream.time_base)
        timeline = Timeline(decoder.stream)
        picture, self._first = self._first, None
        if picture is None:
            raise SourceError(f"{self.name} has been read already; open it again")
        index, epoch, size, end = 0, 0, self.size, Fraction(0)
        start = time.perf_counter()
        while picture is not None:
            image = rgb.convert(picture)
            pts = timeline.time_of(picture)
            duration = picture.duration * timeline.time_base if picture.duration else None
            if image.shape[:2] != size:
                epoch, size = epoch + 1, image.shape[:2]
            self.meter.add("decode", time.perf_counter() - start)
            yield Frame(image, pts, index, self.name, epoch, duration=duration, time_base=timeline.time_base)
            index, end = index + 1, pts + (duration or 0)
            start = time.perf_counter()
            picture = next(self._pictures, None)
        self._report_problems(index, end, timeline)

    def close(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
        self._decoder = self._first = self._pictures = None

    def _report_problems(self, frames: int, end: Fraction, timeline: Timeline) -> None:
        decoder = self._decoder
        if decoder.damaged_packets or decoder.damaged_pictures:
            self.warnings.append(
                f"{self.name} is damaged: {decoder.damaged_packets} packets could not be decoded, "
                f"{decoder.damaged_pictures} of {frames} frames are flawed"
            )
        if timeline.repaired:
            self.warnings.append(f"{self.name}: {timeline.repaired} times were missing or did not grow; mended")
        seconds = announced_seconds(decoder)
        begin = (decoder.stream.start_time or 0) * timeline.time_base
        if seconds and begin + seconds - end > max(seconds / 50, 2 / (self.rate or 25)):
            expected = f"{frames} of about {self.length} frames" if self.length else f"{frames} frames"
            self.warnings.append(
                f"{self.name} ends early: {expected}, {float(end - begin):.2f} of {float(seconds):.2f} s; is it whole?"
            )


def announced_seconds(decoder: Decoder) -> Fraction | None:
    """How long the file says that its video lasts, or None."""
    stream, container = decoder.stream, decoder.container
    if stream.duration:
        return stream.duration * stream.time_base
    if container.duration and not container.streams.audio:  # with sound, the longer of the two
        return Fraction(container.duration, av.time_base)
    return None
