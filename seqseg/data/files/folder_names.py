"""Usual names of the folders of images and masks, and of a mask beside its image."""

from collections.abc import Iterable
from pathlib import Path

IMAGE_FOLDERS = ("images", "image", "imgs", "img", "frames", "input", "jpegimages", "leftimg8bit")
MASK_FOLDERS = (
    "masks", "mask", "labels", "label", "annotations", "annotation", "gts", "gt", "groundtruth", "segmentationclass",
    "id_masks", "gtfine",
)  # fmt: skip
IMAGE_ENDINGS = ("", "_img", "_image", "_rgb")
MASK_ENDINGS = ("", "_mask", "_masks", "_label", "_labels", "_gt")
SPLIT_FOLDERS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test", "testing")}


def child_folder(folder: Path, names: Iterable[str]) -> Path | None:
    """The sub-folder with the first of these lower-case names, in any case."""
    there = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
    return next((there[name] for name in names if name in there), None)
