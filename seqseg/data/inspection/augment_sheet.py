"""A picture of augmented clips: each clip as it is, below it several draws, masks below frames."""

from collections.abc import Sequence

import cv2
import numpy as np

from seqseg.data.augment.augmentation import Augmentation
from seqseg.data.clips.placing import Arrays, place_clip, scale_mask
from seqseg.data.clips.reading import Reading
from seqseg.data.clips.varied import varied_clip
from seqseg.data.clips.windows import read_window, windows
from seqseg.data.inspection.contact_sheet import colour_labels
from seqseg.data.labels.planes import striped, unpack_planes
from seqseg.data.video import VideoSet, size_of
from seqseg.geometry import make_resizing

_GAP = 4
_CAPTION = 16  # pixels of height


def augment_sheet(
    data: VideoSet, augment: Augmentation, *, timesteps: int = 8, size: Sequence[int] | None = None, clips: int = 3,
    draws: int = 3, width: int = 150, seed: int = 0,
) -> np.ndarray:  # fmt: skip
    """`clips` clips from all over the set and `draws` draws of each -> uint8 RGB (h, w, 3).

    The frames of a clip are a row, each `width` pixels wide, above their labels; void is black. Draws are below their
    clip, those of single images beside it. Clips are read and augmented exactly as in training.

    Example:
        >>> augment_sheet(open_data("shapes:videos=2"), Augmentation(), timesteps=2, clips=1, draws=1, width=64).shape
        (248, 140, 3)
    """
    height_, width_ = size or data.videos[0].size
    resizing = make_resizing("letterbox", (height_, width_))
    timesteps = min(timesteps, max(map(len, data.videos)))
    cut = windows(data.videos, timesteps)
    reading = Reading(data, timesteps, resizing)
    rows = []
    for number in np.linspace(0, len(cut) - 1, min(clips, len(cut))).round().astype(int):
        window = cut[number]
        video = data.videos[window.video]
        frames, masks = read_window(video, window.start, timesteps, planes=data.planes)
        before = place_clip(frames, masks, resizing.place(*size_of(frames[0])))
        caption = video.name if timesteps == 1 else f"{video.name}, frame {window.start} on, as it is"
        blocks = [_row(caption, *before, data, width)]
        for draw in range(draws):
            rng = np.random.default_rng([seed, int(number), draw])
            varied = varied_clip(reading, window, augment=augment, rng=rng)
            blocks.append(_row(f"draw {draw + 1}", varied.frames, varied.labels, data, width))
        rows += [_side_by_side(blocks)] if timesteps == 1 else blocks
    return _stacked(rows)


def _row(caption: str, clip: Arrays, labels: Arrays, data: VideoSet, width: int) -> np.ndarray:
    """A caption above frames above masks."""
    clip_height, clip_width = size_of(clip[0])
    shape = width, max(1, round(clip_height * width / clip_width))
    line = np.full((_CAPTION, len(clip) * (width + _GAP) + _GAP, 3), 255, np.uint8)
    cv2.putText(line, caption, (_GAP, _CAPTION - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    frames = [cv2.resize(frame, shape, interpolation=cv2.INTER_AREA) for frame in clip]
    masks = [scale_mask(mask, shape[::-1]) for mask in labels]
    if data.multi_label:
        masks = [striped(unpack_planes(mask, len(data.classes))) for mask in masks]
    return np.vstack([line, _beside(frames), _beside([colour_labels(mask, data.palette) for mask in masks])])


def _beside(pictures: Sequence[np.ndarray]) -> np.ndarray:
    edged = [cv2.copyMakeBorder(one, 0, _GAP, 0, _GAP, cv2.BORDER_CONSTANT, value=(255,) * 3) for one in pictures]
    row = np.hstack(edged)
    return cv2.copyMakeBorder(row, 0, 0, _GAP, 0, cv2.BORDER_CONSTANT, value=(255,) * 3)


def _side_by_side(blocks: Sequence[np.ndarray]) -> np.ndarray:
    """Blocks of any height side by side on white."""
    tallest = max(block.shape[0] for block in blocks)
    return np.hstack(
        [
            cv2.copyMakeBorder(one, 0, tallest - one.shape[0], 0, 0, cv2.BORDER_CONSTANT, value=(255,) * 3)
            for one in blocks
        ]
    )


def _stacked(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Rows of any width below one another on white."""
    widest = max(row.shape[1] for row in rows)
    return np.vstack(
        [cv2.copyMakeBorder(row, 0, 0, 0, widest - row.shape[1], cv2.BORDER_CONSTANT, value=(255,) * 3) for row in rows]
    )
