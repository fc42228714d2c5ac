"""LabelMe's json, one beside each picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from seqseg.data.drawn.writing.drawing import Drawing, split_at_corners
from seqseg.data.drawn.writing.files import WrittenFolder, as_json, rounded
from seqseg.data.drawn.writing.outlines import through_centres

BACKGROUND = "_background_"  # LabelMe's own word
VERSION = "5.5.0"


class LabelMeWriter(WrittenFolder):
    """`PATH/NAME.json`, `PATH/NAME.png` and labels.txt; a hole is a shape of background, `group_id` the object."""

    def __init__(self, path: Path, names: Mapping[int, str], error: float) -> None:
        super().__init__(path)
        self._names, self._error = names, error

    def add(self, name: str, image: np.ndarray, drawings: Sequence[Drawing]) -> None:
        name = self.free_name(name)
        shapes = [shape for one in split_at_corners(drawings) for shape in self._shapes(one)]
        entries = {
            "version": VERSION,
            "flags": {},
            "shapes": shapes,
            "imagePath": PurePosixPath(self.picture(name, image)).name,
            "imageData": None,
            "imageHeight": image.shape[0],
            "imageWidth": image.shape[1],
        }
        self.write(f"{name}.json", as_json(entries))

    def close(self) -> None:
        self.write("labels.txt", "\n".join(["__ignore__", BACKGROUND, *self._names.values(), ""]).encode())

    def _shapes(self, one: Drawing) -> list[dict[str, Any]]:
        return [
            {
                "label": BACKGROUND if layer.hole else self._names[one.value],
                "points": rounded(layer.ring + (one.left, one.top)),
                "group_id": one.track or None,
                "description": "",
                "shape_type": "polygon",
                "flags": {},
                "mask": None,
            }
            for layer in through_centres(one.pixels, self._error)
        ]
