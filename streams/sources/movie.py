"""Frames from a movie file."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from streams.engine.known import Known
from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.reading.decoder import Decoder, RgbPictures, Timeline
from streams.sources.reading.movie_frames import MovieFrames
from streams.sources.reading.orientation import Orientation
from streams.sources.reading.seconds import exact_seconds
from streams.sources.source import Source

INDEXED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")  # containers in which a time is found, and only once

__all__ = ["MovieFrames", "MovieSource"]


@dataclass(slots=True)
class _Reading:
    """An open movie that is about to give its picture `first`, number `number`; `origin` is its first tick."""

    decoder: Decoder
    pictures: Iterator[av.VideoFrame]
    first: av.VideoFrame | None
    origin: int | None
    number: int = 0


class MovieSource(Source):
    """Every frame of a movie (or GIF) that can be decoded, upright, with its exact time.

    Damaged packets are passed over, and a file that ends before its announced end is read as far as it goes; `warnings`
    says so when the frames have been read. Of several video streams the one that players show is taken, or the one with
    the number `stream`. `start` and `end` are seconds from the movie's beginning: the first frame at or after start is
    the first one given, the last one before end the last; times stay those of the movie. `deinterlace` keeps one field
    of pictures that are marked as interlaced. `opener()` returns a new Decoder of something that is not a file.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        threads: str = "AUTO",
        stream: int | None = None,
        start: float | Fraction | None = None,
        end: float | Fraction | None = None,
        deinterlace: bool = False,
        opener: Callable[[], Decoder] | None = None,
    ) -> None:
        super().__init__(str(path))
        self._opener = opener or (lambda: Decoder(Path(path), threads=threads, stream=stream))
        self.paths = () if opener else (Path(path),)
        self._start, self._end = exact_seconds(start), exact_seconds(end)
        self._deinterlace = deinterlace
        self._reading: _Reading | None = None
        self._known: Known | None = None

    def go_on_from(self, known: Known) -> None:
        self._known = known

    def open(self) -> None:
        reading = self._reading = self._begin()
        if self._known is not None and not self._find(self._known, reading):
            reading.decoder.close()
            self._reading = self._begin()

    def frames(self) -> Iterator[Frame]:
        reading = self._reading
        picture = None if reading is None else reading.first
        if reading is None or picture is None:
            raise SourceError(f"{self.name} has been read already; open it again")
        reading.first = None
        decoder, timeline = reading.decoder, Timeline(reading.decoder.stream)
        rgb = RgbPictures(decoder.time_base, deinterlace=self._deinterlace)
        index, breaks, size, end = reading.number, 0, self.size, Fraction(0)
        last = None if self._end is None else (reading.origin or 0) * timeline.time_base + self._end
        aspect = 1 / decoder.aspect if Orientation.of(picture).transposed else decoder.aspect
        start = time.perf_counter()
        while picture is not None:
            pts = timeline.time_of(picture)
            if last is not None and pts >= last:
                self._report_damage(reading.decoder, index, timeline)
                return
            image = rgb.convert(picture)
            duration = picture.duration * timeline.time_base if picture.duration else None
            if image.shape[:2] != size:
                breaks, size = breaks + 1, (image.shape[0], image.shape[1])
            self.meter.add("decode", time.perf_counter() - start)
            epoch = max(breaks, timeline.jumps)  # a new size and a new clock come together
            yield Frame(
                image,
                pts,
                index,
                self.name,
                epoch,
                duration=duration,
                time_base=timeline.time_base,
                aspect=aspect,
            )
            index, end = index + 1, pts + (duration or 0)
            start = time.perf_counter()
            picture = next(reading.pictures, None)
        self._report_damage(decoder, index, timeline)
        if not timeline.jumps:
            self._report_early_end(decoder, index, end)

    def close(self) -> None:
        if self._reading is not None:
            self._reading.decoder.close()
        self._reading = None

    def _begin(self) -> _Reading:
        decoder = self._opener()
        try:
            self.rate = decoder.stream.guessed_rate or None
            # The first picture is decoded here: only it knows the real size and orientation, and that there is one.
            pictures = decoder.pictures()
            first = next(pictures, None)
            if first is None:
                reason = f"no picture can be decoded ({decoder.stream.name}); it is damaged or encrypted"
                raise SourceError(f"{self.name}: {reason}")
            reading = _Reading(decoder, pictures, first, first.pts)
            if self._start and first.pts is not None:
                first = self._enter(reading, first.pts + self._start / decoder.time_base)
            self.size = Orientation.of(first).size_of(first)
            self.length = self._expected_length(reading.decoder)
        except BaseException:
            decoder.close()
            raise
        return reading

    def _enter(self, reading: _Reading, target: Fraction) -> av.VideoFrame:
        """Makes the first picture at or after `target`, in ticks, the first one, and returns it."""
        decoder, first = reading.decoder, None
        try:
            decoder.container.seek(int(target), stream=decoder.stream, backward=True)
            reading.pictures = decoder.pictures()
            first = next(reading.pictures, None)
        except av.error.FFmpegError:
            first = None
        if first is None or first.pts is None or first.pts > target:
            # A container without an index lands anywhere, so it is read from the beginning.
            decoder.close()
            reading.decoder = decoder = self._opener()
            reading.pictures = decoder.pictures()
            first = next(reading.pictures, None)
        origin = reached = reading.origin or 0
        while first is not None and (first.pts is None or first.pts < target):
            reached = first.pts or reached
            first = next(reading.pictures, None)
        if first is None:
            decoder.close()
            seconds = float((reached - origin) * decoder.time_base)
            beyond = float(self._start or 0)
            raise SourceError(f"{self.name} ends after {seconds:.2f} s; there is nothing at {beyond:g} s")
        reading.first = first
        return first

    def _find(self, known: Known, reading: _Reading) -> bool:
        """Makes the known frame the first one; False if it is not found and all has to be read from the beginning.

        Some movies give other pictures after a seek, so the picture itself is compared.
        """
        decoder, first = reading.decoder, reading.first
        target = known.pts / decoder.time_base
        if first is None or first.pts is None or target <= first.pts:
            return True  # it is at the beginning or before it: nothing is to be passed over
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
        image = RgbPictures(decoder.time_base, deinterlace=self._deinterlace).convert(picture)
        if not known.is_at(known.pts, image) or decoder.damaged_packets or decoder.damaged_pictures:
            return False
        reading.pictures, reading.first, reading.number = pictures, picture, known.index
        return True

    def _expected_length(self, decoder: Decoder) -> int | None:
        seconds = announced_seconds(decoder)
        if self._start is None and self._end is None and decoder.stream.frames:
            return decoder.stream.frames
        if not seconds or not self.rate:
            return None
        end = seconds if self._end is None else min(seconds, self._end)
        return max(0, round((end - (self._start or 0)) * self.rate))

    def _report_damage(self, decoder: Decoder, frames: int, timeline: Timeline) -> None:
        found = {
            "undecodable": decoder.damaged_packets,
            "corrupt": decoder.damaged_pictures,
            "times repaired": timeline.repaired,
        }
        self.counts.update({kind: count for kind, count in found.items() if count})
        if decoder.damaged_packets or decoder.damaged_pictures:
            self.warnings.append(
                f"{self.name} is damaged: {decoder.damaged_packets} packets could not be decoded, "
                f"{decoder.damaged_pictures} of {frames} frames are flawed"
            )
        if timeline.repaired:
            self.warnings.append(f"{self.name}: {timeline.repaired} times were missing or did not grow; repaired")
        if decoder.interlaced_pictures and not self._deinterlace:
            self.warnings.append(
                f"{self.name} is interlaced: its frames show two moments, a row each; add --deinterlace to keep one"
            )

    def _report_early_end(self, decoder: Decoder, frames: int, end: Fraction) -> None:
        seconds = announced_seconds(decoder)
        begin = (decoder.stream.start_time or 0) * decoder.time_base
        if seconds and begin + seconds - end > max(seconds / 50, 2 / (self.rate or 25)):
            expected = f"{frames} of about {self.length} frames" if self.length else f"{frames} frames"
            self.warnings.append(
                f"{self.name} ends early: {expected}, {float(end - begin):.2f} of {float(seconds):.2f} s; is it whole?"
            )


def announced_seconds(decoder: Decoder) -> Fraction | None:
    """How long the file says that its video lasts, or None."""
    stream, container = decoder.stream, decoder.container
    if stream.duration:
        return stream.duration * decoder.time_base
    if container.duration and not container.streams.audio:  # with sound, the longer of the two
        return Fraction(container.duration, av.time_base)
    return None
