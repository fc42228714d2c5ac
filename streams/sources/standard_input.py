"""Frames from standard input: a movie of any kind, MJPEG, or raw pictures."""

import io
import os
import selectors
import sys
import threading
from collections.abc import Callable
from fractions import Fraction

import av

from streams.errors import SourceError
from streams.sources.movie import MovieSource
from streams.sources.reading.decoder import Decoder
from streams.threads.waiting import TURN

MP4 = (b"ftyp", b"moov", b"mdat")  # kinds of first boxes
JPEG = b"\xff\xd8\xff"


class StandardInput(MovieSource):
    """Every frame that comes through a pipe: any movie that FFmpeg recognises, or raw pictures with `raw`.

    raw is (h, w, FFmpeg's name of a pixel format). Raw pictures and MJPEG have no times: they come `fps` a second.
    With `live`, frames that are not fetched in time are dropped, as from a camera. `opener()` returns the binary file.
    """

    def __init__(
        self,
        *,
        raw: tuple[int, int, str] | None = None,
        fps: float | Fraction = 25,
        live: bool = False,
        stream: int | None = None,
        start: float | None = None,
        end: float | None = None,
        deinterlace: bool = False,
        opener: Callable[[], io.RawIOBase] | None = None,
    ) -> None:
        self._raw, self._fps, self._stream_number = raw, Fraction(fps).limit_denominator(1001), stream
        self._file_opener = opener or _unbuffered_stdin
        self._used = False
        self._pipe: _Pipe | None = None
        super().__init__("standard input", start=start, end=end, deinterlace=deinterlace, opener=self._decoder_of_input)
        self.live = live

    def open(self) -> None:
        try:
            super().open()
        except SourceError:
            if self._pipe is None or not self._pipe.is_indexed_late:
                raise
            raise SourceError(f"standard input {_why(self._pipe.head)}") from None

    def close(self) -> None:
        super().close()
        if self._pipe is not None:
            self._pipe.close()
        self._pipe = None

    def _decoder_of_input(self) -> Decoder:
        if self._used:
            raise SourceError("standard input can be read once only; save it to a file first")
        self._used = True
        pipe = self._pipe = _Pipe(self._file_opener(), self._stopping)
        if not pipe.head:
            raise SourceError("standard input is empty; pipe a movie into it")
        options, kind = {"fflags": "nobuffer"} if self.live else {}, None
        if self._raw is not None:
            height, width, pixel_format = self._raw
            if pixel_format not in av.video.format.names:  # type: ignore[attr-defined]  # missing in PyAV's stubs
                raise SourceError(f"{pixel_format} is no pixel format; `ffmpeg -pix_fmts` lists them, rgb24 is one")
            kind = "rawvideo"
            options |= {"video_size": f"{width}x{height}", "pixel_format": pixel_format, "framerate": str(self._fps)}
        elif pipe.head.startswith(JPEG):
            kind = "mjpeg"
            options |= {"framerate": str(self._fps)}
        failure = None
        try:
            container = av.open(pipe, mode="r", format=kind, options=options, metadata_errors="replace")
        except (av.error.FFmpegError, OSError):
            failure = SourceError(f"standard input {_why(pipe.head)}")
        if failure is not None:
            raise failure
        decoder = Decoder(self.name, container=container, stream=self._stream_number)
        decoder.stream.thread_type = "SLICE" if self.live else "AUTO"
        return decoder


def _unbuffered_stdin() -> io.RawIOBase:
    if sys.stdin is None or sys.stdin.isatty():
        raise SourceError(
            "standard input is a terminal; pipe a movie into it: ffmpeg … -f matroska - | seqseg stream …"
        )
    return os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)


class _Pipe:
    """A pipe as PyAV reads it: gives the bytes that are there at once, and an end when `stopping` is set."""

    def __init__(self, file: io.RawIOBase, stopping: threading.Event) -> None:
        self._file, self._stopping = file, stopping
        self._waits = _selector(file)
        self._ahead = b""
        head = b""
        while len(head) < 16 and (more := self.read(16 - len(head))):
            head += more
        self.head, self._ahead = head, head
        if file.seekable():
            file.seek(-len(head), os.SEEK_CUR)
            self._ahead, self.seek, self.tell = b"", file.seek, file.tell

    @property
    def is_indexed_late(self) -> bool:
        """Whether it is an mp4, which cannot be read from a pipe unless its index comes first."""
        return self.head[4:8] in MP4 and not self._file.seekable()

    def read(self, count: int) -> bytes:
        if self._ahead:
            ahead, self._ahead = self._ahead[:count], self._ahead[count:]
            return ahead
        while self._waits is not None and not self._waits.select(TURN):
            if self._stopping.is_set():
                return b""
        return self._file.read(count) or b""

    def close(self) -> None:
        if self._waits is not None:
            self._waits.close()
        self._file.close()


def _selector(file: io.RawIOBase) -> selectors.BaseSelector | None:
    """Waits for a pipe in turns, so that closing need not wait for its writer; None where that is not possible."""
    selector = selectors.DefaultSelector()
    try:
        selector.register(file, selectors.EVENT_READ)
    except (OSError, ValueError):  # a file, a buffer, or anything on Windows
        selector.close()
        return None
    return selector


def _why(head: bytes) -> str:
    if head[4:8] in MP4:
        return "is an mp4 whose index is at its end; pipe it as -f matroska or -f mpegts, or give the file's name"
    return "is no movie that FFmpeg recognises; for raw pictures say --raw WIDTHxHEIGHT:FORMAT"
