"""Usual names of the folders of images and masks, and of a mask beside its image.

The mask of cell.png is called cell, cell_mask, cell_seg, cell_GT, cell_cp_masks …, the mask of img_1.png mask_1,
label_1, gt_1 …. Case does not matter. A pattern names any other: `*_roi`, where * is the image's name without suffix,
or `scan_*>truth_*`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

IMAGE_FOLDERS = ("images", "image", "imgs", "img", "frames", "input", "jpegimages", "leftimg8bit")
MASK_FOLDERS = (
    "masks", "mask", "labels", "label", "annotations", "annotation", "gts", "gt", "groundtruth", "segmentationclass",
    "id_masks", "gtfine",
)  # fmt: skip
SPLIT_FOLDERS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test", "testing")}
MASK_ENDINGS = (
    "", "_mask", "_masks", "_label", "_labels", "_gt", "_seg", "_segmentation", "_cp_masks", "_annotation",
)  # fmt: skip
_IMAGE_ENDINGS = ("", "_img", "_image", "_im", "_rgb", "_raw")
_IMAGE_PREFIXES = ("img", "image", "im", "frame", "rgb", "raw", "")
_MASK_PREFIXES = ("mask", "masks", "label", "labels", "gt", "seg", "segmentation", "annotation", "target")
_SEPARATORS = ("_", "-", "")

Rename = Callable[[str], str | None]
"""The name of a mask, from that of its image; None if the rule does not apply."""


def child_folder(folder: Path, names: Iterable[str]) -> Path | None:
    """The sub-folder with the first of these lower-case names, in any case."""
    there = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
    return next((there[name] for name in names if name in there), None)


class MaskNames:
    """Finds the masks of images among `labels`: file names by stem; `pattern` as `read_pattern` gives it.

    With `beside` the masks lie in the same folder, so that an image is not its own mask.

    >>> MaskNames({"mask_1": "mask_1.png", "2_GT": "2_GT.png"}).of("img_1")
    'mask_1.png'
    """

    def __init__(self, labels: Mapping[str, str], pattern: tuple[str, str] | None = None, *, beside: bool = False):
        self._labels = {stem.lower(): name for stem, name in labels.items()}
        self._exact = {} if beside else labels
        self._rules = [_by_pattern(*pattern)] if pattern else list(_rules())
        self._beside = beside

    def of(self, stem: str) -> str | None:
        """The mask of the image `stem`, or None."""
        if stem in self._exact and len(self._rules) > 1:
            return self._exact[stem]
        low = stem.lower()
        for place, rule in enumerate(self._rules):
            name = rule(low)
            if name in self._labels and not (self._beside and name == low):
                self._rules.insert(0, self._rules.pop(place))  # the other images follow the same rule
                return self._labels[name]
        sidecar = self._labels.get(low, "")
        return sidecar if sidecar.lower().endswith((".json", ".npy")) else None


def read_pattern(value: str) -> tuple[str, str]:
    """Reads `mask=*_roi` or `mask=scan_*>truth_*`: the image's and the mask's name, with one * each."""
    image, arrow, mask = value.rpartition(">")
    image = image if arrow else "*"
    if image.count("*") != 1 or mask.count("*") != 1:
        raise ValueError("the mask's name with one * for the image's, such as *_roi, or scan_*>truth_*")
    return image.lower(), mask.lower()


def _rules() -> Iterator[Rename]:
    for image_ending in _IMAGE_ENDINGS:
        for mask_ending in MASK_ENDINGS:
            yield _by_pattern(f"*{image_ending}", f"*{mask_ending}")
    for image_prefix in _IMAGE_PREFIXES:
        for mask_prefix in _MASK_PREFIXES:
            for separator in _SEPARATORS:
                image = f"{image_prefix}{separator}*" if image_prefix else "*"
                yield _by_pattern(image, f"{mask_prefix}{separator}*")


def _by_pattern(image: str, mask: str) -> Rename:
    before, _, after = image.partition("*")

    def rename(stem: str) -> str | None:
        if len(stem) < len(before) + len(after) or not (stem.startswith(before) and stem.endswith(after)):
            return None
        return mask.replace("*", stem[len(before) : len(stem) - len(after)])

    return rename
