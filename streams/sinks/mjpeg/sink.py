"""The overlay of one stream as MJPEG."""

import cv2
import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.overlay import Overlay
from streams.sinks.mjpeg.channel import Channel
from streams.sinks.mjpeg.server import MjpegServer
from streams.sinks.sink import Sink


class MjpegSink(Sink):
    """The overlay as MJPEG over HTTP, for `<img>` in any browser, VLC or OpenCV; drawn only while there are viewers.

    server: from `open_server`, shared by several streams. name: the stream's, in its address. Each client gets the
    newest picture when it is ready for one; a client that takes nothing for 5 seconds is disconnected. Wrap the sink in
    `Background(sink, keep="newest")`.
    """

    screen = True

    def __init__(self, server: MjpegServer, overlay: Overlay, *, name: str = "live", quality: int = 80) -> None:
        super().__init__()
        self.name = f"http://…/{name}.mjpg"
        self._server, self._overlay, self._name, self._quality = server, overlay, name, quality
        self._channel: Channel | None = None

    def open(self) -> None:
        self._channel = self._server.join(self._name)

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        channel = self._channel
        if channel is None:
            raise SinkError(f"{self.name} is not open; write inside `with sink:`")
        if not channel.watchers:
            return
        with self.meter.stage("draw"):
            drawn = self._overlay.draw(frame.image, mask, frame.found)
        with self.meter.stage("encode"):
            bgr = cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR, dst=drawn)
            done, jpeg = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, self._quality))
            if not done:
                raise SinkError(f"{self.name}: a picture of {drawn.shape[1]}x{drawn.shape[0]} does not fit into a JPEG")
        channel.put(jpeg.tobytes())

    def close(self, error: BaseException | None = None) -> None:
        if self._channel is not None:
            self._channel = None
            self._server.leave(self._name)
