"""The live page over an engine."""

import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from streams.errors import StreamError
from streams.frame import Frame
from streams.overlay import Overlay
from streams.sinks.null import NullSink
from streams.sinks.sink import Sink
from streams.sources.source import Source
from streams.threads.chore import Chore
from streams.web.certificate import check_certificate
from streams.web.looks import Looks

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8765
CUT_OFF = 8 * 2**20  # bytes of a message: whoever sends more is cut off, and hardly ever hears why
PATIENCE = 5.0  # seconds for the server to begin and to end


class Page:
    """Serves a page that shows every stream of an engine, and lets it be paused, reset, detached; see its /docs.

    Another address than loopback can be reached by others: it needs a token, which is made when none is given.

    Args:
        engine: a `streams.engine.engine.Engine`; set its `on_frame` to `page.show`, or call that from there.
        looks: the classes.
        host, port: where; port 0 takes a free one.
        token: what clients must bring; None is none on loopback.
        certificate, key: PEM files, to serve HTTPS: browsers let pages of other machines see a camera only then. The
            certificate's file may hold the key as well.
        sources: name -> function that makes the source anew, for those that a page may attach again.
        sink_for: name -> the sink of a stream that is attached from the page; by default nothing is kept.

    Example:
        >>> engine = Engine(step)
        >>> with Page(engine, Looks(names, palette)) as page:
        ...     engine.on_frame = page.show
        ...     print(page.url)
        ...     engine.run(stay=True)
    """

    def __init__(
        self,
        engine,
        looks: Looks,
        *,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        token: str | None = None,
        certificate: str | Path | None = None,
        key: str | Path | None = None,
        sources: Mapping[str, Callable[[], Source]] | None = None,
        sink_for: Callable[[str], Sink] = lambda name: NullSink(),
        options: Mapping[str, object] | None = None,
    ) -> None:
        _require_server()
        from streams.web.guard import is_loopback
        from streams.web.hub import Hub

        self.engine, self.looks = engine, looks
        self.host, self.port = host.strip("[]"), port
        self.token = token or (None if is_loopback(host) else secrets.token_urlsafe(18))
        self._certificate, self._key = certificate, key
        self.hub = Hub(classes=len(looks.names), void=looks.void, describe=_picture_facts)
        self._sources, self._sink_for, self._options = dict(sources or {}), sink_for, dict(options or {})
        overlay = Overlay(looks.palette, looks.names, void=looks.void)
        self.draw: Callable[[np.ndarray, np.ndarray], np.ndarray] = overlay.draw
        self._server = self._chore = None

    @property
    def url(self) -> str:
        """The address to open, with the token where one is needed."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = {"0.0.0.0": socket.gethostname(), "[::]": socket.gethostname()}.get(host, host)
        return f"http{'s' if self._certificate else ''}://{shown}:{self.port}/" + (
            f"?token={self.token}" if self.token else ""
        )

    def show(self, stream, frame: Frame, mask: np.ndarray) -> None:
        """The newest frame of a stream and its mask (h, w); an engine's `on_frame`. Returns at once."""
        self.hub.show(stream, frame, mask)

    def stream(self, number: int):
        """The stream with this id, or None."""
        return next((stream for stream in self.engine.streams if stream.id == number), None)

    def facts(self) -> dict:
        """The state of all streams and what may be attached, as plain data."""
        self._sweep()
        streams = [stream for stream in self.engine.streams if stream.open or not _came_from_a_page(stream)]
        taken = {stream.name for stream in streams if stream.open}
        return {
            "streams": [_stream_facts(stream) for stream in streams],
            "sources": [name for name in self._sources if name not in taken],
        }

    def attach(self, name: str):
        """A stream from the source of this name; KeyError when there is none, StreamError when it runs already."""
        make = self._sources[name]
        for stream in self.engine.streams:
            if stream.name == name:
                if stream.open:
                    raise StreamError(f"{name} is attached already")
                self._forget(stream)
        return self.engine.attach(make(), self._sink_for(name), name=name, **self._options)

    def attach_source(self, source: Source):
        """A stream from a source made here and now, such as a browser's camera."""
        self._sweep()
        return self.engine.attach(source, self._sink_for(source.name), **self._options)

    def __enter__(self) -> "Page":
        import uvicorn

        from streams.web.app import Routes
        from streams.web.guard import LOOPBACK_NAMES, Guard, is_loopback

        if self._certificate:
            check_certificate(self._certificate, self._key)
        listening = self._listen()
        self.port = listening.getsockname()[1]
        names = {*LOOPBACK_NAMES, self.host, f"[{self.host}]"} if is_loopback(self.host) else set()
        guard = Guard(Routes(self).app(), hosts=names, token=self.token)
        guard.bind(self.port)
        config = uvicorn.Config(
            guard, ws="websockets-sansio", ws_max_size=CUT_OFF, ws_max_queue=2, ws_per_message_deflate=False,
            lifespan="off", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=1,
            ssl_certfile=self._certificate, ssl_keyfile=self._key,
        )  # fmt: skip
        self._server = _server_class(uvicorn)(config, self.hub)
        self._chore = Chore("serve", lambda: self._server.run(sockets=[listening]))
        if not self._server.begun.wait(PATIENCE) or self._chore.done:
            raise self._chore.error or StreamError(f"the page at {self.url} did not start in {PATIENCE:g} s")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        ended = self._chore.wait(PATIENCE)
        self.hub.stop(PATIENCE)
        if self._chore.error is not None:
            raise self._chore.error
        if not ended:
            raise StreamError(f"the page's server did not end in {PATIENCE:g} s and was left behind")

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            listening = socket.create_server((self.host, self.port), family=family)
        except OSError as error:
            raise StreamError(
                f"the page cannot be served at {self.host}:{self.port}: {error.strerror}; give another [HOST:]PORT"
            ) from error
        # Said to be TCP: only then does asyncio send a small message at once. Else a picture behind one waits 40 ms.
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listening.detach())

    def _sweep(self) -> None:
        """Browsers' cameras that have left leave nothing behind."""
        for stream in self.engine.streams:
            if _came_from_a_page(stream) and stream.closed:
                self._forget(stream)

    def _forget(self, stream) -> None:
        self.hub.forget(stream.id)
        self.engine.forget(stream)


def _came_from_a_page(stream) -> bool:
    return stream.name.startswith("browser ")


def _picture_facts(stream) -> dict:
    frames, seconds = stream.state_age
    return {"state_age": {"frames": frames, "seconds": round(seconds, 2)}}


def _stream_facts(stream) -> dict:
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


def _server_class(uvicorn):
    class Server(uvicorn.Server):
        """Says when it has begun, and starts the hub in its loop."""

        def __init__(self, config, hub) -> None:
            super().__init__(config)
            self.begun, self._hub = threading.Event(), hub

        async def startup(self, sockets=None) -> None:
            import asyncio

            await super().startup(sockets)
            self._hub.start(asyncio.get_running_loop())
            self.begun.set()

        async def shutdown(self, sockets=None) -> None:
            import asyncio

            await super().shutdown(sockets)
            for connection in list(self.server_state.connections):
                connection.transport.abort()  # one who reads nothing would keep the socket, and what it was sent
            await asyncio.sleep(0)

    return Server


def _require_server() -> None:
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
        import websockets  # noqa: F401
    except ImportError as error:
        raise StreamError(
            f"the live page needs {error.name}, which is not installed: pip install 'seqseg[live]'"
        ) from error
