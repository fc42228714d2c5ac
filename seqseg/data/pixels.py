"""The one call of OpenCV's decoder for data sets."""

import cv2
import numpy as np


def pixels_of(data: np.ndarray, flags: int) -> np.ndarray | None:
    """Encoded bytes (k,) uint8 -> the picture as OpenCV's `flags` ask for it; None where it cannot be decoded."""
    if not data.size:
        return None
    try:
        pixels: np.ndarray | None = cv2.imdecode(data, flags)
    except cv2.error:  # sides or sizes beyond its own limits
        return None
    return pixels
