"""The classes and colours of Pascal VOC."""

import numpy as np

from seqseg.data.labels.meaning import ColourLabels

CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip


def voc_palette(classes: int = 256) -> np.ndarray:
    """VOC's colours, uint8 RGB (classes, 3): the bits of the index, three by three, from the highest of each channel.

    >>> voc_palette(3).tolist()
    [[0, 0, 0], [128, 0, 0], [0, 128, 0]]
    """
    index = np.arange(classes)[:, None]
    bits = sum(((index >> (3 * k + np.arange(3))) & 1) << (7 - k) for k in range(8))
    return bits.astype(np.uint8)


_VOID_COLOUR = (224, 224, 192)
VOC_LABELS = ColourLabels(voc_palette(len(CLASSES)), void=[_VOID_COLOUR])
"""What VOC's label files mean: indices as they come, or the colours that some have made of them."""
