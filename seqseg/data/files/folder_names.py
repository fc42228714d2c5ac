"""Usual names of the folders of images and masks, and of a mask beside its image.

The mask of cell.png is called cell, cell_mask, cell_seg, cell_GT, cell_cp_masks …, the mask of img_1.png mask_1,
label_1, gt_1 …. Case does not matter. A pattern names any other: `*_roi`, where * is the image's name without suffix,
or `scan_*>truth_*`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
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

Rule = tuple[str, str]
"""The name of an image and that of its mask, with one * each."""

_FEW = 2000  # names for which every rule is tried


def child_folder(folder: Path, names: Iterable[str]) -> Path | None:
    """The sub-folder with the first of these lower-case names, in any case."""
    there = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
    return next((there[name] for name in names if name in there), None)


def match_masks(
    images: Collection[str], labels: Mapping[str, str], pattern: Rule | None = None, *, beside: bool = False
) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """The masks of the images by stem, of `labels`, file names by stem; and (mask, image, other image) of conflicts.

    Its own name comes first, then the rule that most masks follow. With `beside` the masks are in the images' folder,
    where an image is not its own mask.

    >>> match_masks(["img_1", "2"], {"mask_1": "mask_1.png", "2_GT": "2_GT.png"})[0]
    {'img_1': 'mask_1.png', '2': '2_GT.png'}
    """
    found: dict[str, str] = {}
    if not pattern:
        found = {stem: labels[stem] for stem in images if stem in labels and (not beside or _is_sidecar(labels[stem]))}
    taken = set(found.values())
    wanted = {stem.lower(): stem for stem in images if stem not in found}
    spare = {stem.lower(): name for stem, name in labels.items() if name not in taken}
    rules = [pattern] if pattern else _likely(list(_rules()), wanted, spare)
    for rule in rules:
        for stem in [stem for stem in spare if (image := _renamed(stem, rule[1], rule[0])) in wanted]:
            image = _renamed(stem, rule[1], rule[0]) or ""
            if not (beside and image == stem) and wanted[image] not in found:
                found[wanted[image]] = spare.pop(stem)
    return found, _conflicts({low: stem for low, stem in wanted.items() if stem not in found}, found, rules)


def read_pattern(value: str) -> Rule:
    """Reads `mask=*_roi` or `mask=scan_*>truth_*`: the image's and the mask's name, with one * each."""
    image, arrow, mask = value.rpartition(">")
    image = image if arrow else "*"
    if image.count("*") != 1 or mask.count("*") != 1:
        raise ValueError("the mask's name with one * for the image's, such as *_roi, or scan_*>truth_*")
    return image.lower(), mask.lower()


def _rules() -> Iterator[Rule]:
    for image_ending in _IMAGE_ENDINGS:
        for mask_ending in MASK_ENDINGS:
            yield f"*{image_ending}", f"*{mask_ending}"
    for image_prefix in _IMAGE_PREFIXES:
        for mask_prefix in _MASK_PREFIXES:
            for separator in _SEPARATORS:
                yield f"{image_prefix}{separator}*" if image_prefix else "*", f"{mask_prefix}{separator}*"


def _likely(rules: list[Rule], images: Mapping[str, str], labels: Mapping[str, str]) -> list[Rule]:
    """The rules by how many of some masks follow them; of many masks, only rules that some follow."""
    some = list(islice(labels, 200))
    hits = {rule: sum(_renamed(stem, rule[1], rule[0]) in images for stem in some) for rule in rules}
    ordered = sorted(rules, key=lambda rule: -hits[rule])
    return ordered if len(labels) <= _FEW else [rule for rule in ordered if hits[rule]]


def _conflicts(left: Mapping[str, str], found: Mapping[str, str], rules: Sequence[Rule]) -> list[tuple[str, str, str]]:
    """Images without a mask that by some rule would have that of another image."""
    owners = {name.rpartition(".")[0].lower(): (name, image) for image, name in found.items()}
    conflicts = []
    for low, stem in islice(left.items(), _FEW):
        names = (_renamed(low, *rule) for rule in rules)
        taken = next((owners[name] for name in names if name in owners and name != low), None)
        if taken:
            conflicts.append((*taken, stem))
    return conflicts


def _renamed(stem: str, before: str, after: str) -> str | None:
    """`stem`, which looks like `before`, as `after` has it; None if it does not."""
    start, _, end = before.partition("*")
    if len(stem) < len(start) + len(end) or not (stem.startswith(start) and stem.endswith(end)):
        return None
    return after.replace("*", stem[len(start) : len(stem) - len(end)])


def _is_sidecar(name: str) -> bool:
    return name.lower().endswith((".json", ".npy"))
