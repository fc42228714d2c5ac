"""What servers on loopback send, and reading it."""

import time

import cv2
import numpy as np

PICTURES = [np.full((48, 64, 3), shade, np.uint8) for shade in range(0, 250, 10)]


def jpeg(image) -> bytes:
    return cv2.imencode(".jpg", image)[1].tobytes()


def send_mjpeg(handler, pictures, pause=0.0):
    """What IP cameras send: pictures without end, each a part of its own."""
    handler.send_response(200)
    handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
    handler.end_headers()
    for picture in pictures:
        data = jpeg(picture)
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
        handler.wfile.write(head.encode() + data + b"\r\n")
        time.sleep(pause)


def send_file(handler, folder):
    """A file of the folder, with ranges, as web servers do."""
    path = folder / handler.path.partition("?")[0].lstrip("/")
    if not path.is_file():
        handler.send_error(404)
        return
    data = path.read_bytes()
    first = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
    handler.send_response(206 if "Range" in handler.headers else 200)
    handler.send_header("Accept-Ranges", "bytes")
    handler.send_header("Content-Length", str(len(data) - first))
    handler.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
    handler.end_headers()
    handler.wfile.write(data[first:])


def read(source, count=None):
    frames = []
    with source:
        for frame in source:
            frames.append(frame)
            if len(frames) == count:
                break
    return frames
