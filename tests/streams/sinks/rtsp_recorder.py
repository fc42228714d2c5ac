"""An RTSP server that records what is announced to it at /live: rtsp_recorder.py PORT FILE.ts, for Debian's Python."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - only now are their versions chosen

Gst.init(None)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
factory.set_latency(0)
file = f"filesink buffer-mode=unbuffered location={sys.argv[2]}"
factory.set_launch(f"( rtph264depay name=depay0 ! h264parse ! mpegtsmux ! {file} )")
server.get_mount_points().add_factory("/live", factory)
if not server.attach(None):
    sys.exit("the port is taken")
print("ready", server.get_bound_port(), flush=True)
GLib.MainLoop().run()
