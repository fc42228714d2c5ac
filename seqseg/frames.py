"""What a frame must be before a network sees it, whatever runs the network."""

import math
from typing import Any

from seqseg.errors import ModelError


def require_frames(images: Any, channels: int) -> None:
    """ModelError unless an array is frames (n, h, w, channels) of 0–255: uint8, or floats that are finite.

    Example:
        >>> require_frames(np.zeros((1, 48, 64, 3), "uint8"), 3)
    """
    if images.ndim != 4 or images.shape[-1] != channels:
        raise ModelError(f"a frame must be (h, w, {channels}), got shape {images.shape[1:]}")
    if not images.size:
        raise ModelError(f"a frame must have pixels, got shape {images.shape[1:]}")
    if images.dtype.kind == "f":
        if not (math.isfinite(images.min()) and math.isfinite(images.max())):  # NaN is the smallest where there is one
            raise ModelError("a frame has pixels that are NaN or infinite; replace them, or leave the frame out")
    elif images.dtype.name != "uint8":
        raise ModelError(
            f"a frame must be uint8, or floats of 0 to 255, got {images.dtype}; scale deeper pictures to 0 to 255 "
            "first, as streams.open_source does"
        )
