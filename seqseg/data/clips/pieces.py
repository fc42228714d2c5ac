"""The clips of a batch: windows of videos or tiles of them, read, placed, augmented and stacked."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqseg.data.augment.augmentation import Augmentation
from seqseg.data.clips.placing import pad_frames, place_clip
from seqseg.data.clips.reading import Clip, Reading
from seqseg.data.clips.varied import varied_clip
from seqseg.data.clips.windows import Window, windows
from seqseg.data.labels.planes import unpack_planes
from seqseg.data.video import Video, size_of
from seqseg.data.void import void_mask
from seqseg.geometry import Resizing, round_up

Frames = Sequence[np.ndarray] | np.ndarray
Inputs = np.ndarray | dict[str, np.ndarray]
"""Clips (n, t, h, w, 3), or a dict of them and their conditions (n, t, k)."""


_AS_IT_IS = Augmentation(flip=0, scale=(1, 1), rotate=0, shift=0, colour=0)


class Piece(NamedTuple):
    """One tile of a window: the pixels of tile number `tile` of each frame's placement."""

    window: Window
    tile: int


def pieces(videos: Sequence[Video], timesteps: int, resizing: Resizing, *, clips: str = "all") -> list[Piece]:
    """Every tile of every window, in order, so that every pixel is scored. `clips` as in `windows`.

    Tiling needs the size of every video, for which its first frame is read.
    """
    cut = windows(videos, timesteps, clips=clips)
    if resizing.name != "tile":
        return [Piece(window, 0) for window in cut]
    numbers = [len(resizing.place(*video.size).tiles) for video in videos]
    return [Piece(window, tile) for window in cut for tile in range(numbers[window.video])]


def draw_piece(reading: Reading, piece: Window | Piece, augment: Augmentation | None, rng: np.random.Generator) -> Clip:
    """Read one element; `rng` draws the augmentation and the place of a random tile."""
    window, tile = piece if isinstance(piece, Piece) else (piece, None)
    if augment is None and reading.stills is not None:
        augment = _AS_IT_IS
    if augment is not None and tile is None:
        return varied_clip(reading, window, augment=augment, rng=rng)
    video = reading.data.videos[window.video]
    frames, labels, vectors = reading.read(video, range(window.start, window.start + reading.timesteps))
    if tile is None and reading.resizing.name == "tile":
        return Clip(*_any_tile(frames, labels, reading.resizing, rng), vectors)
    if reading.once and window.seen:
        nothing = void_mask(*size_of(frames[0]), reading.data.planes)
        labels = [nothing] * window.seen + list(labels[window.seen :])
    return Clip(*_whole(frames, labels, reading.resizing, tile or 0), vectors)


def stack_clips(reading: Reading, clips: Sequence[Clip]) -> tuple[Inputs, np.ndarray]:
    """The batch of the clips: (clips, labels) or ({"clip": clips, "condition": vectors}, labels).

    Clips at native size are padded below and on the right to the largest, rounded up.
    """
    if reading.resizing.name == "native":
        heights, widths = zip(*(size_of(clip.frames[0]) for clip in clips), strict=True)
        size = round_up((max(heights), max(widths)), reading.resizing.multiple)
        clips = [_grown(clip, size) for clip in clips]
    frames, labels = np.stack([clip.frames for clip in clips]), np.stack([clip.labels for clip in clips])
    if reading.data.multi_label:
        labels = unpack_planes(labels, len(reading.data.classes))
    if not reading.vectors:
        return frames, labels
    conditions = [clip.vectors for clip in clips if clip.vectors is not None]
    return {"clip": frames, "condition": np.stack(conditions)}, labels


def _whole(frames: Frames, labels: Frames, resizing: Resizing, tile: int) -> tuple[np.ndarray, np.ndarray]:
    """One tile of the frames; pixels that another tile sees better are void."""
    if resizing.name == "native":
        return np.stack(list(frames)), np.stack(list(labels))
    placement = resizing.place(*size_of(frames[0]))
    clip, masks = place_clip(frames, labels, placement)
    if len(placement.tiles) == 1:
        return clip, masks
    own = np.stack([void_mask(*placement.canvas, masks.shape[3] if masks.ndim == 4 else 0)] * len(masks))
    rows, columns = placement.own(tile)
    own[:, rows, columns] = masks[:, rows, columns]
    (top, left), (height, width) = placement.tiles[tile], placement.tile
    part = slice(None), slice(top, top + height), slice(left, left + width)
    return clip[part], own[part]


def _any_tile(
    frames: Frames, labels: Frames, resizing: Resizing, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One tile at a random place."""
    placement = resizing.place(*size_of(frames[0]))
    clip, masks = place_clip(frames, labels, placement)
    top, left = (
        int(rng.integers(whole - part + 1)) for whole, part in zip(placement.canvas, placement.tile, strict=True)
    )
    part = slice(None), slice(top, top + placement.tile[0]), slice(left, left + placement.tile[1])
    return clip[part], masks[part]


def _grown(clip: Clip, size: tuple[int, int]) -> Clip:
    height, width = size_of(clip.frames[0])
    frames, labels = pad_frames(clip.frames, clip.labels, (0, size[0] - height, 0, size[1] - width))
    return clip._replace(frames=frames, labels=labels)
