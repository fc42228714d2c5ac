"""Masks as lines of JSON, one a frame."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from streams.frame import Frame
from streams.sinks.rle import Region, regions
from streams.sinks.sink import Sink, prepared
from streams.sinks.writing.lines import LinesFile


class MaskLinesSink(Sink):
    """A line of JSON a frame: its exact time, and each class in it with area, box and COCO run lengths.

    names: one for each class. Every line is whole, also after a crash:

        {"frame": 7, "pts": "1001/4290", "seconds": 0.233333333, "epoch": 0, "gap": 0, "source": "clip.mp4",
         "size": [h, w], "void": 12, "classes": [{"class": 1, "name": "car", "area": 420, "share": 0.035,
         "bbox": [x, y, w, h], "segmentation": {"size": [h, w], "counts": "…"}}]}

    `area` and `void` count pixels, `share` is the area's share of all pixels except void. pycocotools decodes
    `segmentation` directly.
    """

    def __init__(self, path: str | Path, names: Sequence[str], *, void: int = 255) -> None:
        super().__init__()
        self._names, self._void = tuple(names), void
        self._lines = LinesFile(path)
        self.paths = (Path(path),)
        self.name = str(path)

    def open(self) -> None:
        prepared(self.paths[0])

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        with self.meter.stage("encode"):
            found = list(regions(mask))
            void = sum(region.area for region in found if region.value == self._void)
            size = [int(length) for length in mask.shape]
            line = {
                "frame": frame.index,
                "pts": str(frame.pts),
                "seconds": round(float(frame.pts), 9),
                "epoch": frame.epoch,
                "gap": frame.gap,
                "source": frame.source,
                "size": size,
                "void": void,
                "classes": [
                    self._entry(region, size, mask.size - void) for region in found if region.value != self._void
                ],
            }
            self._lines.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")))

    def close(self, error: BaseException | None = None) -> None:
        self._lines.close()
        self._warnings += self._lines.part.warning()

    def _entry(self, region: Region, size: list[int], counted: int) -> dict[str, object]:
        known = region.value < len(self._names)
        return {
            "class": region.value,
            "name": self._names[region.value] if known else None,
            "area": region.area,
            "share": round(region.area / counted, 6),
            "bbox": list(region.box),
            "segmentation": {"size": size, "counts": region.counts},
        }
