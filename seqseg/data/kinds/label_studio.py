"""Label Studio's json export: polygons, brush strokes, rectangles and ellipses, in per cent of the picture.

    label_studio:FILE.json[,images=DIR][,classes=a+b]

Images are looked for by the last part of their address, without the random start that an upload puts before a name.
A task without annotations is a frame without a label; of several annotations the last that was not cancelled counts.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from seqseg.data.drawn.brush import brush_mask
from seqseg.data.drawn.finding import find_image, read_size
from seqseg.data.drawn.sets import DrawnFrame, DrawnVideo, checked_points, class_words, drawn_image, drawn_set
from seqseg.data.drawn.shapes import Shape, as_coco, ellipse_outline, turned
from seqseg.data.files.listing import files_in
from seqseg.data.files.whole_file import read_whole
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.spec import existing_folder, split_options
from seqseg.data.video import VideoSet
from seqseg.errors import DataError

Entries = Mapping[str, Any]
UPLOADED = re.compile(r"^[0-9a-f]{8}-")


def open_label_studio(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`label_studio:FILE.json` or the folder of one -> a video a task.

    Raises:
        DataError: no json of Label Studio, or images that are not there.
    """
    path, options = split_options(where, "label_studio", {"classes": class_words, "images": existing_folder})
    given = Path(path).expanduser()
    files = [given] if given.is_file() else files_in(given, (".json",)) if given.is_dir() else []
    tasks = [(file, task) for file in files for task in _tasks(file)]
    if not tasks:
        raise DataError(f"label_studio:{given} has no json export of Label Studio; export as JSON, not JSON-MIN")
    videos = [
        video for file, task in tasks if (video := _video(task, file, options.get("images"), left_out)) is not None
    ]
    return drawn_set(
        f"label_studio:{given}",
        split,
        {"": videos},
        rasterise=as_coco,
        left_out=left_out,
        folder=given.parent if given.is_file() else given,
        classes=options.get("classes"),
    )


def _tasks(file: Path) -> Sequence[Entries]:
    try:
        entries = json.loads(read_whole(file).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} is no json ({error}); export it from Label Studio again") from None
    if not isinstance(entries, list):
        return ()
    return [one for one in entries if isinstance(one, Mapping) and isinstance(one.get("data"), Mapping)]


def _video(task: Entries, file: Path, images: Path | None, left_out: LeftOut) -> DrawnVideo | None:
    address = next((value for value in task["data"].values() if isinstance(value, str) and "." in value), "")
    folders = [images] if images else [file.parent, file.parent / "images"]
    found = next((image for folder in folders if (image := find_image(folder, _names(address))) is not None), None)
    if found is None:
        left_out.add(
            DataError(f"{file} labels {address}, which is not in {folders[0]}; copy it there, or give images=DIR")
        )
        return None
    size = read_size(found)
    given = [one for one in _list_of(task, "annotations") if isinstance(one, Mapping) and not one.get("was_cancelled")]
    shapes = _shapes(_list_of(given[-1], "result"), size, f"{file}, {found.name}", left_out) if given else None
    return drawn_image(found.stem, found, DrawnFrame(size, shapes), f"{file}, {found.name}")


def _list_of(entries: Entries, name: str) -> Sequence[Any]:
    found = entries.get(name)
    return found if isinstance(found, list) else ()


def _names(address: str) -> list[str]:
    """What the file may be called: the end of the address, as it is and without what an upload added."""
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that are no address
        return [address]
    local = parse_qs(parts.query).get("d", [parts.path])[0]  # /data/local-files/?d=folder/name.png
    name = Path(unquote(local)).name
    return [name, UPLOADED.sub("", name)]


def _shapes(results: Sequence[Any], size: tuple[int, int], where: str, left_out: LeftOut) -> tuple[Shape, ...]:
    shapes = []
    for number, result in enumerate(results):
        kind = str(result.get("type")) if isinstance(result, Mapping) else "nothing"
        if kind not in _READERS:
            if kind not in ("choices", "textarea", "rating", "number"):  # these describe the whole picture
                left_out.add(DataError(f"{where}: result {number} is {kind}, which covers no area; draw a polygon"))
            continue
        try:
            value = result["value"]
            (label,) = value[kind]
            shapes.append(_READERS[kind](str(label), value, size))
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            left_out.add(DataError(f"{where}: result {number} cannot be read ({error}); draw it again"))
    return tuple(shapes)


def _scaled(points: Any, size: tuple[int, int]) -> np.ndarray:
    return checked_points(np.asarray(points, float) * (size[1] / 100, size[0] / 100))


def _polygon(label: str, value: Entries, size: tuple[int, int]) -> Shape:
    return Shape(label, "polygon", _scaled(value["points"], size))


def _rectangle(label: str, value: Entries, size: tuple[int, int]) -> Shape:
    left, top, wide, high = (float(value[name]) for name in ("x", "y", "width", "height"))
    corner = _scaled([[left, top]], size)
    others = _scaled([[wide, 0], [wide, high], [0, high]], size)
    corners = np.concatenate([np.zeros((1, 2)), others])  # turned about the upper left corner
    return Shape(label, "polygon", turned(corners, float(value.get("rotation") or 0)) + corner)


def _ellipse(label: str, value: Entries, size: tuple[int, int]) -> Shape:
    centre = _scaled([[value["x"], value["y"]]], size)[0]
    radius_x, radius_y = _scaled([[value["radiusX"], value["radiusY"]]], size)[0]
    outline = ellipse_outline(centre, (float(radius_x), float(radius_y)), float(value.get("rotation") or 0))
    return Shape(label, "polygon", outline)


def _brush(label: str, value: Entries, size: tuple[int, int]) -> Shape:
    return Shape(label, "mask", np.zeros((1, 2)), brush_mask(value["rle"], *size))


_READERS: dict[str, Callable[[str, Entries, tuple[int, int]], Shape]] = {
    "polygonlabels": _polygon,
    "rectanglelabels": _rectangle,
    "ellipselabels": _ellipse,
    "brushlabels": _brush,
}
