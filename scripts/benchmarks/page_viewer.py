"""A page client without a browser: acknowledges every picture at once, and reports their number and age at the end.

`page_viewer.py URL [--decode]`; it ends with the page or when it is asked to (SIGTERM), with a line of JSON.
"""

import argparse
import json
import signal
import time

import cv2
import numpy as np
import stamps
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from streams.web.pictures import read_message


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--decode", action="store_true", help="decode each picture and read the stamp in it")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    ages, count, text = [], 0, args.url.replace("http", "ws", 1).rstrip("/") + "/api/view"
    try:
        with connect(text, compression=None, max_size=None) as socket:
            while True:
                message = socket.recv()
                if isinstance(message, str):
                    continue
                header, jpeg, _ = read_message(message)
                if args.decode:
                    ages.append(time.monotonic() - stamps.read(cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1)))
                socket.send(json.dumps({"drawn": header["stream"]}))
                count += 1
    except (ConnectionClosed, KeyboardInterrupt):
        print(json.dumps({"pictures": count, "ages": ages}))


if __name__ == "__main__":
    main()
