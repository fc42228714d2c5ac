"""The overlay as an H.264 movie."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from streams.frame import Frame
from streams.overlay import Overlay
from streams.sinks.sink import Sink, prepared
from streams.sinks.writing.writer import MovieWriter, picture_of


class MovieSink(Sink):
    """The overlay as an H.264 movie (mp4, m4v, mov or mkv) for any player, with the frames' exact times.

    It is written as `out.part.mp4` and gets its name when it is complete; a killed run leaves a part that plays up to a
    third of a second before the kill, or the last six frames. Odd sizes are padded by one pixel, as 4:2:0 colours need;
    frames of another size go to a new file, `out-2.mp4`. mkv rounds times to 1 ms. The sound of the source movie is
    copied unless `sound` is False.
    """

    def __init__(self, path: str | Path, overlay: Overlay, *, rate: Fraction | None = None, sound: bool = True) -> None:
        super().__init__()
        self._overlay = overlay
        # What the encoder looks ahead is lost with a kill.
        options = {"preset": "veryfast", "crf": "20", "rc-lookahead": "2", "bf": "0"}
        self._writer = MovieWriter(Path(path), "libx264", options, rate=rate, sound=sound)
        self._yuv = VideoReformatter()
        self.paths = (Path(path),)
        self.name = str(self.paths[0])

    @property
    def warnings(self) -> list[str]:
        return self._writer.warnings

    def open(self) -> None:
        prepared(self.paths[0])

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        with self.meter.stage("draw"):
            drawn = even(self._overlay.draw(frame.image, mask, frame.found))
        with self.meter.stage("encode"):
            picture = self._yuv.reformat(
                picture_of(drawn, "rgb24"),
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
            self._writer.write(picture, frame)

    def close(self, error: BaseException | None = None) -> None:
        self._writer.close()


def even(image: np.ndarray) -> np.ndarray:
    """The image (h, w, 3), its last row or column repeated where their number is odd."""
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        return cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return image


def fitted(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The image (h, w, 3) scaled to fit into `size`, centred on black."""
    height, width = size
    scale = min(height / image.shape[0], width / image.shape[1])
    inner_height, inner_width = max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale))
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    resized = cv2.resize(image, (inner_width, inner_height), interpolation=cv2.INTER_AREA)
    canvas[top : top + inner_height, left : left + inner_width] = resized
    return canvas
