"""The overlay as a live stream to another machine."""

import random
import time
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from streams.errors import SinkError
from streams.frame import Frame
from streams.overlay import Overlay
from streams.sinks.movie import even, fitted
from streams.sinks.sink import Sink
from streams.sinks.writing.movie_file import rate_for_codec, reason, tag_as_hd
from streams.sinks.writing.ticks import Ticks
from streams.sinks.writing.writer import picture_of
from streams.sources.reading.addresses import redacted

MUXERS = {
    "rtsp": ("rtsp", {"rtsp_transport": "tcp"}),
    "rtmp": ("flv", {"flvflags": "no_duration_filesize"}),
    "rtmps": ("flv", {"flvflags": "no_duration_filesize"}),
    "udp": ("mpegts", {"flush_packets": "1"}),
    "tcp": ("mpegts", {"flush_packets": "1"}),
    "srt": ("mpegts", {"flush_packets": "1"}),
}
DATAGRAM = 1316  # bytes: seven packets of MPEG-TS, which no network has to split
LOW_DELAY = {"preset": "veryfast", "tune": "zerolatency", "crf": "23"}
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds between two attempts to connect again


class RestreamSink(Sink):
    """The overlay as H.264 without delay to `rtsp://`, `rtmp://`, `udp://`, `tcp://` or `srt://`, a key frame a second.

    The server has to answer at the first frame (udp needs none). A connection that is lost later is tried again after
    0.5 s, 1 s, … 10 s until the run ends; frames in between are left out and counted in `warnings`. Wrap it in
    `Background(sink, keep="newest")`: connecting and sending may block. Pictures of another size are letterboxed to the
    size of the first. `opener(address, **how)` returns an open container; the default is PyAV's.
    """

    screen = True

    def __init__(
        self,
        address: str,
        overlay: Overlay,
        *,
        rate: Fraction | None = None,
        opener: Callable[..., av.container.OutputContainer] = av.open,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        scheme = address.partition("://")[0].lower()
        self.name = redacted(address)
        if "://" not in address or scheme not in MUXERS:
            raise SinkError(
                f"{self.name} cannot be sent to; give an address that begins with {'://, '.join(MUXERS)}://"
            )
        self._address, self._scheme = _with_datagrams(address, scheme), scheme
        self._overlay, self._rate, self._opener, self._clock = overlay, rate, opener, clock
        self._yuv = VideoReformatter()
        self._output: _Output | None = None
        self._size: tuple[int, int] | None = None
        self._pause, self._next_attempt = FIRST_PAUSE, 0.0
        self.losses = self.left_out = 0

    @property
    def warnings(self) -> list[str]:
        if not self.losses:
            return []
        times = "once" if self.losses == 1 else f"{self.losses} times"
        return [f"{self.name} was lost {times}; {self.left_out} frames did not reach it"]

    def open(self) -> None:
        """Connects at the first frame: the stream's header holds its size."""

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        if self._output is None and self._clock() < self._next_attempt:
            self.left_out += 1
            return
        with self.meter.stage("draw"):
            drawn = self._overlay.draw(frame.image, mask, frame.found)
            size = self._size = self._size or (drawn.shape[0], drawn.shape[1])
            drawn = even(drawn if drawn.shape[:2] == size else fitted(drawn, size))
        output = self._output = self._output or self._connected(frame, size)
        if output is None:
            self.left_out += 1
            return
        with self.meter.stage("encode"):
            picture = self._yuv.reformat(
                picture_of(drawn, "rgb24"),
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
            ticks = output.ticks.of(frame)
            if ticks is None:
                return
            picture.pts, picture.time_base = ticks, output.ticks.tick
            try:
                output.container.mux(output.stream.encode(picture))
            except (OSError, av.error.FFmpegError):
                self._lost(output)

    def close(self, error: BaseException | None = None) -> None:
        output, self._output = self._output, None
        if output is None:
            return
        try:
            output.container.mux(output.stream.encode(None))
            output.container.close()
        except (OSError, av.error.FFmpegError):  # it closed just before the end: the rest has arrived
            self.losses += 1

    def _connected(self, frame: Frame, size: tuple[int, int]) -> "_Output | None":
        """An open connection, or None if there is none now; the first attempt has to succeed."""
        try:
            output = self._open(frame, size)
        except (OSError, av.error.FFmpegError) as error:
            advice = _advice(error)
        else:
            self._pause = FIRST_PAUSE
            return output
        if not self.losses:  # outside of the handler: FFmpeg's error holds the address with its password
            raise SinkError(f"{self.name} cannot be sent to: {advice}")
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._wait()
        return None

    def _open(self, frame: Frame, size: tuple[int, int]) -> "_Output":
        muxer, options = MUXERS[self._scheme]
        container = self._opener(self._address, mode="w", format=muxer, options=options)
        try:
            rate = rate_for_codec(frame, self._rate)
            stream = container.add_stream("libx264", rate=rate, options=LOW_DELAY)
            height, width = size
            stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
            stream.codec_context.gop_size = round(rate)
            stream.codec_context.sample_aspect_ratio = frame.aspect
            tag_as_hd(stream.codec_context)
            container.start_encoding()  # sends the header: only now is it known whether the server answers
        except BaseException:
            container.close()
            raise
        return _Output(container, stream, Ticks(None))

    def _lost(self, output: "_Output") -> None:
        self._output = None
        self.losses += 1
        self.left_out += 1
        try:
            output.container.close()
        except (OSError, av.error.FFmpegError):  # its trailer has nowhere to go
            pass
        self._wait()

    def _wait(self) -> None:
        self._next_attempt = self._clock() + self._pause * random.uniform(0.8, 1.2)


class _Output(NamedTuple):
    """An open connection."""

    container: av.container.OutputContainer
    stream: av.VideoStream
    ticks: Ticks


def _with_datagrams(address: str, scheme: str) -> str:
    if scheme != "udp" or "pkt_size=" in address:
        return address
    return f"{address}{'&' if '?' in address else '?'}pkt_size={DATAGRAM}"


def _advice(error: Exception) -> str:
    if isinstance(error, av.error.ProtocolNotFoundError):
        return "PyAV's FFmpeg was built without this protocol; use rtsp, rtmp or udp"
    if isinstance(error, ConnectionRefusedError):
        return "no server listens there; start it first"
    return reason(error)
