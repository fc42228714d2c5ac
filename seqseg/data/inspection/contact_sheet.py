"""A picture of many frames with their labels, to check data before training."""

import cv2
import numpy as np

from seqseg.data.clips.placing import scale_mask
from seqseg.data.labels.planes import NOTHING, striped, unpack_planes
from seqseg.data.video import Video, VideoSet

_GAP = 4
_VOID_COLOUR = (0, 0, 0)
_NOTHING_COLOUR = (48, 48, 48)


def contact_sheet(data: VideoSet, *, rows: int = 4, columns: int = 4, width: int = 240) -> np.ndarray:
    """Frames from all over the set, each beside its labels in the palette's colours -> uint8 RGB (h, w, 3).

    Frames are spread evenly over the set; void is black, and a frame without label has a gray cross beside it. Several
    classes of a pixel alternate in stripes; a pixel without a class is dark grey.

    Example:
        >>> contact_sheet(open_data("shapes:videos=2", split="val"), rows=1, columns=2, width=64).shape
        (56, 268, 3)
    """
    places = [(video, index) for video in data.videos for index in range(len(video))]
    chosen = np.linspace(0, len(places) - 1, min(rows * columns, len(places))).round().astype(int)
    pictures = [_pair(data, video, index, width) for video, index in (places[number] for number in chosen)]
    height = max(picture.shape[0] for picture in pictures)
    lines = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    across = min(columns, len(pictures)) * (2 * width + _GAP) + _GAP
    sheet = np.full((len(lines) * (height + _GAP) + _GAP, across, 3), 255, np.uint8)
    for row, line in enumerate(lines):
        for column, picture in enumerate(line):
            top, left = _GAP + row * (height + _GAP), _GAP + column * (2 * width + _GAP)
            sheet[top : top + picture.shape[0], left : left + 2 * width] = picture
    return sheet


def colour_labels(labels: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Labels (…, h, w) -> their colours uint8 RGB (…, h, w, 3); void and values without a colour are black.

    `striped` makes such labels of planes; its NOTHING is dark grey.
    """
    table = np.full((256, 3), _VOID_COLOUR, np.uint8)
    table[NOTHING] = _NOTHING_COLOUR
    table[: len(palette)] = palette
    coloured: np.ndarray = table[labels]
    return coloured


def _pair(data: VideoSet, video: Video, index: int, width: int) -> np.ndarray:
    frame, mask = video.pair(index)
    size = width, max(1, round(frame.shape[0] * width / frame.shape[1]))
    picture = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    if mask is None:
        return np.hstack([picture, _cross(size)])
    mask = scale_mask(mask, size[::-1])
    labels = striped(unpack_planes(mask, len(data.classes))) if data.multi_label else mask
    return np.hstack([picture, colour_labels(labels, data.palette)])


def _cross(size: tuple[int, int]) -> np.ndarray:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    for start, end in (((0, 0), (size[0] - 1, size[1] - 1)), ((size[0] - 1, 0), (0, size[1] - 1))):
        cv2.line(picture, start, end, (96, 96, 96), 2, cv2.LINE_AA)
    return picture
