"""Frames of any size into clips of one size: shrunk to fit inside, never stretched or enlarged."""

from collections.abc import Sequence

import cv2
import numpy as np

from seqseg.data.video import VOID


def fit_frames(frames: Sequence[np.ndarray], labels: Sequence[np.ndarray], size) -> tuple[list, list]:
    """Frames (h, w, 3) and labels (h, w) of one size, shrunk until they fit into `size` (height, width)."""
    height, width = frames[0].shape[:2]
    scale = min(1, size[0] / height, size[1] / width)
    inside = max(1, round(width * scale)), max(1, round(height * scale))
    if inside == (width, height):
        return list(frames), list(labels)
    return (
        [cv2.resize(frame, inside, interpolation=cv2.INTER_AREA) for frame in frames],
        [cv2.resize(mask, inside, interpolation=cv2.INTER_NEAREST_EXACT) for mask in labels],
    )


def fit_clip(frames: Sequence[np.ndarray], labels: Sequence[np.ndarray], size) -> tuple[np.ndarray, np.ndarray]:
    """Frames that fit into `size` -> clip (t, h, w, 3) and labels (t, h, w) of exactly `size`, in the middle.

    Around them frames continue by reflection and labels are void.
    """
    above, left = ((there - here) // 2 for there, here in zip(size, frames[0].shape[:2], strict=True))
    below, right = size[0] - frames[0].shape[0] - above, size[1] - frames[0].shape[1] - left
    if not any((above, below, left, right)):
        return np.stack(frames), np.stack(labels)
    edges = above, below, left, right
    return (
        np.stack([cv2.copyMakeBorder(frame, *edges, cv2.BORDER_REFLECT_101) for frame in frames]),
        np.stack([cv2.copyMakeBorder(mask, *edges, cv2.BORDER_CONSTANT, value=VOID) for mask in labels]),
    )
