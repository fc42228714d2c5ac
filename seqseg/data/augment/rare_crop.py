"""Where to cut so that rare classes are seen: at a pixel of a class drawn inversely to its frequency (keras #3338)."""

from collections.abc import Sequence

import numpy as np

from seqseg.data.video import VOID


def rare_pixel(rng: np.random.Generator, labels, class_counts: Sequence[int] | None = None) -> tuple[int, int] | None:
    """(y, x) of a pixel of a class that is in `labels`, masks (h, w) or bit planes (h, w, k); None where none is.

    The frame is drawn evenly from those that have labels, the class from those in it with a probability proportional to
    1 / `class_counts` (or its pixels in that frame), the pixel evenly from those of the class.
    """
    labelled = [mask for mask in labels if has_labels(mask)]
    if not labelled:
        return None
    mask = labelled[rng.integers(len(labelled))]
    here = pixels_of_each_class(mask)
    counts = here if class_counts is None else np.asarray(class_counts)
    present = np.flatnonzero(here)
    chances = 1 / np.maximum(counts[present], 1)
    chosen = int(rng.choice(present, p=chances / chances.sum()))
    places = np.flatnonzero(_shows(mask, chosen))
    y, x = divmod(int(places[rng.integers(len(places))]), mask.shape[1])
    return y, x


def has_labels(mask: np.ndarray) -> bool:
    """Whether a mask (h, w), or bit planes (h, w, k), shows any class at all."""
    return bool((mask != VOID).any()) if mask.ndim == 2 else bool(_present_bits(mask).any())


def pixels_of_each_class(mask: np.ndarray) -> np.ndarray:
    """int64 (classes,), as many as such a mask can hold; a pixel with several labels counts for each."""
    if mask.ndim == 2:
        return np.bincount(mask.ravel(), minlength=VOID + 1)[:VOID]
    return np.unpackbits(_present_bits(mask), axis=-1, bitorder="little").sum((0, 1), dtype=np.int64)


def _shows(mask: np.ndarray, class_index: int) -> np.ndarray:
    if mask.ndim == 2:
        return mask == class_index
    return (mask[..., class_index // 8] >> (class_index % 8)) & 1


def _present_bits(mask: np.ndarray) -> np.ndarray:
    return mask[..., : mask.shape[2] // 2]
