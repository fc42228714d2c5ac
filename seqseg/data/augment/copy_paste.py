"""Copy-paste (Ghiasi et al. 2021): objects of another clip of the set pasted into this one with their own motion.

The other clip has its own warp, the same for all of its frames, and its frame i is pasted into frame i. Objects keep
their labels and hide the pixels behind them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from seqseg.data.augment.rare_crop import has_labels, pixels_of_each_class
from seqseg.data.augment.warp import Warp


@dataclass(frozen=True)
class Pasted:
    """What is pasted: frames (h, w, 3), their labels, their warp, and the classes that are objects.

    Example:
        >>> still = Warp(np.eye(3), (1, 2))
        >>> over = Pasted([np.full((1, 2, 3), 9, np.uint8)], [np.uint8([[0, 1]])], still, (1,))
        >>> frame, mask = np.zeros((1, 2, 3), np.uint8), np.zeros((1, 2), np.uint8)
        >>> over.onto(frame, mask, 0)
        >>> frame[0, :, 0].tolist(), mask.tolist()
        ([0, 9], [[0, 1]])
    """

    frames: Sequence[np.ndarray]
    labels: Sequence[np.ndarray]
    warp: Warp
    classes: tuple[int, ...]

    def onto(self, frame: np.ndarray, mask: np.ndarray, index: int) -> None:
        """Paste frame `index` into `frame` (h, w, 3) and `mask` (h, w) or bit planes (h, w, k), in place."""
        void = 255 if mask.ndim == 2 else 0  # no object outside the image
        labels = self.warp.mask(self.labels[index], void=void)
        there = objects(labels, self.classes)
        cv2.copyTo(self.warp.frame(self.frames[index]), there, frame)
        mask[there > 0] = labels[there > 0]


def objects(labels: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    """uint8 (h, w): 255 where a mask (h, w), or bit planes (h, w, k), shows one of these classes."""
    if labels.ndim == 2:
        table = np.zeros(256, np.uint8)
        table[list(classes)] = 255
        return cv2.LUT(labels, table)
    wanted = np.zeros(labels.shape[2], np.uint8)
    for number in classes:
        wanted[number // 8] |= 1 << (number % 8)
    return np.where((labels & wanted).any(axis=-1), np.uint8(255), np.uint8(0))


def choose_objects(rng: np.random.Generator, labels: Sequence[np.ndarray], classes: Sequence[int]) -> tuple[int, ...]:
    """Some of the `classes` in these masks, each with probability 1/2 but at least one; () if none is there."""
    pixels = np.sum([pixels_of_each_class(mask) for mask in labels], axis=0)
    there = [number for number in classes if number < len(pixels) and pixels[number]]
    if not there:
        return ()
    kept = rng.random(len(there)) < 0.5
    kept[rng.integers(len(there))] = True
    return tuple(number for number, keep in zip(there, kept, strict=True) if keep)


def moving_or_held(
    rng: np.random.Generator, frames: Sequence[np.ndarray], labels: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The frames if all have labels; else one with labels, repeated, as an object must not come and go.

    Empty lists if no frame has labels.
    """
    labelled = [index for index, mask in enumerate(labels) if has_labels(mask)]
    if len(labelled) == len(frames):
        return list(frames), list(labels)
    if not labelled:
        return [], []
    chosen = labelled[rng.integers(len(labelled))]
    return [frames[chosen]] * len(frames), [labels[chosen]] * len(frames)
