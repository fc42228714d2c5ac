"""The overlay as an H.264 movie."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from streams.frame import Frame
from streams.overlay import Overlay
from streams.sinks.sink import Sink, prepared
from streams.sinks.writer import MovieWriter, picture_of


class MovieSink(Sink):
    """The overlay as an H.264 movie (mp4, m4v, mov or mkv) that plays everywhere, with the frames' exact times.

    A run that is killed leaves a movie that plays up to a second or two before. Odd sizes are padded by one pixel, as
    H.264's usual colours need; frames of another size than the first are fitted into it, with black bars. mkv rounds
    times to 1 ms.
    """

    def __init__(self, path: str | Path, overlay: Overlay, *, rate: Fraction | None = None):
        super().__init__()
        self._overlay = overlay
        self._writer = MovieWriter(Path(path), "libx264", {"preset": "veryfast", "crf": "20"}, rate=rate)
        self._yuv = VideoReformatter()
        self._size: tuple[int, int] | None = None
        self.paths = (Path(path),)
        self.name = str(self.paths[0])

    def open(self) -> None:
        prepared(self.paths[0])

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        with self.meter.stage("draw"):
            drawn = self._overlay.draw(frame.image, mask)
            self._size = self._size or drawn.shape[:2]
            if drawn.shape[:2] != self._size:
                drawn = fitted(drawn, self._size)
            height, width = self._size
            if height % 2 or width % 2:
                drawn = cv2.copyMakeBorder(drawn, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        with self.meter.stage("encode"):
            picture = self._yuv.reformat(
                picture_of(drawn, "rgb24"), format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            self._writer.write(picture, frame)

    def close(self, error: BaseException | None = None) -> None:
        self._writer.close()
        if self._writer.dropped:
            self._warnings.append(f"{self.paths[0]}: {self._writer.dropped} frames left out, their times did not grow")


def fitted(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The image (h, w, 3) as large as it fits into `size`, in the middle of black."""
    height, width = size
    scale = min(height / image.shape[0], width / image.shape[1])
    inner_height, inner_width = max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale))
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    resized = cv2.resize(image, (inner_width, inner_height), interpolation=cv2.INTER_AREA)
    canvas[top : top + inner_height, left : left + inner_width] = resized
    return canvas
