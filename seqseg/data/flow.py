"""Optical flow between frames, for metrics and losses that compare motion."""

import cv2
import numpy as np

from seqseg.errors import DataError

_EFFORTS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
_SMALLEST = 16


def flow_back(image: np.ndarray, earlier: np.ndarray, *, effort: str = "medium") -> np.ndarray:
    """Where each pixel was before, float32 (h, w, 2): pixel (y, x) was at (y + flow[..., 1], x + flow[..., 0]).

    OpenCV's dense inverse search (Kroeger et al. 2016) on grey values. `seqseg.metrics.warp_labels` uses it to move the
    earlier frame's labels along.

    Args:
        image: uint8 RGB (h, w, 3).
        earlier: the frame before, of the same size.
        effort: "ultrafast", "fast" or "medium".

    Raises:
        DataError: the sizes differ, or the frames are too small.

    Example:
        >>> flow = flow_back(video.frame(1), video.frame(0))
    """
    if image.shape != earlier.shape:
        raise DataError(f"flow needs two frames of one size, got {image.shape} and {earlier.shape}")
    if min(image.shape[:2]) < _SMALLEST:
        raise DataError(f"flow needs frames of at least {_SMALLEST}x{_SMALLEST}, got {image.shape[0]}x{image.shape[1]}")
    if effort not in _EFFORTS:
        raise DataError(f"no flow effort {effort!r}; there are {', '.join(_EFFORTS)}")
    now, before = (cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY) for frame in (image, earlier))
    flow: np.ndarray = cv2.DISOpticalFlow.create(_EFFORTS[effort]).calc(now, before, None)  # type: ignore[call-overload]
    return flow
