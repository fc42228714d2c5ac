"""Masks as `supervision.Detections`, for its annotators, zones and counters; needs the package supervision."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from streams.errors import StreamError
from streams.objects.regions import regions_of
from streams.objects.sighting import Found

if TYPE_CHECKING:
    import supervision


def detections(
    mask: np.ndarray, names: Sequence[str], *, found: Found | None = None, least: int = 1
) -> "supervision.Detections":
    """The objects of a frame, a box, a mask (h, w) and a class each; `class_name` is in their data.

    Args:
        mask: (h, w) uint8, a class a pixel.
        names: of the classes, the first of which is the background.
        found: `Frame.found` of a frame whose objects are followed: these, with their ids as `tracker_id`. None: the
            connected regions of the mask.
        least: pixels that a region has at least.

    Raises:
        StreamError: supervision is not installed.

    Example:
        >>> detections(np.uint8([[0, 1, 1]]), ["ground", "car"]).xyxy.tolist()  # doctest: +SKIP
        [[1.0, 0.0, 3.0, 1.0]]
    """
    try:
        import supervision
    except ImportError:
        raise StreamError("supervision is not installed; run: pip install 'seqseg[supervision]'") from None
    if found is None:
        regions = regions_of(mask, range(1, len(names)), least=least).found
    else:
        regions = [one.region for one in found.sightings]
    if not regions:
        return supervision.Detections.empty()
    masks = np.zeros((len(regions), *mask.shape), bool)
    corners = []
    for whole, region in zip(masks, regions, strict=True):
        x, y, width, height = region.box
        whole[y : y + height, x : x + width] = region.pixels
        corners.append((x, y, x + width, y + height))
    return supervision.Detections(
        xyxy=np.array(corners, np.float32),
        mask=masks,
        class_id=np.array([region.value for region in regions]),
        tracker_id=None if found is None else np.array([one.id for one in found.sightings]),
        data={"class_name": np.array([names[region.value] for region in regions])},
    )
