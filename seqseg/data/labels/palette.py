"""Colours of classes."""

import numpy as np


def voc_palette(classes: int = 256) -> np.ndarray:
    """The colours of Pascal VOC, uint8 RGB (classes, 3): bits of the index, three by three, from the highest down.

    >>> voc_palette(3).tolist()
    [[0, 0, 0], [128, 0, 0], [0, 128, 0]]
    """
    index = np.arange(classes)
    palette = np.zeros((classes, 3), np.uint8)
    for bit in range(8):
        for channel in range(3):
            palette[:, channel] |= (((index >> (3 * bit + channel)) & 1) << (7 - bit)).astype(np.uint8)
    return palette
