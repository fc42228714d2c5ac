"""Tiny COCO sets, written by the tests themselves."""

import json

from PIL import Image

CATEGORIES = [{"id": 1, "name": "person"}, {"id": 3, "name": "car"}, {"id": 17, "name": "cat"}]


def square(left, top, side):
    """A polygon that fills the pixels from (left, top) on."""
    return [left, top, left + side, top, left + side, top + side, left, top + side]


def annotation(identity, image, category, shape, crowd=0, **more):
    segmentation = shape if isinstance(shape, dict | str) or not shape or isinstance(shape[0], list) else [shape]
    return {
        "id": identity, "image_id": image, "category_id": category, "segmentation": segmentation, "iscrowd": crowd,
    } | more  # fmt: skip


def write_coco(root, annotations, *, images=None, categories=CATEGORIES, split="val", size=(11, 7), draw=True):
    """instances_<split>2017.json and its black images of `size` (width, height) -> the json's path."""
    images = images or [{"id": 1, "file_name": "one.jpg", "width": size[0], "height": size[1]}]
    folder = root / f"{split}2017"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "annotations").mkdir(exist_ok=True)
    if draw:
        for image in images:
            Image.new("RGB", size).save(folder / image["file_name"])
    file = root / "annotations" / f"instances_{split}2017.json"
    file.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return file
