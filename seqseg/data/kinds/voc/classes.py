"""The classes of Pascal VOC and what its label files mean."""

from seqseg.data.labels.meaning import ColourLabels
from seqseg.data.labels.palette import voc_palette

CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip

_VOID_COLOUR = (224, 224, 192)
VOC_LABELS = ColourLabels(voc_palette(len(CLASSES)), void=[_VOID_COLOUR])
"""The meaning of VOC's label files: indices, or colours in converted files."""
