"""Where polygons go: one folder, or one json, of a tool's format, frame by frame."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from seqseg.data.drawn.writing.coco import CocoWriter
from seqseg.data.drawn.writing.cvat import CvatWriter
from seqseg.data.drawn.writing.drawing import Drawing
from seqseg.data.drawn.writing.labelme import LabelMeWriter
from seqseg.data.drawn.writing.yolo_seg import YoloSegWriter
from seqseg.errors import ConfigError
from seqseg.registry import make


class PolygonWriter(Protocol):
    """Takes frames and what is on them; `close` finishes the files."""

    def add(self, name: str, image: np.ndarray, drawings: Sequence[Drawing]) -> None:
        """A frame: its name without a suffix, its picture (h, w, 3) uint8 RGB, its regions in painting order."""

    def close(self) -> None:
        """Finishes the files."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


FORMATS: dict[str, Callable[..., PolygonWriter]] = {
    "coco": CocoWriter,
    "labelme": LabelMeWriter,
    "cvat": CvatWriter,
    "yolo_seg": YoloSegWriter,
}
DEFAULT = "labelme"


def make_writer(
    path: str | Path, names: Mapping[int, str], *, form: str | None = None, error: float = 1.0
) -> PolygonWriter:
    """The writer of a format; polygons are at most `error` pixels off the exact outlines.

    Args:
        path: a folder for the format's files and the pictures; a .json is COCO's without pictures.
        names: the classes that are drawn: their values in the mask, and their names.
        form: "coco", "labelme", "cvat" or "yolo_seg"; None: coco for a .json, else labelme.

    Raises:
        ConfigError: no such format, a .json for another one than COCO's, or an error below 0.

    Example:
        >>> with make_writer("to_correct", {1: "cell"}, form="labelme") as writer:
        ...     writer.add("frame_1", image, drawings_of(mask, [1]))
    """
    path = Path(path)
    form = form or ("coco" if path.suffix.lower() == ".json" else DEFAULT)
    if path.suffix.lower() == ".json" and form != "coco":
        raise ConfigError(f"{path} is one json, which COCO alone takes; name a folder for {form}")
    if not 0 <= error < float("inf"):
        raise ConfigError(f"polygons are at least 0 pixels off the outline, got {error:g}")
    writer: PolygonWriter = make(FORMATS, "format of polygons", form, path=path, names=dict(names), error=error)
    return writer
