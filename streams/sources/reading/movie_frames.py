"""Any frame of a movie by its number."""

import bisect
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import overload

import av
import numpy as np

from streams.errors import SourceError
from streams.sources.reading.decoder import Decoder, RgbPictures, Timeline
from streams.sources.reading.orientation import Orientation


class MovieFrames(Sequence[np.ndarray]):
    """The frames of a movie as a sequence: `frames[i]` (h, w, 3) uint8 is the frame a MovieSource gives as number i.

    `pixels="gray"` gives label movies as their raw values instead, (h, w) uint8 or uint16. `times` are exact seconds.
    Opening decodes the movie once, without converting the pictures: only so is it known which frames a file holds.
    Reading on is as fast as decoding; a jump decodes from the last key frame. May be used from several threads and
    pickled; all sequences together keep at most 16 movies open between reads.
    """

    def __init__(self, path: str | Path, *, pixels: str = "rgb") -> None:
        if pixels not in ("rgb", "gray"):
            raise ValueError(f'pixels must be "rgb" or "gray", got {pixels!r}')
        self.path, self.pixels = Path(path), pixels
        self._contents = _Contents(self.path)
        self.times: list[Fraction] = self._contents.times
        height, width = self[0].shape[:2]
        self.size: tuple[int, int] = (height, width)

    def __len__(self) -> int:
        return len(self.times)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[np.ndarray]: ...

    def __getitem__(self, index: int | slice) -> np.ndarray | Sequence[np.ndarray]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"{self.path} has {len(self)} frames, there is no number {index}")
        with _borrowed(self.path, self._contents, index % len(self)) as cursor:
            return cursor.read(index % len(self), self.pixels)


class _Contents:
    """What a movie holds: each picture's tick, time and fingerprint, and where the key frames are."""

    def __init__(self, path: Path) -> None:
        self.times: list[Fraction] = []
        self.ticks: list[int | None] = []
        self.fingerprints: list[int | None] = []
        self.keys: list[int] = []
        decoder = Decoder(path)
        timeline = Timeline(decoder.stream)
        for index, picture in enumerate(decoder.pictures()):
            self.ticks.append(picture.pts)
            self.times.append(timeline.time_of(picture))
            self.fingerprints.append(_fingerprint(picture))
            if picture.key_frame:
                self.keys.append(index)
        # After a jump, a damaged file decodes to other pictures than when read from its start.
        self.seekable = not (decoder.damaged_packets or decoder.damaged_pictures or timeline.repaired)
        decoder.close()
        if not self.times:
            raise SourceError(f"{path}: not one picture can be decoded; it is damaged or encrypted")

    def key_before(self, index: int) -> int:
        place = bisect.bisect_right(self.keys, index)
        return self.keys[place - 1] if place else 0

    def number_of(self, ticks: int | None) -> int | None:
        if ticks is None or not self.seekable:  # the ticks of a movie that is seekable are all there and grow
            return None
        place = bisect.bisect_left(self.ticks, ticks, key=lambda tick: -1 if tick is None else tick)
        return place if place < len(self.ticks) and self.ticks[place] == ticks else None


class _Cursor:
    """An open decoder and the number of the picture that it gives next."""

    def __init__(self, path: Path, contents: _Contents) -> None:
        self.path, self._contents = path, contents
        self._decoder = Decoder(path)
        self._pictures: Iterator[av.VideoFrame]
        self._begin()

    def read(self, index: int, pixels: str) -> np.ndarray:
        picture = self._picture(index)
        return self._rgb.convert(picture) if pixels == "rgb" else _raw_values(picture, self.path)

    def distance(self, index: int) -> float:
        """How many pictures have to be decoded to reach this one; infinite if that takes a jump."""
        contents = self._contents
        within_reach = not contents.seekable or contents.key_before(index) <= self._next
        return index - self._next if self._next <= index and within_reach else float("inf")

    def close(self) -> None:
        self._decoder.close()

    def _picture(self, index: int) -> av.VideoFrame:
        if self.distance(index) == float("inf"):
            self._jump(index)
        picture = self._advance(index)
        if picture is None or self._jumped and _fingerprint(picture) != self._contents.fingerprints[index]:
            # Another picture than when read from the start: some streams cannot be decoded from the middle.
            self._contents.seekable = False
            self._restart()
            picture = self._advance(index)
        if picture is None:
            raise SourceError(f"{self.path} ends before frame {index}; it has changed since it was opened")
        return picture

    def _advance(self, index: int) -> av.VideoFrame | None:
        picture = None
        while self._next <= index:
            picture = next(self._pictures, None)
            self._next += 1
        return picture

    def _jump(self, index: int) -> None:
        """Seeks to the key frame before the picture, or to the start where the container cannot seek there."""
        tick = self._contents.ticks[index]
        if tick is None or not self._contents.seekable or self._contents.key_before(index) == 0:
            self._restart()
            return
        try:
            self._decoder.container.seek(tick, stream=self._decoder.stream, backward=True)
            pictures = self._decoder.pictures()
            first = next(pictures, None)
        except av.error.FFmpegError:
            first = None
        number = None if first is None else self._contents.number_of(first.pts)
        if first is None or number is None or number > index:
            self._restart()
            return
        self._pictures = chain([first], pictures)
        self._next, self._jumped = number, True

    def _restart(self) -> None:
        self._decoder.close()
        self._decoder = Decoder(self.path)
        self._begin()

    def _begin(self) -> None:
        self._rgb = RgbPictures(self._decoder.time_base)
        self._pictures = self._decoder.pictures()
        self._next, self._jumped = 0, False


def _fingerprint(picture: av.VideoFrame | None) -> int | None:
    """A checksum of every 16th row of its first plane: other pictures and damaged copies have another."""
    if picture is None:
        return None
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, abs(plane.line_size))
    return zlib.crc32(rows[::16, : plane.width].tobytes(), hash(picture.pts) & 0xFFFFFFFF)


def _raw_values(picture: av.VideoFrame, path: Path) -> np.ndarray:
    """The gray values as stored, with no change of range: (h, w) uint8, or uint16 for deeper movies."""
    name = picture.format.name
    if name.startswith("gray"):
        return Orientation.of(picture).upright(picture.to_ndarray())
    if name.startswith(("yuv", "nv12")) and picture.format.components[0].bits == 8:
        plane = picture.planes[0]
        values = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        return Orientation.of(picture).upright(values)
    raise SourceError(f"{path} holds {name} pictures, not gray labels; write label movies as FFV1 gray in mkv")


_IDLE_LIMIT = 16
_idle: list[_Cursor] = []
_idle_lock = threading.Lock()


@contextmanager
def _borrowed(path: Path, contents: _Contents, index: int) -> Iterator[_Cursor]:
    """The nearest idle cursor of this movie, or a new one; afterwards it is idle again, and the oldest is closed."""
    with _idle_lock:
        mine = [cursor for cursor in _idle if cursor.path == path and cursor._contents is contents]
        cursor = min(mine, key=lambda cursor: cursor.distance(index), default=None)
        if cursor is not None and (cursor.distance(index) < float("inf") or len(mine) > 1):
            _idle.remove(cursor)
        else:  # two cursors a movie, so that two readers at different places do not make each other jump
            cursor = None
    cursor = cursor or _Cursor(path, contents)
    try:
        yield cursor
    except BaseException:
        cursor.close()
        raise
    with _idle_lock:
        _idle.append(cursor)
        retired = _idle.pop(0) if len(_idle) > _IDLE_LIMIT else None
    if retired is not None:
        retired.close()
