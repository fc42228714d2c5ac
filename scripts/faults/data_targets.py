"""What is fuzzed of data sets and models; see targets.py."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np

from scripts.faults.samples import H, Prepared, W, picture


def _look(source: str) -> None:
    """Opens a data set and reads its first frames and masks."""
    from seqseg.data import open_data

    for video in open_data(source, split="all").videos[:2]:
        try:
            video.frame(0)
        finally:
            video.mask(0)


@contextmanager
def labels(scratch: Path) -> Iterator[Prepared]:
    """Label files and images of data sets."""
    import cv2

    from seqseg.data.files.decoding import read_image, read_label_values

    samples = [cv2.imencode(kind, picture(1)[..., 0] % 4)[1].tobytes() for kind in (".png", ".bmp", ".tif")]

    def attempt(data: bytes) -> None:
        path = scratch / "damaged.png"
        path.write_bytes(data)
        try:
            read_image(path)
        finally:
            read_label_values(path)

    yield samples, attempt


@contextmanager
def coco(scratch: Path) -> Iterator[Prepared]:
    """COCO's json beside one image."""
    _image(scratch / "images" / "a.png")
    good = {
        "images": [{"id": 1, "file_name": "a.png", "height": H, "width": W}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 9, "bbox": [1, 1, 5, 5],
             "segmentation": [[1, 1, 9, 1, 9, 9, 1, 9]]},
            {"id": 2, "image_id": 1, "category_id": 1, "iscrowd": 1, "area": 9, "bbox": [1, 1, 5, 5],
             "segmentation": {"size": [H, W], "counts": [5, 7, H * W - 12]}},
        ],
    }  # fmt: skip

    def attempt(data: bytes) -> None:
        (scratch / "annotations.json").write_bytes(data)
        _look(f"coco:{scratch / 'annotations.json'},images={scratch / 'images'}")

    yield [json.dumps(good).encode()], attempt


@contextmanager
def table(scratch: Path) -> Iterator[Prepared]:
    """Lists in CSV, with times and frame numbers."""
    for name in ("a0.png", "a1.png", "m0.png", "m1.png"):
        _image(scratch / name, mask=name.startswith("m"))
    good = b"image,mask,video,frame,time\na0.png,m0.png,v,0,0\na1.png,m1.png,v,1,0.04\n"

    def attempt(data: bytes) -> None:
        (scratch / "list.csv").write_bytes(data)
        _look(f"list:{scratch / 'list.csv'}")

    yield [good, b"\xef\xbb\xbf" + good.replace(b",", b"; ")], attempt


def drawn(kind: str, name: str, content: str) -> Callable[[Path], AbstractContextManager[Prepared]]:
    """What an annotation tool writes: the file `name` beside the image a.png, read as `kind`."""

    @contextmanager
    def prepare(scratch: Path) -> Iterator[Prepared]:
        _image(scratch / "a.png")

        def attempt(data: bytes) -> None:
            (scratch / name).write_bytes(data)
            _look(f"{kind}:{scratch}")

        yield [content.encode()], attempt

    return prepare


@contextmanager
def records(scratch: Path) -> Iterator[Prepared]:
    """Packed sets of both formats: their index, and their shards."""
    from seqseg.data import open_data
    from seqseg.data.records.convert import convert
    from seqseg.data.records.encoding import Recipe

    found, files = open_data("shapes:videos=1,frames=2,size=36x48", split="all"), []
    for kind in ("array_record", "tfrecord"):
        convert([found], scratch / kind, source="shapes", recipe=Recipe(storage=kind))
        files += [path for path in sorted((scratch / kind).iterdir()) if path.is_file()]
    whole = [path.read_bytes() for path in files]
    # Each sample begins with the number of its file, which no damage should change.
    samples = [bytes([number]) + content for number, content in enumerate(whole)]

    def attempt(data: bytes) -> None:
        number = data[0] % len(files) if data else 0
        files[number].write_bytes(data[1:])
        try:
            _look(f"records:{files[number].parent}")
        finally:
            files[number].write_bytes(whole[number])

    yield samples, attempt


@contextmanager
def keras(scratch: Path) -> Iterator[Prepared]:
    """Model files: damaged as a whole, and with a damaged configuration."""
    from seqseg.models import build_model, load_model, save_model

    save_model(build_model("unet", classes=3, filters=2), scratch / "good.keras")
    with zipfile.ZipFile(scratch / "good.keras") as good:
        parts = {name: good.read(name) for name in good.namelist()}

    def attempt(data: bytes) -> None:
        path = scratch / "damaged.keras"
        if data[:1] == b"{":
            with zipfile.ZipFile(path, "w") as file:
                for name, content in parts.items():
                    file.writestr(name, data if name == "config.json" else content)
        else:
            path.write_bytes(data)
        load_model(path)

    yield [(scratch / "good.keras").read_bytes(), parts["config.json"], parts["config.json"]], attempt


@contextmanager
def arrays(scratch: Path) -> Iterator[Prepared]:
    """Label stacks as .npy and .npz."""
    from seqseg.data.files.npy import open_npy

    np.save(scratch / "a.npy", np.zeros((2, H, W), np.uint8))

    def attempt(data: bytes) -> None:
        (scratch / "damaged.npy").write_bytes(data)
        np.asarray(open_npy(scratch / "damaged.npy", "the mask", "save it again")[0])

    yield [(scratch / "a.npy").read_bytes()], attempt


def _image(path: Path, *, mask: bool = False) -> None:
    import cv2

    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), picture(1)[..., 0] % 2 if mask else picture(1))
