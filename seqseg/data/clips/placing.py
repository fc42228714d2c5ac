"""Frames and masks in numpy, placed on the canvas as a `Placement` says."""

from collections.abc import Sequence

import cv2
import numpy as np

from seqseg.data.void import void_value
from seqseg.geometry import Placement, blending_shares

Arrays = Sequence[np.ndarray] | np.ndarray


def scale_frames(frames: Arrays, labels: Arrays, size: tuple[int, int]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Frames (h, w, 3) and labels (h, w) or bit planes, all of one size, scaled to `size` (height, width).

    Frames shrink by area and grow bilinearly; labels take the nearest pixel.
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


def scale_mask(mask: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Labels (h, w), or with channels (h, w, c), scaled to `size` (height, width) by the nearest pixel."""
    if mask.shape[:2] == tuple(size):
        return mask
    scaled = cv2.resize(mask, (size[1], size[0]), interpolation=cv2.INTER_NEAREST_EXACT)
    return scaled.reshape(*scaled.shape[:2], *mask.shape[2:])  # OpenCV drops a last axis of length one


def pad_frames(
    frames: Arrays, labels: Arrays, edges: tuple[int, int, int, int], border: str | int = "reflect"
) -> tuple[np.ndarray, np.ndarray]:
    """Frames and labels with `edges` (above, below, left, right) around them -> arrays (t, h, w, 3), (t, h, w).

    Frames continue by reflection, or in the grey `border`; labels are void there.
    """
    nothing = np.zeros((0, 0, 0), np.uint8)
    if not any(edges):
        return np.stack(list(frames)), np.stack(list(labels)) if len(labels) else nothing
    how, grey = (cv2.BORDER_REFLECT_101, 0) if isinstance(border, str) else (cv2.BORDER_CONSTANT, border)
    padded = np.stack([cv2.copyMakeBorder(frame, *edges, how, value=(grey, grey, grey)) for frame in frames])
    return padded, np.stack([_pad_mask(mask, edges) for mask in labels]) if len(labels) else nothing


def place_clip(frames: Arrays, labels: Arrays, placement: Placement) -> tuple[np.ndarray, np.ndarray]:
    """Frames of the placement's source size and their labels on its canvas: arrays (t, h, w, 3) and (t, h, w)."""
    return pad_frames(*scale_frames(frames, labels, placement.inside), placement.edges, placement.border)


def _pad_mask(mask: np.ndarray, edges: tuple[int, int, int, int]) -> np.ndarray:
    above, below, left, right = edges
    height, width = mask.shape[:2]
    padded = np.empty((height + above + below, width + left + right, *mask.shape[2:]), mask.dtype)
    padded[...] = void_value(mask)
    padded[above : above + height, left : left + width] = mask
    return padded


def restore_logits(logits: np.ndarray, placement: Placement) -> np.ndarray:
    """Logits (tiles, th, tw, k) of what the network saw of one frame -> at the source's own size (h, w, k), float32.

    As `seqseg.layers.placing` does with tensors: tiles are blended with Hann windows, padding is cut off, scaling is
    undone.
    """
    whole = logits[0] if len(placement.tiles) == 1 else _blended(logits, placement)
    whole = whole[placement.window]
    return scale_logits(whole, placement.source)


def scale_logits(logits: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Logits or other maps (h, w, k) scaled bilinearly to `size` (height, width), in float32."""
    if logits.shape[:2] == tuple(size):
        return np.asarray(logits, np.float32)
    height, width = size
    scaled = cv2.resize(np.asarray(logits, np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(scaled.reshape(height, width, logits.shape[-1]), np.float32)


def _blended(logits: np.ndarray, placement: Placement) -> np.ndarray:
    """Tiles in a grid, row by row -> the canvas."""
    (height, width), canvas = placement.tile, placement.canvas
    tops, lefts = (tuple(sorted({tile[axis] for tile in placement.tiles})) for axis in (0, 1))
    rows, columns = blending_shares(tops, height, canvas[0]), blending_shares(lefts, width, canvas[1])
    whole = np.zeros((*canvas, logits.shape[-1]), np.float32)
    for tile, (top, left) in zip(logits, placement.tiles, strict=True):
        share = np.outer(rows[tops.index(top)], columns[lefts.index(left)]).astype(np.float32)
        whole[top : top + height, left : left + width] += tile * share[..., None]
    return whole
