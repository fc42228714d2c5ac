"""The overlay as pictures: one, or a folder of them."""

from pathlib import Path

import cv2
import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.overlay import Overlay
from streams.sinks.sink import Sink, make_folder, prepared
from streams.sinks.writing.part import write_whole

SUFFIXES = (".png", ".jpg", ".jpeg")
QUALITY = 92  # of a JPEG


class PicturesSink(Sink):
    """The overlay of each frame as a picture. Every file appears complete or not at all.

    A path that ends in .png or .jpg is one picture, for a source of one frame; any other is a folder, whose PNGs are
    called like their images, or by their numbers.
    """

    def __init__(self, path: str | Path, overlay: Overlay) -> None:
        super().__init__()
        path = Path(path)
        self._overlay, self._single = overlay, path.suffix.lower() in SUFFIXES
        self._count = 0
        self.paths = (path,)
        self.name = str(path)

    def open(self) -> None:
        path = self.paths[0]
        if self._single:
            prepared(path)
        elif path.exists() and not path.is_dir():
            raise SinkError(f"{path} is a file; give a folder to write pictures into")

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        if self._single and self._count:
            raise SinkError(f"{self.name} is one picture, but {frame.source} has more frames; name a folder or a movie")
        with self.meter.stage("draw"):
            drawn = self._overlay.draw(frame.image, mask, frame.found)
        path = self.paths[0]
        if not self._single:
            path = path / f"{frame.name or f'{frame.index:06d}'}.png"
        with self.meter.stage("encode"):
            self._write(path, drawn)
        self._count += 1

    def close(self, error: BaseException | None = None) -> None:
        pass

    def _write(self, path: Path, picture: np.ndarray) -> None:
        options = [] if path.suffix.lower() == ".png" else [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        encoded = cv2.imencode(path.suffix.lower(), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)[1].tobytes()
        make_folder(path.parent)
        write_whole(path, encoded, kept=f"the {self._count} before it are whole")
