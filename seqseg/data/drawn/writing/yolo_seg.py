"""YOLO's segmentation format (Ultralytics): a text file a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from seqseg.data.drawn.writing.drawing import Drawing
from seqseg.data.drawn.writing.files import WrittenFolder
from seqseg.data.drawn.writing.outlines import along_edges, with_keyholes


class YoloSegWriter(WrittenFolder):
    """`PATH/data.yaml`, `PATH/images/train/`, `PATH/labels/train/`; holes are cut by edges of no width.

    The format has no background and no place for objects' ids; its classes are those drawn, from 0 on.
    """

    def __init__(self, path: Path, names: Mapping[int, str], error: float) -> None:
        super().__init__(path)
        self._names, self._error = list(names.values()), error
        self._numbers = {value: number for number, value in enumerate(names)}

    def add(self, name: str, image: np.ndarray, drawings: Sequence[Drawing]) -> None:
        name = self.free_name(name)
        self.picture(f"images/train/{name}", image)
        size = np.array([image.shape[1], image.shape[0]], float)
        lines = []
        for one in drawings:
            for outline in along_edges(one.pixels, self._error):
                shares = (with_keyholes(outline) + (one.left, one.top)) / size
                lines.append(" ".join([str(self._numbers[one.value]), *(f"{part:.6f}" for part in shares.ravel())]))
        self.write(f"labels/train/{name}.txt", "".join(f"{line}\n" for line in lines).encode())

    def close(self) -> None:
        from yaml import safe_dump

        settings = {"path": ".", "train": "images/train", "names": dict(enumerate(self._names))}
        self.write("data.yaml", safe_dump(settings, allow_unicode=True, sort_keys=False).encode())
