"""Motion of a stream's frames, along which the mean of its logits and its denoised frames are moved."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqseg.geometry import Placement
from seqseg.inference.arrays import on_host
from seqseg.inference.smoothing import SUM, WEIGHT

if TYPE_CHECKING:  # it needs OpenCV, which is imported where a picture is looked at; states of exports need no Keras
    from seqseg.data.motion import Motion
    from seqseg.layers.tensor import State

KEPT = GREY, PICTURE, PRECISION, SEEN = "motion/grey", "motion/picture", "motion/precision", "motion/seen"


class AlongMotion:
    """The part of a step that runs on the host, ahead of the network.

    The optical flow from the last frame to the new one is computed once a frame, at half the size. The sums of
    `Smoothing` move along it, weighted by how reliable it is at each place. With `denoise` the denoised last frame
    moves, too, and is averaged with the new one by how noisy each is.

    The state is numpy arrays of float32: the last frame in grey (n, h', w', 1), or with `denoise` in colour
    (n, h, w, c) and its precision (n, h', w', 1); and its remaining weight (n, 1, 1, 1), 0 when fresh, below 1 after
    decay.

    Args:
        smooth: move the sums of `Smoothing`.
        denoise: denoise frames with those before them.
    """

    def __init__(self, *, smooth: bool, denoise: bool) -> None:
        self.smooth = smooth
        self.denoise = denoise
        self.names = (PICTURE, PRECISION, SEEN) if denoise else (GREY, SEEN)

    def initial_state_shapes(self, batch: int, height: int, width: int, channels: int) -> dict[str, tuple[int, ...]]:
        """For `batch` streams whose pictures are `height` x `width`."""
        from seqseg.data.motion import small_size

        small = (batch, *small_size(height, width), 1)
        kept: dict[str, tuple[int, ...]] = {GREY: small}
        if self.denoise:
            kept = {PICTURE: (batch, height, width, channels), PRECISION: small}
        return kept | {SEEN: (batch, 1, 1, 1)}

    def look(self, images: np.ndarray, state: "State", placement: Placement) -> tuple[np.ndarray, "State", "State"]:
        """Process the new frames (n, h, w, c).

        Returns:
            the frames for the network; the state of the network and of `Smoothing`, moved along; and what is kept of
            the frames, which belongs to the state after the step.
        """
        before = {name: on_host(state[name]) for name in self.names}
        state = {name: tensor for name, tensor in state.items() if name not in before}
        looks = [self._look(image, {name: before[name][row] for name in before}) for row, image in enumerate(images)]
        seen, motions, kept = zip(*looks, strict=True)
        if self.smooth:
            state |= _moved_along({name: on_host(state[name]) for name in (SUM, WEIGHT)}, motions, placement)
        return np.stack(seen), state, {name: np.stack([parts[name] for parts in kept]) for name in self.names}

    def _look(
        self, image: np.ndarray, before: dict[str, np.ndarray]
    ) -> tuple[np.ndarray, "Motion | None", dict[str, np.ndarray]]:
        """One frame and the one before it -> the frame to segment, the motion or None, what is kept of it."""
        from seqseg.data.denoising import denoised, noise_variance
        from seqseg.data.motion import motion_between, small_grey, small_size

        size, left = small_size(*image.shape[:2]), before[SEEN].item()
        grey, motion = small_grey(image, size), None
        last = before[PICTURE if self.denoise else GREY] / max(left, 1e-6)
        if left:
            motion = motion_between(grey, small_grey(last, size))
        seen = np.ones((1, 1, 1), np.float32)
        if not self.denoise:
            return image, motion, {GREY: grey[..., None].astype(np.float32), SEEN: seen}
        noise = noise_variance(image)
        if motion is None:
            known, precision = np.nan_to_num(image.astype(np.float32)), np.full(size, 1 / noise, np.float32)
        else:
            known, precision = denoised(image, noise, last, before[PRECISION][..., 0], motion)
        if np.issubdtype(image.dtype, np.integer):
            image = np.clip(np.round(known), 0, 255).astype(image.dtype)
        else:
            image = known.astype(image.dtype)
        return image, motion, {PICTURE: known, PRECISION: precision[..., None], SEEN: seen}


def _moved_along(
    sums: dict[str, np.ndarray], motions: Sequence["Motion | None"], placement: Placement
) -> dict[str, np.ndarray]:
    """`Smoothing`'s sums, each (n x tiles, h, w, …), moved along each picture's motion as far as it is trusted."""
    from seqseg.data.motion import moved, on_tile

    moving = {name: np.empty_like(array) for name, array in sums.items()}
    size, tiles = sums[WEIGHT].shape[1:3], len(placement.tiles)
    for row in range(len(sums[WEIGHT])):
        motion = motions[row // tiles]
        if motion is None:
            for name, array in sums.items():
                moving[name][row] = array[row]
            continue
        flow, trust = on_tile(motion, placement, row % tiles, size)
        for name, array in sums.items():
            np.multiply(moved(array[row], flow), trust[..., None], out=moving[name][row])
    return moving
