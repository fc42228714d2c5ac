"""A camera for tests: an RTSP server on loopback whose pictures carry their own number. Run by the system's Python.

    /usr/bin/python3 rtsp_server.py PORT WIDTHxHEIGHT RUN

It needs Debian's python3-gi, gir1.2-gst-rtsp-server-1.0 and gstreamer1.0-plugins-{base,good,bad,ugly}, says "ready" and
serves rtsp://127.0.0.1:PORT/live. Each picture has two rows of 16 black or white blocks: its number, and RUN (8 bits)
with a checksum (8 bits), which distinguishes a picture that this server sent from one that it did not.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

FPS = 25
BLACK, WHITE = b"\x10", b"\xeb"


def picture(number, run, width, height):
    """I420 bytes of the picture."""
    checksum = (number * 7 + (number >> 8) * 13 + run * 29 + 5) % 256
    block = width // 16
    luma = b""
    for bits in (number % 65536, run << 8 | checksum):
        row = b"".join((WHITE if bits >> 15 - place & 1 else BLACK) * block for place in range(16))
        luma += row.ljust(width, BLACK) * (height // 2)
    return luma.ljust(width * height, BLACK) + b"\x80" * (width * height // 2)


class Camera(GstRtspServer.RTSPMediaFactory):
    def __init__(self, width, height, run):
        super().__init__()
        self.width, self.height, self.run, self.number = width, height, run, 0
        self.set_launch(
            f"( appsrc name=source is-live=true format=time do-timestamp=true "
            f"caps=video/x-raw,format=I420,width={width},height={height},framerate={FPS}/1 ! "
            f"x264enc tune=zerolatency sliced-threads=false speed-preset=ultrafast key-int-max=10 bitrate=2000 ! "
            f"rtph264pay name=pay0 config-interval=-1 pt=96 )"
        )
        self.set_shared(True)

    def feed(self, media):
        GLib.timeout_add(1000 // FPS, self.push, media.get_element().get_by_name("source"))

    def push(self, source):
        data = picture(self.number, self.run, self.width, self.height)
        self.number += 1
        return source.emit("push-buffer", Gst.Buffer.new_wrapped(data)) == Gst.FlowReturn.OK


def main():
    port, size, run = sys.argv[1], sys.argv[2], int(sys.argv[3])
    width, height = map(int, size.split("x"))
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = Camera(width, height, run)
    factory.connect("media-configure", lambda _factory, media: factory.feed(media))
    server.get_mount_points().add_factory("/live", factory)
    if not server.attach(None):
        sys.exit(f"port {port} is taken")
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
