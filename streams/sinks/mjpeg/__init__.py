"""The overlay for any browser: MJPEG over HTTP. One server is shared by the streams of a run."""

from streams.sinks.mjpeg.channel import Channel
from streams.sinks.mjpeg.server import MjpegServer, open_server
from streams.sinks.mjpeg.sink import MjpegSink

__all__ = ["Channel", "MjpegServer", "MjpegSink", "open_server"]
