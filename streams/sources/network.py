"""Frames from a network address: one connection. `Reconnecting` makes another when it is lost."""

import errno
import socket
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, cast

import av

from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.movie import MovieSource, announced_seconds
from streams.sources.reading.addresses import Secrets, host_of, redacted, scheme_of
from streams.sources.reading.decoder import Decoder, RgbPictures, Timeline
from streams.sources.reading.orientation import Orientation
from streams.sources.source import Source

TICK = Fraction(1, 90_000)  # the clock of broadcast video
NOT_FILES = "http,https,httpproxy,tcp,tls,udp,rtp,rtsp,rtsps,rtmp,rtmps,srt,crypto,data"  # what a playlist may lead to
CLOCKLESS = ("mpjpeg", "mjpeg", "image2pipe", "jpeg_pipe")  # formats that bring no times of their own
# What is read to find out what comes is thrown away: right for what is live, wrong for what may be a file.
LOW_DELAY = {"fflags": "nobuffer"}


class NetworkSource(Source):
    """Frames from rtsp, rtmp, http(s), udp, tcp and the like: cameras, MJPEG, HLS, movies on a server.

    A movie or a playlist with an end is read like a file; anything else is `live`, and its end is an error: a lost
    connection. Opening and every read take `timeout` seconds at most. Frames of a live stream that cannot be decoded
    before its first key frame are counted and passed over. Messages hold no credentials.
    `opener` has the signature of `av.open`, `resolver` that of `socket.getaddrinfo`.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout: float = 5.0,
        transport: str = "tcp",
        stream: int | None = None,
        start: float | None = None,
        end: float | None = None,
        deinterlace: bool = False,
        opener: Callable[..., av.container.InputContainer] = av.open,
        resolver: Callable[[str, int | None], Any] = socket.getaddrinfo,
    ) -> None:
        super().__init__(redacted(address))
        self._address, self._secrets, self._scheme = address, Secrets(address), scheme_of(address)
        self._timeout, self._transport, self._stream = timeout, transport, stream
        self._start, self._end, self._deinterlace = start, end, deinterlace
        self._opener, self._resolver = opener, resolver
        self._decoder: Decoder | None = None
        self._movie: MovieSource | None = None
        self._pictures: Iterator[tuple[av.VideoFrame, float]] = iter(())
        self._first: tuple[av.VideoFrame, float] | None = None
        self.live = True  # until the opened address says otherwise

    def open(self) -> None:
        decoder = self._connect()
        self.live = _is_live(decoder)
        if not self.live:
            self._open_movie(decoder)
            return
        self._decoder = decoder
        decoder.stream.thread_type = "SLICE"  # frame threads keep a frame each
        self.rate = decoder.stream.guessed_rate or None
        self._pictures = self._live_pictures(decoder)
        self._first = next(self._pictures, None)
        if self._first is None:
            raise SourceError(f"{self.name} answers but sends no picture that can be decoded")
        self.size = Orientation.of(self._first[0]).size_of(self._first[0])

    def frames(self) -> Iterator[Frame]:
        return self._movie.frames() if self._movie is not None else self._live_frames()

    def close(self) -> None:
        if self._movie is not None:
            self._movie.__exit__(None, None, None)
        if self._decoder is not None:
            self._decoder.close()
        self._decoder = self._movie = self._first = None
        self._pictures = iter(())

    def _live_frames(self) -> Iterator[Frame]:
        decoder, first = self._decoder, self._first
        if decoder is None or first is None:
            raise SourceError(f"{self.name} has been read already; open it again")
        timeline, rgb = _timeline(decoder), RgbPictures(decoder.time_base, deinterlace=self._deinterlace)
        self._first = None
        delivery: tuple[av.VideoFrame, float] | None = first
        index, breaks, size = 0, 0, self.size
        while delivery is not None:
            picture, captured = delivery
            start = time.perf_counter()
            image = rgb.convert(picture)
            pts = timeline.time_of(picture, captured)
            if image.shape[:2] != size:
                breaks, size = breaks + 1, (image.shape[0], image.shape[1])
            self.meter.add("decode", time.perf_counter() - start)
            epoch = breaks + timeline.jumps
            yield Frame(
                image,
                pts,
                index,
                self.name,
                epoch,
                time_base=timeline.time_base,
                aspect=decoder.aspect,
                captured=captured,
            )
            index += 1
            delivery = next(self._pictures, None)
        if not self._stopping.is_set():
            raise SourceError(f"{self.name} has ended the connection")

    def _live_pictures(self, decoder: Decoder) -> Iterator[tuple[av.VideoFrame, float]]:
        """Pictures and when they arrived. SourceError when nothing comes any more."""
        index, heard, failure = decoder.stream.index, time.perf_counter(), None
        packets = decoder.container.demux()
        whole = False  # true from the first picture on that needs none before it
        while failure is None:
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, OSError) as error:
                failure = self._lost(error)
                break
            now = time.perf_counter()
            if packet is None or self._stopping.is_set():
                return
            if packet.stream.index != index:
                if now - heard > self._timeout:  # sound goes on and on
                    failure = SourceError(f"{self.name} has sent no picture for {now - heard:.1f} s")
                continue
            heard = now
            damaged = decoder.damaged_packets
            for picture in decoder.decoded(cast("av.Packet[av.VideoStream]", packet)):
                whole = whole or picture.key_frame or not picture.is_corrupt
                if not whole or picture.is_corrupt:
                    self.counts["corrupt" if whole else "before the first key frame"] += 1
                if whole:
                    yield picture, now
            if decoder.damaged_packets > damaged:
                self.counts["undecodable" if whole else "before the first key frame"] += 1
        raise failure  # outside of the handler: FFmpeg's error holds the address with its password

    def _open_movie(self, decoder: Decoder) -> None:
        opened = [decoder]
        movie = self._movie = MovieSource(
            self.name,
            opener=lambda: opened.pop() if opened else self._connect(),
            start=self._start,
            end=self._end,
            deinterlace=self._deinterlace,
        )
        movie.warnings, movie.counts, movie.meter = self.warnings, self.counts, self.meter
        movie.__enter__()
        self.size, self.rate, self.length = movie.size, movie.rate, movie.length

    def _connect(self) -> Decoder:
        self.tell("connecting", f"connecting to {self.name}")
        began, reason = time.monotonic(), ""
        try:
            container = self._opener(
                self._address,
                options=self._options(),
                timeout=(self._timeout, self._timeout),
                metadata_errors="replace",
            )
        except (av.error.FFmpegError, OSError) as error:
            reason = self._why_not(error, time.monotonic() - began)
        if reason:  # outside of the handler: FFmpeg's error holds the address with its password
            raise SourceError(reason)
        decoder = Decoder(self.name, container=container, stream=self._stream)
        self.tell("connected", f"connected to {self.name}")
        return decoder

    def _options(self) -> dict[str, str]:
        options = {"protocol_whitelist": NOT_FILES}
        if self._scheme in ("rtsp", "rtsps"):
            options |= LOW_DELAY | {"rtsp_transport": self._transport, "allowed_media_types": "video"}
            options |= {"analyzeduration": "500000", "probesize": "500000"}
        elif self._scheme in ("udp", "rtp", "srt"):
            options |= LOW_DELAY | {"fifo_size": "50000", "overrun_nonfatal": "1", "analyzeduration": "2000000"}
        elif self._scheme in ("rtmp", "rtmps"):
            options |= LOW_DELAY
        return options

    def _lost(self, error: OSError | av.error.FFmpegError) -> SourceError:
        if isinstance(error, (av.error.ExitError, av.error.TimeoutError)):
            return SourceError(f"{self.name} has sent nothing for {self._timeout:g} s")
        if error.errno == errno.EIO:
            return SourceError(f"{self.name} has ended the connection")
        return SourceError(f"{self.name} is lost: {self._said(error)}")

    def _why_not(self, error: OSError | av.error.FFmpegError, seconds: float) -> str:
        for kind, reason in _REASONS.items():
            if isinstance(error, kind):
                return f"{self.name} {reason}"
        if seconds >= 0.9 * self._timeout or isinstance(error, (av.error.ExitError, av.error.TimeoutError)):
            return f"{self.name} does not answer within {self._timeout:g} s; is it reachable from here?"
        if isinstance(error, av.error.InvalidDataError):
            return f"{self.name} answers, but not with a video; check the path after the host's name"
        host, port = host_of(self._address)
        if host and not self._is_known(host, port):
            return f"{self.name}: no such host {self._secrets.clean(host)}; check the name and the network"
        if error.errno == errno.EIO:
            return f"{self.name} answers, but not with a video: it breaks off; check the path after the host's name"
        return f"{self.name} cannot be opened: {self._said(error)}"

    def _is_known(self, host: str, port: int | None) -> bool:
        try:
            return bool(self._resolver(host, port))
        except OSError:
            return False

    def _said(self, error: OSError | av.error.FFmpegError) -> str:
        return self._secrets.clean(str(error.strerror or type(error).__name__))


_REASONS = {
    av.error.ConnectionRefusedError: "refuses the connection; is the server running, and is that its port?",
    av.error.HTTPUnauthorizedError: "asks for a user and a password (401); those given, if any, are wrong",
    av.error.HTTPForbiddenError: "is forbidden (403); another user may be allowed to see it",
    av.error.HTTPNotFoundError: "does not exist on that server (404); check the path after the host's name",
    av.error.HTTPTooManyRequestsError: "has been asked too often (429); wait a while",
    av.error.HTTPServerError: "cannot be served (5xx); the server says that the fault is its own",
    av.error.HTTPError: "is refused by the server (4xx); check the address",
    av.error.ProtocolNotFoundError: "cannot be read: this FFmpeg does not know the protocol",
}


class ArrivalTimes:
    """Times of pictures that bring none: when they arrived, from 0."""

    time_base = TICK
    jumps = 0

    def __init__(self) -> None:
        self._start: float | None = None
        self._last = -1

    def time_of(self, _picture: av.VideoFrame, captured: float) -> Fraction:
        self._start = captured if self._start is None else self._start
        self._last = max(self._last + 1, round((captured - self._start) / TICK))
        return self._last * TICK


def _is_live(decoder: Decoder) -> bool:
    """Whether the stream has no end: no duration, and no size either."""
    container = decoder.container
    ends = bool(container.duration or announced_seconds(decoder))
    if container.format.name == "hls":
        return not ends
    return not ends and container.size <= 0


def _timeline(decoder: Decoder) -> "Timeline | ArrivalTimes":
    return ArrivalTimes() if decoder.container.format.name in CLOCKLESS else Timeline(decoder.stream)
