"""A browser's camera as a source: JPEGs over a WebSocket, each used or skipped."""

import asyncio
import math
import struct
import time

from starlette.websockets import WebSocket, WebSocketDisconnect

from streams.errors import SourceError
from streams.sources.push import PushSource
from streams.web.pictures import decode_jpeg

FASTEST = 60.0  # pictures a second that are decoded; more are passed over
BURST = 8
LARGEST_MESSAGE = 2 * 2**20  # bytes
TOO_BIG = 1009  # WebSocket close code
_TIME = struct.Struct(">d")  # seconds on the browser's clock, before the JPEG


async def receive_camera(socket: WebSocket, source: PushSource) -> str | None:
    """Pushes the socket's pictures until it closes; returns the reason if a message was refused.

    Each message is 8 bytes of seconds (a float, big-endian) and a JPEG; each is answered with {"type": "taken"} or
    {"type": "passed over"}, so that the page keeps few in flight.
    """
    allowance, since = float(BURST), time.monotonic()
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            data = message.get("bytes")
            if data is None or len(data) <= _TIME.size:
                return "a camera sends 8 bytes of time and a JPEG"
            if len(data) > LARGEST_MESSAGE:
                await socket.close(TOO_BIG, f"a camera's message has at most {LARGEST_MESSAGE // 2**20} MiB")
                return None
            now = time.monotonic()
            allowance, since = min(BURST, allowance + FASTEST * (now - since)), now
            if allowance < 1:
                await socket.send_json({"type": "passed over"})
                continue
            allowance -= 1
            seconds = _TIME.unpack_from(data)[0]
            if not math.isfinite(seconds) or not 0 <= seconds < 1e9:
                return "a camera's time is in seconds from its start"
            try:
                image = await asyncio.to_thread(decode_jpeg, data[_TIME.size :])
            except SourceError as error:
                return str(error)
            if not source.push(image, seconds):
                return "the stream was detached"
            await socket.send_json({"type": "taken"})
    except WebSocketDisconnect:
        return None
