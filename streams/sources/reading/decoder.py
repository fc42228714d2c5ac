"""One movie file, opened and decoded packet by packet. All reading of movies in the repository goes through here.

Never call `av.logging.set_level`: with damaged files it dead-locks FFmpeg's threads against the interpreter.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from streams.errors import SourceError
from streams.paths import for_ffmpeg
from streams.sources.reading.orientation import Orientation


class Decoder:
    """The pictures of a movie's main video stream; those that cannot be decoded are counted and are not fatal.

    threads: "AUTO" is fastest, "SLICE" has the least delay. stream: the number of another video stream. A container
    that is already open, from a network or a pipe, may be given; `path` is then its name in messages.
    `damaged_packets`, `damaged_pictures` and `interlaced_pictures` count what was decoded.
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
        self.container = _open_container(Path(path)) if container is None else container
        try:
            self.stream = _chosen(self.container, stream, path)
        except BaseException:
            self.container.close()
            raise
        self.stream.thread_type = threads
        self.damaged_packets = self.damaged_pictures = self.interlaced_pictures = 0

    @property
    def time_base(self) -> Fraction:
        """Seconds a tick of the stream's clock."""
        return self.stream.time_base or Fraction(1, av.time_base)

    @property
    def aspect(self) -> Fraction:
        """Width of a stored pixel over its height."""
        return Fraction(self.stream.sample_aspect_ratio or 1)

    def pictures(self) -> Iterator[av.VideoFrame]:
        """From the container's position to the end of the file."""
        try:
            for packet in self.container.demux(self.stream):
                yield from self.decoded(packet)
        except av.error.FFmpegError:  # from reading, not from decoding: nothing more can be read
            self.damaged_packets += 1

    def decoded(self, packet: "av.Packet[av.VideoStream]") -> Iterator[av.VideoFrame]:
        """The pictures that this packet completes; none if it is damaged."""
        try:
            decoded = packet.decode()
        except av.error.FFmpegError:
            self.damaged_packets += 1
            return
        for picture in decoded:
            self.damaged_pictures += picture.is_corrupt
            self.interlaced_pictures += picture.interlaced_frame
            yield picture

    def close(self) -> None:
        self.container.close()


class Timeline:
    """Exact times of pictures in seconds, repaired where the source's own are missing or do not grow.

    `repaired` counts repaired times, `jumps` counts restarts of the source's clock: times then go on one frame after
    the last picture, or by the time that has really passed if the caller gives `now`.
    """

    BACK = 4  # frames that times may step back within one clock
    AHEAD = 10  # seconds that live times may run ahead of what has really passed

    def __init__(self, stream: av.VideoStream) -> None:
        self.time_base = stream.time_base or Fraction(1, av.time_base)
        self._step = max(1, round(1 / (stream.guessed_rate or 25) / self.time_base))
        self._last: int | None = None
        self._last_now = 0.0
        self._shift = 0
        self.repaired = 0
        self.jumps = 0

    def time_of(self, picture: av.VideoFrame, now: float | None = None) -> Fraction:
        """The picture's time. `now`: seconds of a steady clock at which a live picture arrived."""
        if picture.pts is None:
            ticks = 0 if self._last is None else self._last + self._step
            self.repaired += 1
        else:
            ticks = picture.pts + self._shift
        if self._last is not None:
            ticks = self._in_order(ticks, self._last, self._passed(now))
        self._last, self._last_now = ticks, now or 0.0
        return ticks * self.time_base

    def _passed(self, now: float | None) -> int | None:
        """Ticks that have really passed since the last picture."""
        return None if now is None else max(self._step, round((now - self._last_now) / self.time_base))

    def _in_order(self, ticks: int, last: int, passed: int | None) -> int:
        back = last - ticks
        if back > self.BACK * self._step or (passed is not None and -back > passed + self.AHEAD / self.time_base):
            expected = last + (passed or self._step)
            self._shift += expected - ticks
            self.jumps += 1
            self.repaired += 1
            return expected
        if back >= 0:
            self.repaired += 1
            return last + 1
        return ticks


class RgbPictures:
    """Pictures to RGB arrays, upright: through FFmpeg's own filter graph, bit for bit what its command line gives.

    deinterlace: pictures that are marked as interlaced keep their first field and get the rows between interpolated.
    """

    def __init__(self, time_base: Fraction, *, deinterlace: bool = False) -> None:
        self._time_base, self._deinterlace = time_base, deinterlace
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[object, ...] | None = None

    def convert(self, picture: av.VideoFrame) -> np.ndarray:
        """-> (h, w, 3) uint8, contiguous."""
        orientation, interlaced = Orientation.of(picture), picture.interlaced_frame
        shape = picture.width, picture.height, picture.format.name, picture.colorspace, picture.color_range
        try:
            if self._graph is None or shape != self._shape:
                self._graph, self._shape = self._build(picture), shape
            self._graph.push(picture)
            image = self._graph.vpull().to_ndarray()
        except (av.error.FFmpegError, ValueError) as error:
            what = f"{picture.width}x{picture.height} {picture.format.name}"
            raise SourceError(f"a picture of {what} cannot be shown ({error}); the file is damaged") from error
        return orientation.upright(deinterlaced(image) if interlaced and self._deinterlace else image)

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


def deinterlaced(image: np.ndarray) -> np.ndarray:
    """The image (h, w, 3) with every second row replaced by the mean of its neighbours: one field, one moment.

    >>> deinterlaced(np.uint8([[[10] * 3], [[99] * 3], [[20] * 3], [[99] * 3]]))[:, 0, 0].tolist()
    [10, 15, 20, 20]
    """
    image = image.copy()
    above, between, below = image[0:-2:2], image[1:-1:2], image[2::2]
    if between.size:
        between[:] = cv2.addWeighted(np.ascontiguousarray(above), 0.5, np.ascontiguousarray(below), 0.5, 0)
    if len(image) % 2 == 0:
        image[-1] = image[-2]
    return image


def _chosen(container: av.container.InputContainer, number: int | None, path: Path | str) -> av.VideoStream:
    """The video stream with this number; by default the one that FFmpeg and players take."""
    if number is None:
        stream = container.streams.best("video")
        if not isinstance(stream, av.VideoStream) or stream.codec_context is None:
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
        container = av.open(for_ffmpeg(path), metadata_errors="replace")  # tags that are not UTF-8
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
    kinds: list[bytes] = []
    end = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() + 8 <= end and len(kinds) < 1000:
            start = file.tell()
            size, kind = int.from_bytes(file.read(4)), file.read(4)
            if size == 1:
                size = int.from_bytes(file.read(8))
            kinds.append(kind)
            if size < 8 or start + size > end:
                break
            file.seek(start + size)
    return kinds
