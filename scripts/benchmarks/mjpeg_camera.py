"""A camera of its own process: MJPEG over HTTP on loopback, the time of each picture written into it.

`mjpeg_camera.py FPS HEIGHT WIDTH` prints its address and serves all clients until it is asked to stop.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import stamps


class Camera(BaseHTTPRequestHandler):
    fps, size = 10.0, (240, 320)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        scene = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (*self.size, 3), "uint8"), (0, 0), 3)
        due = time.monotonic()
        try:
            while True:
                picture = np.roll(scene, int(due * 30) % self.size[1], axis=1)
                stamps.write(picture)
                jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, 90))[1].tobytes()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
                due = max(due + 1 / self.fps, time.monotonic())
                time.sleep(max(0.0, due - time.monotonic()))
        except OSError:  # the viewer has left
            return

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Camera.fps, Camera.size = float(sys.argv[1]), (int(sys.argv[2]), int(sys.argv[3]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
    server.serve_forever()
