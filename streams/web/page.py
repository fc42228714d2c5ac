"""The live page over an engine."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from streams.engine.engine import Engine
from streams.engine.stream import Stream
from streams.errors import StreamError
from streams.frame import Frame
from streams.listening import is_loopback, url_of
from streams.objects.sighting import Found
from streams.overlay import Overlay
from streams.sinks.null import NullSink
from streams.sinks.sink import Sink
from streams.sources.source import Source
from streams.threads.chore import Chore
from streams.web.certificate import check_certificate
from streams.web.hub import Hub, Shown
from streams.web.looks import Looks
from streams.web.server import listen, make_server, require_server

if TYPE_CHECKING:
    import uvicorn

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8765
PATIENCE = 5.0  # seconds for the server to begin and to end


class Page:
    """Serves a page that shows every stream of an engine and can pause, reset and detach it; see its /docs.

    An address that other machines can reach needs a token; one is made if none is given.

    Args:
        engine: a `streams.engine.engine.Engine`; set its `on_frame` to `page.show`, or call that from there.
        looks: the classes.
        host, port: where; port 0 takes a free one.
        token: what clients must send; without one on loopback none is needed.
        certificate, key: PEM files for HTTPS: browsers give pages of other machines a camera only then. The
            certificate's file may hold the key as well.
        sources: name -> function that makes a new source, for those that a page may attach again.
        sink_for: name -> the sink of a stream that is attached from the page; by default nothing is kept.
        options: more arguments for `Engine.attach`.
        device: a folder of `seqseg export --format web`: the page offers to segment a camera in the browser.

    Example:
        >>> engine = Engine(step)
        >>> with Page(engine, Looks(names, palette)) as page:
        ...     engine.on_frame = page.show
        ...     print(page.url)
        ...     engine.run(stay=True)
    """

    def __init__(
        self,
        engine: Engine,
        looks: Looks,
        *,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        token: str | None = None,
        certificate: str | Path | None = None,
        key: str | Path | None = None,
        sources: Mapping[str, Callable[[], Source]] | None = None,
        sink_for: Callable[[str], Sink] = lambda name: NullSink(),
        options: Mapping[str, Any] | None = None,
        device: str | Path | None = None,
    ) -> None:
        require_server()
        self.device = None if device is None else _checked_device(device)
        self.engine, self.looks = engine, looks
        self.host, self.port = host.strip("[]"), port
        self.token = token or (None if is_loopback(host) else secrets.token_urlsafe(18))
        self._certificate, self._key = certificate, key
        self.hub = Hub(classes=len(looks.names), void=looks.void, describe=_picture_facts)
        self._sources, self._sink_for, self._options = dict(sources or {}), sink_for, dict(options or {})
        overlay = Overlay(looks.palette, looks.names, void=looks.void)
        self.draw: Callable[[np.ndarray, np.ndarray, Found | None], np.ndarray] = overlay.draw
        self._served: tuple[uvicorn.Server, Chore] | None = None

    @property
    def url(self) -> str:
        """The address to open, with the token where one is needed."""
        return url_of(self.host, self.port, token=self.token, secure=self._certificate is not None)

    def show(self, stream: Stream, frame: Frame, mask: np.ndarray) -> None:
        """The newest frame of a stream and its mask (h, w); an engine's `on_frame`. Returns at once."""
        self.hub.show(stream, frame, mask)

    def stream(self, number: int) -> Stream | None:
        """The stream with this id, or None."""
        return next((stream for stream in self.engine.streams if stream.id == number), None)

    def facts(self) -> dict[str, object]:
        """The state of all streams and what may be attached, as plain data."""
        self._sweep()
        streams = [stream for stream in self.engine.streams if stream.open or not _came_from_a_page(stream)]
        taken = {stream.name for stream in streams if stream.open}
        return {
            "streams": [_stream_facts(stream) for stream in streams],
            "sources": [name for name in self._sources if name not in taken],
        }

    def attach(self, name: str) -> Stream:
        """A stream from the source of this name; KeyError if there is none, StreamError if it is running."""
        make = self._sources[name]
        for stream in self.engine.streams:
            if stream.name == name:
                if stream.open:
                    raise StreamError(f"{name} is attached already")
                self._forget(stream)
        return self.engine.attach(make(), self._sink_for(name), name=name, **self._options)

    def attach_source(self, source: Source) -> Stream:
        """A stream from a source that was just made, such as a browser's camera."""
        self._sweep()
        return self.engine.attach(source, self._sink_for(source.name), **self._options)

    def __enter__(self) -> Self:
        from streams.web.app import Routes
        from streams.web.guard import LOOPBACK_NAMES, Guard

        if self._certificate:
            check_certificate(self._certificate, self._key)
        listening = listen(self.host, self.port)
        self.port = listening.getsockname()[1]
        shown = f"[{self.host}]" if ":" in self.host else self.host
        names = {*LOOPBACK_NAMES, shown.lower()} if is_loopback(self.host) else set()
        guard = Guard(Routes(self).app(), hosts=names, token=self.token)
        guard.bind(self.port)
        server, begun = make_server(guard, self.hub, listening, self._certificate, self._key)
        chore = Chore("serve", lambda: server.run(sockets=[listening]))
        self._served = server, chore
        if not begun.wait(PATIENCE) or chore.done:
            raise chore.error or StreamError(f"the page at {self.url} did not start in {PATIENCE:g} s")
        return self

    def __exit__(self, *_: object) -> None:
        if self._served is None:
            return
        (server, chore), self._served = self._served, None
        server.should_exit = True
        ended = chore.wait(PATIENCE)
        self.hub.stop(PATIENCE)
        if chore.error is not None:
            raise chore.error
        if not ended:
            raise StreamError(f"the page's server did not end in {PATIENCE:g} s and was abandoned")

    def _sweep(self) -> None:
        """Forgets the cameras of browsers that have left."""
        for stream in self.engine.streams:
            if _came_from_a_page(stream) and stream.closed:
                self._forget(stream)

    def _forget(self, stream: Stream) -> None:
        self.hub.forget(stream.id)
        self.engine.forget(stream)


def _checked_device(folder: str | Path) -> Path:
    from streams.web.device import check_device_folder

    return check_device_folder(folder)


def _came_from_a_page(stream: Stream) -> bool:
    return stream.name.startswith("browser ")


def _picture_facts(stream: Shown) -> dict[str, object]:
    if not isinstance(stream, Stream):
        return {}
    frames, seconds = stream.state_age
    return {"state_age": {"frames": frames, "seconds": round(seconds, 2)}}


def _stream_facts(stream: Stream) -> dict[str, object]:
    frames, seconds = stream.state_age
    return {
        "id": stream.id,
        "name": stream.name,
        "status": stream.status,
        "frames": stream.frames,
        "dropped": stream.dropped,
        "fresh_starts": stream.fresh_starts,
        "epoch": stream.epoch,
        "state_age": {"frames": frames, "seconds": round(seconds, 2)},
        "error": None if stream.error is None else str(stream.error),
    }
