"""One movie file, opened and decoded packet by packet. All reading of movies in the repository goes through here.

Never call `av.logging.set_level`: with damaged files it dead-locks FFmpeg's threads against the interpreter.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from streams.errors import SourceError


class Decoder:
    """The pictures of a movie's main video stream; those that cannot be decoded are counted, not fatal.

    threads: "AUTO" is fastest, "SLICE" has the least delay. stream: the number of another video stream. A container
    that is open already, from a network or a pipe, may be given; `path` is then what it is called in messages.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        threads: str = "AUTO",
        stream: int | None = None,
        container: av.container.InputContainer | None = None,
    ) -> None:
        self.path = path
        self.container = _open_container(path) if container is None else container
        try:
            self.stream = _chosen(self.container, stream, path)
        except BaseException:
            self.container.close()
            raise
        self.stream.thread_type = threads
        self.damaged_packets = 0
        self.damaged_pictures = 0

    def pictures(self) -> Iterator[av.VideoFrame]:
        """From where the container stands to the end of the file."""
        try:
            for packet in self.container.demux(self.stream):
                yield from self.decoded(packet)
        except av.error.FFmpegError:  # from reading, not from decoding: the file holds no more that can be used
            self.damaged_packets += 1

    def decoded(self, packet: av.Packet) -> Iterator[av.VideoFrame]:
        """The pictures that are complete with this packet; none if it is damaged."""
        try:
            decoded = packet.decode()
        except av.error.FFmpegError:
            self.damaged_packets += 1
            return
        for picture in decoded:
            self.damaged_pictures += picture.is_corrupt
            yield picture

    def close(self) -> None:
        self.container.close()


class Timeline:
    """Exact times of pictures in seconds, repaired where the source's own are missing or do not grow.

    `repaired` counts what was mended, `jumps` how often the source's clock began anew: times then go on from the last
    picture, by a frame, or by the time that has really passed where the caller says what the time is.
    """

    BACK = 4  # frames that times may step back and still be of the same clock
    AHEAD = 10  # seconds that live times may run ahead of what has really passed

    def __init__(self, stream: av.VideoStream) -> None:
        self.time_base = stream.time_base
        self._step = max(1, round(1 / (stream.guessed_rate or 25) / self.time_base))
        self._last: int | None = None
        self._last_now = 0.0
        self._shift = 0
        self.repaired = 0
        self.jumps = 0

    def time_of(self, picture: av.VideoFrame, now: float | None = None) -> Fraction:
        """The picture's time. `now`, seconds by any steady clock, is when a live picture arrived."""
        if picture.pts is None:
            ticks = 0 if self._last is None else self._last + self._step
            self.repaired += 1
        else:
            ticks = picture.pts + self._shift
        if self._last is not None:
            ticks = self._in_order(ticks, self._passed(now))
        self._last, self._last_now = ticks, now or 0.0
        return ticks * self.time_base

    def _passed(self, now: float | None) -> int | None:
        """Ticks that have really passed since the last picture."""
        return None if now is None else max(self._step, round((now - self._last_now) / self.time_base))

    def _in_order(self, ticks: int, passed: int | None) -> int:
        back = self._last - ticks
        if back > self.BACK * self._step or (passed is not None and -back > passed + self.AHEAD / self.time_base):
            expected = self._last + (passed or self._step)
            self._shift += expected - ticks
            self.jumps += 1
            self.repaired += 1
            return expected
        if back >= 0:
            self.repaired += 1
            return self._last + 1
        return ticks


class RgbPictures:
    """Pictures to RGB arrays, upright: through FFmpeg's own filter graph, bit for bit what its command line gives."""

    def __init__(self, time_base: Fraction) -> None:
        self._time_base = time_base
        self._graph: av.filter.Graph | None = None
        self._shape: tuple | None = None

    def convert(self, picture: av.VideoFrame) -> np.ndarray:
        """-> (h, w, 3) uint8, contiguous."""
        rotation = picture.rotation
        shape = picture.width, picture.height, picture.format.name, picture.colorspace, picture.color_range
        if shape != self._shape:
            self._graph, self._shape = self._build(picture), shape
        self._graph.push(picture)
        return upright(self._graph.vpull().to_ndarray(), rotation)

    def _build(self, picture: av.VideoFrame) -> av.filter.Graph:
        graph = av.filter.Graph()
        nodes = (
            graph.add_buffer(
                width=picture.width, height=picture.height, format=picture.format, time_base=self._time_base
            ),
            graph.add("format", "rgb24"),
            graph.add("buffersink"),
        )
        graph.link_nodes(*nodes)
        graph.configure()
        return graph


def upright(image: np.ndarray, rotation: int) -> np.ndarray:
    """The image turned as the file's display matrix asks (counter-clockwise, in degrees), contiguous."""
    return np.ascontiguousarray(np.rot90(image, k=round(rotation / 90) % 4))


def _chosen(container: av.container.InputContainer, number: int | None, path: Path | str) -> av.VideoStream:
    """The video stream of this number, else the one that FFmpeg and players take."""
    if number is None:
        stream = container.streams.best("video")
        if stream is None or stream.codec_context is None:
            reason = "has sound but no picture" if container.streams.audio else "holds no video"
            raise SourceError(f"{path} {reason}; give a movie")
        return stream
    videos = {stream.index: stream for stream in container.streams.video if stream.codec_context is not None}
    if number not in videos:
        listed = ", ".join(f"{index} ({stream.width}x{stream.height})" for index, stream in videos.items())
        raise SourceError(f"{path} has no video stream {number}; it has {listed or 'none'}")
    return videos[number]


def _open_container(path: Path) -> av.container.InputContainer:
    if not path.exists():
        raise SourceError(f"{path} does not exist; check the name")
    if path.is_dir():
        raise SourceError(f"{path} is a folder, not a movie; give a movie file, or a folder of images")
    if not path.stat().st_size:
        raise SourceError(f"{path} is empty (0 bytes); give a movie")
    try:
        container = av.open(str(path))
    except PermissionError as error:
        raise SourceError(f"{path} may not be read; check its permissions") from error
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(f"{path} {_why_unreadable(path)}") from error
    if container.format.name == "tty":  # FFmpeg would draw the text of a .txt file as a movie
        container.close()
        raise SourceError(f"{path} is a text file; give a movie")
    return container


def _why_unreadable(path: Path) -> str:
    boxes = _boxes(path)
    if boxes and boxes[0] == b"ftyp" and b"moov" not in boxes:
        return "was cut off before its index (moov) was written, and cannot be played; copy or record it again"
    return "is not a movie, or is damaged beyond reading; give a movie"


def _boxes(path: Path) -> list[bytes]:
    """The kinds of the top-level boxes of an mp4 or mov file."""
    kinds, end = [], path.stat().st_size
    with path.open("rb") as file:
        while file.tell() + 8 <= end and len(kinds) < 1000:
            start = file.tell()
            size, kind = int.from_bytes(file.read(4)), file.read(4)
            if size == 1:
                size = int.from_bytes(file.read(8))
            kinds.append(kind)
            if size < 8:
                break
            file.seek(start + size)
    return kinds
