"""COCO's instances with tracks: one json, and the pictures beside it unless it is named alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.drawn.writing.drawing import Drawing
from seqseg.data.drawn.writing.files import WrittenFolder, as_json, write_whole
from seqseg.data.drawn.writing.outlines import along_edges, with_keyholes


class CocoWriter(WrittenFolder):
    """`PATH.json`, or `PATH/annotations.json` and `PATH/images/`; every annotation names its object as `track_id`.

    Holes are cut by edges of no width, as a list of polygons has none.
    """

    def __init__(self, path: Path, names: Mapping[int, str], error: float) -> None:
        self._alone = path.suffix.lower() == ".json"
        super().__init__(path.parent if self._alone else path)
        self._json = path if self._alone else path / "annotations.json"
        self._error = error
        self._numbers = {value: number for number, value in enumerate(names, start=1)}
        self._categories = [{"id": self._numbers[value], "name": name} for value, name in names.items()]
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    def add(self, name: str, image: np.ndarray, drawings: Sequence[Drawing]) -> None:
        name = self.free_name(name)
        if not self._alone:
            self.picture(f"images/{name}", image)
        number, (height, width) = len(self._images) + 1, image.shape[:2]
        self._images.append({"id": number, "file_name": f"{name}.png", "height": height, "width": width})
        for one in drawings:
            self._annotations.append(self._annotation(number, one))

    def close(self) -> None:
        held = {"images": self._images, "annotations": self._annotations, "categories": self._categories}
        write_whole(self._json, as_json({"info": {"description": "polygons of seqseg"}, **held}))

    def _annotation(self, image: int, one: Drawing) -> dict[str, Any]:
        rings = [with_keyholes(outline) + (one.left, one.top) for outline in along_edges(one.pixels, self._error)]
        entry: dict[str, Any] = {
            "id": len(self._annotations) + 1,
            "image_id": image,
            "category_id": self._numbers[one.value],
            "segmentation": [[round(float(part), 2) for part in ring.ravel()] for ring in rings],
            "area": int(one.pixels.sum()),
            "bbox": list(one.box),
            "iscrowd": 0,
        }
        return entry | ({"track_id": one.track} if one.track else {})
