"""What is fuzzed: for each target good samples, and a function that takes a damaged one."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np

from scripts.faults import data_targets as data
from scripts.faults.samples import H, Prepared, Target, W, picture


def _movie(path: Path, codec: str) -> bytes:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = W, H
        for index in range(8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(index))))
        container.mux(stream.encode(None))
    return path.read_bytes()


@contextmanager
def movie(scratch: Path) -> Iterator[Prepared]:
    """Movies of several containers and codecs, read to their end and by number."""
    from streams import MovieFrames, open_source

    kinds = {"a.mp4": "libx264", "b.mkv": "ffv1", "c.avi": "mpeg4", "d.ts": "mpeg2video", "e.mov": "mpeg4"}
    samples = [_movie(scratch / name, codec) for name, codec in kinds.items()]
    path = scratch / "damaged.mp4"

    def attempt(data: bytes) -> None:
        path.write_bytes(data)
        with open_source(path) as source:
            for number, _ in enumerate(source):
                if number > 200:
                    break
        frames = MovieFrames(path)
        frames[len(frames) - 1]

    yield samples, attempt


def _stills(names: tuple[str, ...]) -> Callable[[Path], AbstractContextManager[Prepared]]:
    @contextmanager
    def prepare(scratch: Path) -> Iterator[Prepared]:
        import imageio.v3 as iio

        from streams import open_source

        samples = []
        for name in names:
            deep = name.startswith("deep")
            image = picture(1)[..., 0].astype(np.float32) if deep else picture(1)
            iio.imwrite(scratch / name, np.stack([image] * 5) if name.endswith(".tif") else image)
            samples.append((scratch / name).read_bytes())

        def attempt(data: bytes) -> None:
            path = scratch / f"damaged{Path(names[0]).suffix}"
            path.write_bytes(data)
            with open_source(path) as source:
                for number, _ in enumerate(source):
                    if number > 50:
                        break

        yield samples, attempt

    return prepare


@contextmanager
def journal(scratch: Path) -> Iterator[Prepared]:
    """Journals, read for a replay."""
    from streams import ArraySource, Engine, Journal, MemorySink, Replay

    with Journal(scratch / "good.jsonl", {"model": "x"}) as written:
        engine = Engine(lambda images, states: ([image[..., 0] for image in images], states), journal=written)
        for name in ("left", "right"):
            engine.attach(ArraySource(np.zeros((4, 5, 7, 3), np.uint8)), MemorySink(), name=name)
        engine.run()

    def attempt(data: bytes) -> None:
        (scratch / "damaged.jsonl").write_bytes(data)
        Replay.read(scratch / "damaged.jsonl")

    yield [(scratch / "good.jsonl").read_bytes()], attempt


@contextmanager
def state(scratch: Path) -> Iterator[Prepared]:
    """State files of streams."""
    from seqseg.inference.snapshots import Snapshot, read_snapshots, write_snapshots

    snapshot = Snapshot({"P4/h": np.zeros((1, 3, 4, 2), np.float32)}, "a.mp4", 3, Fraction(3, 25), 0, 7)
    write_snapshots(scratch / "good.npz", {"a": snapshot}, model="m")

    def attempt(data: bytes) -> None:
        (scratch / "damaged.npz").write_bytes(data)
        read_snapshots(scratch / "damaged.npz", model="m")

    yield [(scratch / "good.npz").read_bytes()], attempt


@contextmanager
def config(scratch: Path) -> Iterator[Prepared]:
    """Experiments in TOML."""
    from seqseg.config import load_experiment

    good = b'[data]\nsource = "shapes"\nsize = [48, 64]\ntimesteps = 4\n[model]\nname = "unet_lstm"\n'
    good += b"[training]\nepochs = 2\n"

    def attempt(data: bytes) -> None:
        (scratch / "damaged.toml").write_bytes(data)
        load_experiment(scratch / "damaged.toml")

    yield [good], attempt


@contextmanager
def address(scratch: Path) -> Iterator[Prepared]:
    """Addresses: no secret is ever shown."""
    from streams.listening import host_named, parse_address
    from streams.sources.reading.addresses import Secrets, redacted

    samples = [b"rtsp://admin:%s@camera:554/live?channel=1", b"http://user:%s@host/x?token=%s#y", b"rtmp://host/app/%s"]

    def attempt(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        host_named(text)
        for call in (redacted, lambda text: Secrets(text).clean(text) if "://" in text else text):
            call(text)
        if "://" not in text:
            parse_address(text)

    yield samples, attempt


@contextmanager
def http(scratch: Path) -> Iterator[Prepared]:
    """Requests to the page: none gets a 5xx, and the owner is answered afterwards."""
    from streams import Engine
    from streams.web import Looks, Page

    engine = Engine(lambda images, states: ([image[..., 0] for image in images], states))
    good = (
        b"GET /api/streams/1/pause HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=b; seqseg_token_1=x\r\n"
        b"Authorization: Bearer right\r\nContent-Length: 3\r\n\r\nabc"
    )
    upgrade = (
        b"GET /api/view HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Authorization: Bearer right\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        b'\x81\x8b\x00\x00\x00\x00{"drawn":1}'
    )
    owner = b"GET /api/streams HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer right\r\n\r\n"
    with Page(engine, Looks(("a", "b"), np.zeros((2, 3), np.uint8)), port=0, token="right") as page:

        def attempt(data: bytes) -> None:
            for sent in (data, owner):
                with socket.create_connection(("127.0.0.1", page.port), 5) as connection:
                    connection.settimeout(0.3 if sent is data else 5)
                    try:
                        connection.sendall(sent)
                        answer = connection.recv(64)
                    except (TimeoutError, ConnectionError):
                        answer = b""
                if answer.startswith(b"HTTP/1.1 5") or (sent is owner and b" 200 " not in answer):
                    raise AssertionError(f"answered {answer!r}")

        yield [good, upgrade], attempt


@contextmanager
def jpeg(scratch: Path) -> Iterator[Prepared]:
    """Pictures of a browser's camera."""
    import cv2

    from streams.web.pictures import decode_jpeg

    good = cv2.imencode(".jpg", picture(1))[1].tobytes()
    yield [good], decode_jpeg


# A brush that covers nothing: 4 * H * W values of 8 bits, lengths of 4, 8, 12 or 16 bits, and one run of zeros.
BITS = f"{4 * H * W:032b}" + "00111" + "0011" + "0111" + "1011" + "1111" + "111" + f"{4 * H * W - 1:016b}" + "0" * 8
RLE = list(int(BITS, 2).to_bytes(len(BITS) // 8))
DRAWN_JSON = {
    "labelme": {"version": "5.4.1", "flags": {}, "imagePath": "a.png", "imageData": None,
                "imageHeight": H, "imageWidth": W,
                "shapes": [{"label": "car", "points": [[1, 1], [9, 1], [9, 9]], "shape_type": "polygon", "flags": {}},
                           {"label": "dog", "points": [[4, 4], [20, 20]], "shape_type": "circle", "flags": {}}]},
    "via": {"a.png999": {"filename": "a.png", "size": 999, "file_attributes": {}, "regions": [
        {"shape_attributes": {"name": "polygon", "all_points_x": [1, 9, 9], "all_points_y": [1, 1, 9]},
         "region_attributes": {"class": "car"}},
        {"shape_attributes": {"name": "circle", "cx": 9, "cy": 9, "r": 4}, "region_attributes": {"class": "dog"}}]}},
    "label_studio": [{"id": 1, "data": {"image": "/data/upload/a.png"}, "annotations": [{"id": 1, "result": [
        {"type": "polygonlabels", "original_width": W, "original_height": H, "from_name": "label", "to_name": "image",
         "value": {"points": [[1, 1], [50, 1], [50, 50]], "polygonlabels": ["car"]}},
        {"type": "brushlabels", "original_width": W, "original_height": H, "from_name": "tag", "to_name": "image",
         "value": {"format": "rle", "rle": RLE, "brushlabels": ["dog"]}}]}]}],
}  # fmt: skip
CVAT = (
    f'<?xml version="1.0"?><annotations><version>1.1</version><image id="0" name="a.png" width="{W}" height="{H}">'
    '<polygon label="car" points="1,1;9,1;9,9" z_order="0"/><mask label="dog" rle="3,5,8" left="2" top="2" width="4" '
    'height="4" z_order="1"/></image></annotations>'
)

TARGETS = {
    "movie": Target(movie, ".mp4"),
    "image": Target(_stills(("a.png", "a.jpg", "a.bmp", "a.webp")), ".png"),
    "tiff": Target(_stills(("a.tif", "deep.tif")), ".tif"),
    "journal": Target(journal, ".jsonl"),
    "state": Target(state, ".npz"),
    "config": Target(config, ".toml"),
    "address": Target(address, ".txt"),
    "http": Target(http, ".http"),
    "jpeg": Target(jpeg, ".jpg"),
    "labels": Target(data.labels, ".png"),
    "coco": Target(data.coco, ".json"),
    "table": Target(data.table, ".csv"),
    "labelme": Target(data.drawn("labelme", "a.json", json.dumps(DRAWN_JSON["labelme"])), ".json"),
    "via": Target(data.drawn("via", "via.json", json.dumps(DRAWN_JSON["via"])), ".json"),
    "label_studio": Target(data.drawn("label_studio", "ls.json", json.dumps(DRAWN_JSON["label_studio"])), ".json"),
    "cvat": Target(data.drawn("cvat", "annotations.xml", CVAT), ".xml"),
    "records": Target(data.records, ".records"),
    "arrays": Target(data.arrays, ".npy"),
    "keras": Target(data.keras, ".keras"),
}
