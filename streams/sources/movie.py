"""Frames from a movie file."""

import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av

from streams.engine.known import Known
from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.reading.decoder import Decoder, RgbPictures, Timeline
from streams.sources.reading.movie_frames import MovieFrames
from streams.sources.reading.seconds import exact_seconds
from streams.sources.source import Source

INDEXED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")  # containers in which a time is found, and only once

__all__ = ["MovieFrames", "MovieSource"]


class MovieSource(Source):
    """Every frame of a movie (or GIF) that can be decoded, upright, with its exact time.

    Damaged packets are passed over, and a file that ends before its own announced end is read as far as it goes; both
    stand in `warnings` when the frames have been read. Of several video streams the one that players show is taken, or
    the one with the number `stream`. `start` and `end` are seconds from the movie's beginning: the first frame at or
    after start is the first one given, the last one before end the last; times stay those of the movie.
    `opener()` gives a fresh Decoder of something that is not a file.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        threads: str = "AUTO",
        stream: int | None = None,
        start: float | Fraction | None = None,
        end: float | Fraction | None = None,
        opener: Callable[[], Decoder] | None = None,
    ) -> None:
        super().__init__(str(path))
        self._opener = opener or (lambda: Decoder(Path(path), threads=threads, stream=stream))
        self.paths = () if opener else (Path(path),)
        self._start, self._end = exact_seconds(start), exact_seconds(end)
        self._decoder: Decoder | None = None
        self._known: Known | None = None
        self._number = 0

    def go_on_from(self, known: Known) -> None:
        self._known = known

    def open(self) -> None:
        self._number = 0
        self._begin()
        if self._known is not None and not self._find(self._known):
            self._decoder.close()
            self._begin()

    def frames(self) -> Iterator[Frame]:
        decoder, rgb = self._decoder, RgbPictures(self._decoder.stream.time_base)
        timeline = Timeline(decoder.stream)
        picture, self._first = self._first, None
        if picture is None:
            raise SourceError(f"{self.name} has been read already; open it again")
        index, breaks, size, end = self._number, 0, self.size, Fraction(0)
        last = None if self._end is None else (self._origin or 0) * timeline.time_base + self._end
        start = time.perf_counter()
        while picture is not None:
            pts = timeline.time_of(picture)
            if last is not None and pts >= last:
                return self._report_damage(index, timeline)
            image = rgb.convert(picture)
            duration = picture.duration * timeline.time_base if picture.duration else None
            if image.shape[:2] != size:
                breaks, size = breaks + 1, image.shape[:2]
            self.meter.add("decode", time.perf_counter() - start)
            epoch = max(breaks, timeline.jumps)  # a new size and a new clock come together
            yield Frame(image, pts, index, self.name, epoch, duration=duration, time_base=timeline.time_base)
            index, end = index + 1, pts + (duration or 0)
            start = time.perf_counter()
            picture = next(self._pictures, None)
        self._report_damage(index, timeline)
        if not timeline.jumps:
            self._report_early_end(index, end)

    def close(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
        self._decoder = self._first = self._pictures = None

    def _begin(self) -> None:
        self._decoder = self._opener()
        stream = self._decoder.stream
        self.rate = stream.guessed_rate or None
        # The first picture is decoded here: only it knows the real size and rotation, and that there is one at all.
        self._pictures = self._decoder.pictures()
        self._first = next(self._pictures, None)
        if self._first is None:
            raise SourceError(f"{self.name}: no picture can be decoded ({stream.name}); it is damaged or encrypted")
        self._origin = self._first.pts
        if self._start and self._origin is not None:
            self._enter(self._origin + self._start / stream.time_base)
        turned = round(self._first.rotation / 90) % 2
        height, width = self._first.height, self._first.width
        self.size = (width, height) if turned else (height, width)
        self.length = self._expected_length()

    def _enter(self, target: Fraction) -> None:
        """Makes the first picture at or after `target`, in ticks, the first one."""
        decoder = self._decoder
        try:
            decoder.container.seek(int(target), stream=decoder.stream, backward=True)
            self._pictures = decoder.pictures()
            self._first = next(self._pictures, None)
        except av.error.FFmpegError:
            self._first = None
        if self._first is None or self._first.pts is None or self._first.pts > target:
            # A container without an index lands anywhere, so the way goes from the beginning.
            decoder.close()
            self._decoder = decoder = self._opener()
            self._pictures = decoder.pictures()
            self._first = next(self._pictures, None)
        reached = self._origin
        while self._first is not None and (self._first.pts is None or self._first.pts < target):
            reached = self._first.pts or reached
            self._first = next(self._pictures, None)
        if self._first is None:
            seconds = float((reached - self._origin) * decoder.stream.time_base)
            raise SourceError(f"{self.name} ends after {seconds:.2f} s; there is nothing at {float(self._start):g} s")

    def _find(self, known: Known) -> bool:
        """Makes the known frame the first one; False where it is not found, and all has to be read from the beginning.

        Some movies cannot be entered half-way and give other pictures then, so the picture itself is the proof.
        """
        decoder = self._decoder
        target = known.pts / decoder.stream.time_base
        if self._first.pts is None or target <= self._first.pts:
            return True  # it is at the beginning, or before it: there is nothing to pass over
        if not known.can_be_found or decoder.container.format.name not in INDEXED:
            return True
        try:
            decoder.container.seek(int(target), stream=decoder.stream, backward=True)
        except av.error.FFmpegError:
            return False
        pictures = decoder.pictures()
        picture = next(pictures, None)
        while picture is not None and picture.pts is not None and picture.pts < target:
            picture = next(pictures, None)
        if picture is None or picture.pts != target:
            return False
        image = RgbPictures(decoder.stream.time_base).convert(picture)
        if not known.is_at(known.pts, image) or decoder.damaged_packets or decoder.damaged_pictures:
            return False
        self._pictures, self._first, self._number = pictures, picture, known.index
        return True

    def _expected_length(self) -> int | None:
        stream, seconds = self._decoder.stream, announced_seconds(self._decoder)
        if self._start is None and self._end is None and stream.frames:
            return stream.frames
        if not seconds or not self.rate:
            return None
        end = seconds if self._end is None else min(seconds, self._end)
        return max(0, round((end - (self._start or 0)) * self.rate))

    def _report_damage(self, frames: int, timeline: Timeline) -> None:
        decoder = self._decoder
        found = {
            "undecodable": decoder.damaged_packets,
            "corrupt": decoder.damaged_pictures,
            "times mended": timeline.repaired,
        }
        self.counts.update({kind: count for kind, count in found.items() if count})
        if decoder.damaged_packets or decoder.damaged_pictures:
            self.warnings.append(
                f"{self.name} is damaged: {decoder.damaged_packets} packets could not be decoded, "
                f"{decoder.damaged_pictures} of {frames} frames are flawed"
            )
        if timeline.repaired:
            self.warnings.append(f"{self.name}: {timeline.repaired} times were missing or did not grow; mended")

    def _report_early_end(self, frames: int, end: Fraction) -> None:
        decoder = self._decoder
        seconds = announced_seconds(decoder)
        begin = (decoder.stream.start_time or 0) * decoder.stream.time_base
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
