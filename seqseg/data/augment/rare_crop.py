"""Crops that show rare classes: at a pixel of a class drawn with the inverse of its frequency (keras #3338)."""

from collections.abc import Iterable, Sequence

import numpy as np

from seqseg.data.void import VOID


def rare_pixel(
    rng: np.random.Generator, labels: Iterable[np.ndarray], class_counts: Sequence[int] | None = None
) -> tuple[int, int] | None:
    """(y, x) of a pixel of a class in `labels`, masks (h, w) or bit planes (h, w, k); None if there is none.

    The frame is drawn uniformly from those with labels, its class in proportion to 1 / `class_counts` (or the pixels in
    that frame), the pixel uniformly from those of the class.
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
    """Whether a mask (h, w), or bit planes (h, w, k), shows any class."""
    return bool((mask != VOID).any()) if mask.ndim == 2 else bool(_present_bits(mask).any())


def pixels_of_each_class(mask: np.ndarray) -> np.ndarray:
    """int64 (classes,), as many as the mask has values for; a pixel with several classes counts for each."""
    if mask.ndim == 2:
        return np.bincount(mask.ravel(), minlength=VOID + 1)[:VOID]
    return np.asarray(np.unpackbits(_present_bits(mask), axis=-1, bitorder="little").sum((0, 1), dtype=np.int64))


def _shows(mask: np.ndarray, class_index: int) -> np.ndarray:
    if mask.ndim == 2:
        return np.asarray(mask == class_index)
    return np.asarray((mask[..., class_index // 8] >> (class_index % 8)) & 1)


def _present_bits(mask: np.ndarray) -> np.ndarray:
    return mask[..., : mask.shape[2] // 2]
