"""Polygons of a stream's masks, as a sink."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from seqseg.cli.console.polygons import PolygonOptions
from streams.sinks.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from seqseg.data.drawn.writing.drawing import Drawing
    from seqseg.data.drawn.writing.writers import PolygonWriter
    from streams import Frame


class PolygonsSink(Sink):
    """Writes every Nth frame's regions in a tool's format; objects that are followed keep their ids.

    A region that no followed object is (not yet) is written without an id.
    """

    def __init__(self, path: Path, options: PolygonOptions, classes: "Sequence[str]") -> None:
        super().__init__()
        self._options, self._classes = options, options.drawn(classes)
        self._names, self._open = tuple(classes), ExitStack()
        self._writer: PolygonWriter | None = None
        self._frames = 0
        self.paths = (path,)
        self.name = str(path)

    def open(self) -> None:
        pass

    def write(self, frame: "Frame", mask: "np.ndarray") -> None:
        self._frames += 1
        if (self._frames - 1) % self._options.every:
            return
        with self.meter.stage("encode"):
            if self._writer is None:  # not before there is a frame: the input may turn out to be bad
                self._writer = self._open.enter_context(self._options.writer(self.paths[0], self._names))
            name = frame.name or f"{Path(frame.source).stem or 'frame'}_{frame.index:06d}"
            self._writer.add(name, frame.image, self._drawings(frame, mask))

    def close(self, error: BaseException | None = None) -> None:
        self._open.close()

    def _drawings(self, frame: "Frame", mask: "np.ndarray") -> "list[Drawing]":
        """The objects with their ids, and what else there is."""
        from seqseg.data.drawn.writing.drawing import Drawing, drawings_of, in_painting_order

        found: list[Drawing] = []
        if frame.found is not None and any(one.value in self._classes for one in frame.found.sightings):
            mask = mask.copy()
            for one in frame.found.sightings:
                x, y, width, height = one.region.box
                if one.value in self._classes:
                    found.append(Drawing(one.value, one.region.pixels, x, y, one.id))
                    # A value that is no class of the mask: it is drawn already.
                    mask[y : y + height, x : x + width][one.region.pixels] = 255
        rest = drawings_of(mask, self._classes, least=self._options.least(*mask.shape[:2]))
        return in_painting_order([*found, *rest])
