"""The page's routes: REST and WebSocket over an engine. See /docs for what they take and give."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from streams.errors import StreamError
from streams.sources.push import PushSource
from streams.web.browser_camera import receive_camera
from streams.web.device import device_routes
from streams.web.hub import Viewer
from streams.web.pictures import Picture, png_of

if TYPE_CHECKING:
    from streams.web.page import Page

STATIC = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/docs": ("docs.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/card.js": ("card.js", "text/javascript; charset=utf-8"),
    "/painter.js": ("painter.js", "text/javascript; charset=utf-8"),
    "/camera.js": ("camera.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
ACTIONS = ("pause", "resume", "reset", "detach")
NEWS = 0.25  # seconds between two messages about the state of all streams
MOST_VIEWERS = 16
MOST_CAMERAS = 4
LONGEST_WORD = 1000  # characters of a viewer's message
MOST_DIGITS = 9  # of a stream's number
TOO_MANY, REFUSED = 1013, 1008  # WebSocket close codes: try again later, policy


class Routes:
    """The page's routes over a `Page`, which has the engine, the hub, the looks and the sources."""

    def __init__(self, page: "Page") -> None:
        self._page = page
        self._viewers = self._cameras = 0
        self._numbers = itertools.count(1)

    def app(self) -> Starlette:
        """The ASGI application, not yet guarded."""
        files = resources.files("streams.web") / "static"
        shown = [
            Route(path, partial(_fixed, (files / name).read_bytes(), kind), methods=["GET"])
            for path, (name, kind) in STATIC.items()
        ]
        routes: list[BaseRoute] = [
            Route("/api/streams", self.list_streams, methods=["GET"]),
            Route("/api/streams/{stream:str}/{kind:str}.png", self.picture, methods=["GET"]),
            Route("/api/streams/{stream:str}/{action:str}", self.act, methods=["POST"]),
            Route("/api/sources/{name:path}/attach", self.attach, methods=["POST"]),
            WebSocketRoute("/api/view", self.view),
            WebSocketRoute("/api/camera", self.camera),
        ]
        if self._page.device is not None:
            routes += device_routes(self._page.device)
        return Starlette(routes=[*shown, *routes])

    async def list_streams(self, request: Request) -> Response:
        """Everything about all streams."""
        return JSONResponse(self._page.facts() | self._page.looks.to_dict())

    async def act(self, request: Request) -> Response:
        """Pause, resume, reset or detach a stream."""
        stream, action = self._page.stream(_number(request)), request.path_params["action"]
        if action not in ACTIONS:
            return _problem(404, f"a stream can {', '.join(ACTIONS)}, not {action}")
        if stream is None:
            return _problem(404, f"there is no stream {request.path_params['stream'][:MOST_DIGITS]}")
        if not stream.open:
            return _problem(409, f"{stream.name} is over")
        getattr(self._page.engine, action)(stream)
        return JSONResponse({"stream": stream.id, "done": action})

    async def attach(self, request: Request) -> Response:
        """Attach a source that was named at the start again, after it was detached or ended."""
        name = request.path_params["name"]
        try:
            stream = await run_in_threadpool(self._page.attach, name)
        except KeyError:
            return _problem(404, f"there is no source {name}; a page attaches what was named at the start")
        except StreamError as error:
            return _problem(409, str(error))
        return JSONResponse({"stream": stream.id, "done": "attach"})

    async def picture(self, request: Request) -> Response:
        """The newest picture in full size: overlay.png, mask.png (palette-less indices) or image.png."""
        picture, kind = self._page.hub.latest(_number(request)), request.path_params["kind"]
        draw: dict[str, Callable[[Picture], bytes]] = {
            "overlay": lambda picture: picture.png(self._page.draw),
            "mask": lambda picture: png_of(picture.mask),
            "image": lambda picture: png_of(picture.frame.image),
        }
        if picture is None or kind not in draw:
            return _problem(404, "there is no such picture (yet)")
        data = await run_in_threadpool(draw[kind], picture)
        return Response(data, media_type="image/png")

    async def view(self, socket: WebSocket) -> None:
        """Pictures and news out, "drawn" in."""
        if self._viewers >= MOST_VIEWERS:
            await _turn_away(socket, f"{MOST_VIEWERS} pages look already")
            return
        await socket.accept()
        self._viewers += 1
        viewer = Viewer()
        try:
            hello = {"type": "hello", "device": self._page.device is not None}
            await socket.send_json(hello | self._page.looks.to_dict())
            self._page.hub.enter(viewer)
            await _until_one_ends(self._send_pictures(socket, viewer), self._send_news(socket), _hear(socket, viewer))
        finally:
            self._viewers -= 1
            self._page.hub.leave(viewer)

    async def camera(self, socket: WebSocket) -> None:
        """The browser's camera becomes a stream, for as long as it sends."""
        if self._cameras >= MOST_CAMERAS:
            await _turn_away(socket, f"{MOST_CAMERAS} cameras are taken already")
            return
        await socket.accept()
        self._cameras += 1
        source = PushSource(f"browser {next(self._numbers)}", depth=2)
        try:
            stream = self._page.attach_source(source)
            await socket.send_json({"type": "attached", "stream": stream.id, "name": stream.name})
            reason = await receive_camera(socket, source)
            if reason is not None:
                await socket.close(REFUSED, reason[:120])
        except StreamError as error:
            await socket.close(TOO_MANY, str(error)[:120])
        finally:
            self._cameras -= 1
            source.end()

    async def _send_pictures(self, socket: WebSocket, viewer: Viewer) -> None:
        while True:
            picture = await viewer.next()
            await socket.send_bytes(await run_in_threadpool(getattr, picture, "message"))

    async def _send_news(self, socket: WebSocket) -> None:
        while True:
            await socket.send_json({"type": "streams"} | self._page.facts())
            await asyncio.sleep(NEWS)


async def _hear(socket: WebSocket, viewer: Viewer) -> None:
    """A page says which stream's picture it has drawn; anything else ends it."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        drawn = _drawn(message.get("text"))
        if drawn is None:
            await socket.close(REFUSED, 'a page says {"drawn": stream}')
            return
        viewer.drawn(drawn)


def _drawn(text: str | None) -> int | None:
    """The stream in a page's message; None for any other message."""
    if text is None or len(text) > LONGEST_WORD:
        return None
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    drawn = message.get("drawn") if isinstance(message, dict) else None
    return drawn if isinstance(drawn, int) else None


def _number(request: Request) -> int:
    """The number of a stream in an address; -1, which no stream has, for anything else."""
    text = request.path_params["stream"]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else -1


async def _until_one_ends(*works: Awaitable[None]) -> None:
    """Runs all concurrently until one ends; a viewer that has left is no error."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    gone = (WebSocketDisconnect, asyncio.CancelledError)
    errors = [error for error in results if isinstance(error, BaseException) and not isinstance(error, gone)]
    if errors and not (isinstance(errors[0], RuntimeError) and "websocket" in str(errors[0]).lower()):
        raise errors[0]


async def _turn_away(socket: WebSocket, reason: str) -> None:
    await socket.accept()
    await socket.close(TOO_MANY, reason)


async def _fixed(content: bytes, kind: str, request: Request) -> Response:
    return Response(content, media_type=kind)


def _problem(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code=status)
