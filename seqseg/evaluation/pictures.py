"""Pictures of what a model sees, as arrays and PNG files."""

from collections.abc import Sequence

import numpy as np

from seqseg.data.files.png import encode_png
from seqseg.data.labels.planes import NOTHING, striped

__all__ = ["encode_png", "frame_sheet", "overlay", "sample_sheet"]


def overlay(
    image: np.ndarray, labels: np.ndarray, palette: np.ndarray, *, alpha: float = 0.5, void: int = 255
) -> np.ndarray:
    """Colours of the classes over an image: uint8 (h, w, 3), labels (h, w), palette (classes, 3) -> uint8 (h, w, 3).

    Void pixels are a darkened image. Where a pixel may show several classes, labels are planes (h, w, classes), drawn
    in stripes; a pixel without a class shows the image.
    """
    if labels.ndim == 3:
        labels = striped(labels)
        nothing = labels == NOTHING
        return np.where(nothing[..., None], image, overlay(image, labels, palette, alpha=alpha, void=void))
    colours = np.zeros((256, 3), "float32")
    colours[: len(palette)] = palette
    colours[void] = 0
    mixed = (1 - alpha) * image + alpha * colours[labels]
    return np.asarray(np.rint(mixed), "uint8")


def sample_sheet(
    samples: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
    palette: np.ndarray,
    *,
    void: int = 255,
    widest: int = 320,
) -> np.ndarray:
    """One row a sample: image | labels | prediction, uint8 (h, w, 3).

    Args:
        samples: (image (h, w, 3), labels (h, w), prediction (h, w)) of each; or planes (h, w, classes) for both.
        palette: (classes, 3).
        void: the label of pixels that do not count.
        widest: wider pictures are subsampled by a whole factor.
    """
    rows = []
    for image, labels, prediction in samples:
        step = -(-image.shape[1] // widest)
        image, labels, prediction = (picture[::step, ::step] for picture in (image, labels, prediction))
        layers = [overlay(image, classes, palette, void=void) for classes in (labels, prediction)]
        rows.append(np.concatenate([image, *layers], axis=1))
    return _stacked(rows)


def _stacked(rows: Sequence[np.ndarray]) -> np.ndarray:
    width = max(row.shape[1] for row in rows)
    return np.concatenate([np.pad(row, ((0, 2), (0, width - row.shape[1]), (0, 0))) for row in rows])


def frame_sheet(samples: Sequence[Sequence[np.ndarray]], *, widest: int = 320) -> np.ndarray:
    """One row a sample of pictures (h, w, 3) beside each other, uint8 (h, w, 3); `widest` as in `sample_sheet`."""
    rows = []
    for pictures in samples:
        step = -(-pictures[0].shape[1] // widest)
        rows.append(np.concatenate([picture[::step, ::step] for picture in pictures], axis=1))
    return _stacked(rows)
