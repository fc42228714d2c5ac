"""Images embedded in annotation files, as in LabelMe's json."""

import base64
import binascii
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from seqseg.data.files.decoding import read_image
from seqseg.data.files.image_header import image_size, refuse_bomb
from seqseg.data.files.whole_file import read_whole
from seqseg.data.pixels import pixels_of
from seqseg.data.sequences import FrameSequence
from seqseg.errors import DataError

EMBEDDED = ".json"


class EmbeddedImages(FrameSequence):
    """Frames (h, w, 3) of files: images, or json whose `imageData` is one (base64)."""

    def __init__(self, paths: Sequence[Path]):
        self.paths = tuple(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray:
        path = self.paths[index]
        return decoded(path, embedded_bytes(path)) if path.suffix.lower() == EMBEDDED else read_image(path)

    def describe(self, index: int) -> Path:
        """The file of frame `index`."""
        return self.paths[index]


def embedded_bytes(file: Path, data: object = None) -> bytes:
    """The encoded image in a json; `data` is its `imageData`, where that was read already.

    Raises:
        DataError: it holds none.
    """
    if data is None:
        data = json.loads(read_whole(file).decode("utf-8-sig")).get("imageData")
    try:
        if not isinstance(data, str) or not data:
            raise ValueError("it is empty")
        return base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error) as error:
        raise DataError(f"{file}: its imageData is no image ({error}); copy the image beside it") from None


def embedded_size(file: Path, encoded: bytes) -> tuple[int, int]:
    """(height, width) of an encoded image, from its header where that says it."""
    size = image_size(encoded)
    if size is not None:
        return size
    height, width = decoded(file, encoded).shape[:2]
    return height, width


def decoded(file: Path, encoded: bytes) -> np.ndarray:
    """An encoded image of a file -> uint8 RGB (h, w, 3)."""
    refuse_bomb(file, encoded)
    image = pixels_of(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise DataError(f"{file}: its imageData is damaged, or of no known format; copy the image beside it")
    return image
