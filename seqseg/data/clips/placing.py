"""Frames and masks in numpy, brought to where a `Placement` puts them, and masks back to the source's size."""

from collections.abc import Sequence

import cv2
import numpy as np

from seqseg.data.void import void_value
from seqseg.geometry import Placement, Resizing


def scale_frames(frames: Sequence[np.ndarray], labels: Sequence[np.ndarray], size) -> tuple[list, list]:
    """Frames (h, w, 3) and labels (h, w) or bit planes, all of one size, scaled to `size` (height, width).

    Frames shrink by area and grow bilinearly; a label is its nearest pixel's, never a mixture of two.
    """
    height, width = size
    if frames[0].shape[:2] == (height, width):
        return list(frames), list(labels)
    shrinks = height <= frames[0].shape[0] and width <= frames[0].shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return (
        [cv2.resize(frame, (width, height), interpolation=how) for frame in frames],
        [scale_mask(mask, size) for mask in labels],
    )


def fit_frames(frames: Sequence[np.ndarray], labels: Sequence[np.ndarray], size) -> tuple[list, list]:
    """Frames and labels of one size, shrunk until they fit into `size` (height, width); never stretched or enlarged."""
    return scale_frames(frames, labels, Resizing("letterbox", tuple(size)).place(*frames[0].shape[:2]).inside)


def scale_mask(mask: np.ndarray, size) -> np.ndarray:
    """Labels (h, w), or with channels (h, w, c), at `size` (height, width); every pixel takes its nearest one's."""
    if mask.shape[:2] == tuple(size):
        return mask
    scaled = cv2.resize(mask, (size[1], size[0]), interpolation=cv2.INTER_NEAREST_EXACT)
    return scaled.reshape(*scaled.shape[:2], *mask.shape[2:])  # OpenCV drops a last axis of one


def pad_frames(frames: Sequence[np.ndarray], labels: Sequence[np.ndarray], edges, border="reflect") -> tuple:
    """Frames and labels with `edges` (above, below, left, right) around them -> arrays (t, h, w, 3), (t, h, w).

    Frames go on by reflection, or in the grey `border`; labels are void there.
    """
    if not any(edges):
        return np.stack(frames), np.stack(labels) if len(labels) else labels
    how, grey = (cv2.BORDER_REFLECT_101, 0) if border == "reflect" else (cv2.BORDER_CONSTANT, border)
    padded = np.stack([cv2.copyMakeBorder(frame, *edges, how, value=(grey, grey, grey)) for frame in frames])
    return padded, np.stack([_pad_mask(mask, edges) for mask in labels]) if len(labels) else labels


def place_clip(frames: Sequence[np.ndarray], labels: Sequence[np.ndarray], placement: Placement) -> tuple:
    """Frames of the placement's source size and their labels on its canvas: arrays (t, h, w, 3) and (t, h, w)."""
    return pad_frames(*scale_frames(frames, labels, placement.inside), placement.edges, placement.border)


def replace_mask(mask: np.ndarray, placement: Placement) -> np.ndarray:
    """A mask of the canvas, (h, w) or (h, w, c), back at the source's own size: cut out and scaled, nearest pixel."""
    return scale_mask(mask[placement.window], placement.source)


def _pad_mask(mask: np.ndarray, edges) -> np.ndarray:
    above, below, left, right = edges
    height, width = mask.shape[:2]
    padded = np.empty((height + above + below, width + left + right, *mask.shape[2:]), mask.dtype)
    padded[...] = void_value(mask)
    padded[above : above + height, left : left + width] = mask
    return padded
