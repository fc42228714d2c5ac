"""CVAT for images 1.1: one XML and the pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from seqseg.data.drawn.writing.drawing import Drawing, split_at_corners
from seqseg.data.drawn.writing.files import WrittenFolder, pairs
from seqseg.data.drawn.writing.outlines import along_edges
from seqseg.data.labels.palette import voc_palette

BACKGROUND = "background"


class CvatWriter(WrittenFolder):
    """`PATH/annotations.xml` and `PATH/images/`; a hole is a polygon of background above, `group_id` the object."""

    def __init__(self, path: Path, names: Mapping[int, str], error: float) -> None:
        super().__init__(path)
        self._names, self._error = names, error
        self._images: list[str] = []

    def add(self, name: str, image: np.ndarray, drawings: Sequence[Drawing]) -> None:
        name = self.free_name(name)
        self.picture(f"images/{name}", image)
        height, width = image.shape[:2]
        shapes: list[str] = []
        for one in split_at_corners(drawings):
            for outline in along_edges(one.pixels, self._error):
                shapes.append(self._polygon(self._names[one.value], outline.outer, one, len(shapes)))
                for hole in outline.holes:
                    shapes.append(self._polygon(BACKGROUND, hole, one, len(shapes)))
        head = f'<image id="{len(self._images)}" name={quoteattr(f"{name}.png")} width="{width}" height="{height}">'
        self._images.append("\n    ".join([head, *shapes]) + "\n  </image>")

    def close(self) -> None:
        names = (BACKGROUND, *self._names.values())
        colours = voc_palette(len(names))
        labels = "".join(
            f"<label><name>{escape(name)}</name><color>#{red:02x}{green:02x}{blue:02x}</color>"
            "<type>any</type><attributes/></label>"
            for name, (red, green, blue) in zip(names, colours.tolist(), strict=True)
        )
        text = (
            '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n  '
            f"<meta><task><size>{len(self._images)}</size><mode>annotation</mode><labels>{labels}</labels></task></meta>"
            + "".join(f"\n  {image}" for image in self._images)
            + "\n</annotations>\n"
        )
        self.write("annotations.xml", text.encode())

    def _polygon(self, label: str, ring: np.ndarray, one: Drawing, order: int) -> str:
        group = f' group_id="{one.track}"' if one.track else ""
        points = ";".join(pairs(ring + (one.left, one.top)))
        return (
            f'<polygon label={quoteattr(label)} source="auto" occluded="0" points="{points}" z_order="{order}"{group}>'
            "</polygon>"
        )
