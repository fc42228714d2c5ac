"""LabelMe (Wada 2016): a json beside each image, of its versions 2 to 5.

    PATH/**/NAME.json, PATH/**/NAME.jpg        labels.txt beside them lists the labels, as `labelme --labels` takes it
    PATH/train/…, PATH/val/…                   optional

Masks are LabelMe's own: shapes in the order of the file, each drawn with Pillow, `__ignore__` void. An image that is
not beside its json is taken from the json itself, where that holds one. A folder whose images are frames of a video is
one video: `labelme:PATH,videos=1`.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

import cv2
import numpy as np

from seqseg.data.drawn.embedded import EMBEDDED, EmbeddedImages, embedded_bytes, embedded_size
from seqseg.data.drawn.finding import find_image, read_size, splits_below
from seqseg.data.drawn.sets import DrawnFrame, DrawnVideo, checked_points, class_words, drawn_image, drawn_set
from seqseg.data.drawn.shapes import Shape, as_labelme
from seqseg.data.files.decoding import ImageFiles
from seqseg.data.files.image_header import refuse_bomb
from seqseg.data.files.listing import Files, files_in, folders_below
from seqseg.data.files.whole_file import read_whole
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.pixels import pixels_of
from seqseg.data.sequences import FrameSequence
from seqseg.data.spec import split_options, whole_number
from seqseg.data.video import VideoSet
from seqseg.errors import DataError


def open_labelme(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`labelme:PATH[,classes=a+b][,videos=1]` -> a video a json, or with videos=1 one a folder.

    Raises:
        DataError: no json, one that is not LabelMe's, an image that is not there, or labels that labels.txt lacks.
    """
    path, options = split_options(where, "labelme", {"classes": class_words, "videos": whole_number(0, 1)})
    root = Path(path).expanduser()
    by_split = {
        part: [video for folder in folders_below(place) for video in _videos(folder, options.get("videos"), left_out)]
        for part, place in splits_below(root, "labelme").items()
    }
    if not any(by_split.values()):
        raise DataError(f"labelme:{root} has no json of LabelMe; give the folder that LabelMe saved them in")
    return drawn_set(
        f"labelme:{root}",
        split,
        by_split,
        rasterise=as_labelme,
        left_out=left_out,
        folder=root,
        known=_labels_txt(root),
        classes=options.get("classes"),
    )


def _videos(folder: Path, joined: int | None, left_out: LeftOut) -> list[DrawnVideo]:
    images: list[Path] = []
    frames: list[DrawnFrame] = []
    jsons: list[Path] = []
    for file in files_in(folder, (".json",)):
        try:
            found = _read(file, left_out)
        except DataError as error:
            left_out.add(error)
            continue
        if found is not None:
            images.append(found[0])
            frames.append(found[1])
            jsons.append(file)
    if joined and images:
        return [DrawnVideo(folder.name, _sequence(folder, images), tuple(frames), lambda index: str(jsons[index]))]
    return [_single(image, frame, json) for image, frame, json in zip(images, frames, jsons, strict=True)]


def _single(image: Path, frame: DrawnFrame, file: Path) -> DrawnVideo:
    if image.suffix.lower() == EMBEDDED:
        return DrawnVideo(file.stem, EmbeddedImages([image]), (frame,), lambda _: str(file))
    return drawn_image(file.stem, image, frame, str(file))


def _sequence(folder: Path, images: list[Path]) -> FrameSequence:
    if any(image.suffix.lower() == EMBEDDED for image in images):
        return EmbeddedImages(images)
    return ImageFiles(Files(folder, [image.relative_to(folder).as_posix() for image in images]))


def _read(file: Path, left_out: LeftOut) -> tuple[Path, DrawnFrame] | None:
    """The image of a json and what is drawn on it; None for a json of something else."""
    try:
        entries = json.loads(read_whole(file).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} is no json ({error}); save it again with LabelMe") from None
    if not isinstance(entries, Mapping) or not isinstance(entries.get("shapes"), list):
        return None
    named = str(entries.get("imagePath") or "")
    names = [PureWindowsPath(named).as_posix(), PureWindowsPath(named).name, file.stem]
    image = find_image(file.parent, names)
    if image is None and entries.get("imageData"):
        image, size = file, embedded_size(file, embedded_bytes(file, entries["imageData"]))
    elif image is not None:
        size = read_size(image)
    else:
        raise DataError(f"{file} labels {named!r}, which is not beside it; copy the image there")
    shapes = []
    for number, entry in enumerate(entries["shapes"]):
        try:
            shapes.append(_shape(entry))
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError, binascii.Error, DataError) as error:
            left_out.add(DataError(f"{file}: shape {number} cannot be read ({error}); draw it again"))
    return image, DrawnFrame(size, tuple(shapes))


def _shape(entry: Mapping[str, Any]) -> Shape:
    kind = str(entry.get("shape_type") or "polygon")  # versions before 3.6 know polygons alone
    label = str(entry["label"])
    points = checked_points(entry["points"])
    if kind != "mask":
        return Shape(label, kind, points)
    data = base64.b64decode(entry["mask"], validate=True)
    refuse_bomb("its mask", data)
    mask = pixels_of(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if mask is None:
        raise ValueError("its mask is no picture")
    if mask.ndim != 2:
        raise ValueError("its mask has channels")
    return Shape(label, "mask", points[:1], mask > 0)


def _labels_txt(root: Path) -> tuple[str, ...]:
    file = root / "labels.txt"
    if not file.is_file():
        return ()
    lines = read_whole(file).decode("utf-8-sig", errors="replace").splitlines()
    return tuple(line.strip() for line in lines if line.strip())
