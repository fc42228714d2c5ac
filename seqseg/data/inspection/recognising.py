"""Which kind of data a path is, by looking at it."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from seqseg.data.files.decoding import IMAGE_SUFFIXES
from seqseg.data.files.folder_names import IMAGE_FOLDERS, MASK_FOLDERS, child_folder
from seqseg.data.files.whole_file import read_whole
from seqseg.errors import DataError

MOVIES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")
MOST_LOOKED_AT = 20  # jsons of a folder that are opened
LARGEST_JSON = 1 << 30
SPLITS = ("train", "val", "valid", "validation", "test", "training")


def recognise(path: str | Path) -> list[tuple[str, str]]:
    """The kinds that a file or folder may be, the most certain first: [(source, why)], such as ("coco:PATH", "…").

    Kinds of labels come before kinds without any; empty if nothing is known there.

    Raises:
        DataError: there is no such file or folder.

    Example:
        >>> recognise("~/labelled")
        [('labelme:~/labelled', 'a.json is of LabelMe')]
    """
    place = Path(path).expanduser()
    if not place.exists():
        raise DataError(f"there is no file or folder {path}; give a path, or KIND:PATH (`seqseg data` lists the kinds)")
    found = list(_file(place) if place.is_file() else _folder(place))
    labelled = [one for one in found if one[0] not in ("frames", "list")]
    return [(f"{kind}:{_where(kind, place, path)}", why) for kind, why in dict(labelled or found).items()]


def _where(kind: str, place: Path, path: str | Path) -> str:
    """LabelMe's and CVAT's sets are folders."""
    text = str(Path(path).parent) if place.is_file() and kind == "labelme" else str(path)
    return f'"{text}"' if "," in text or " + " in text else text


Found = Iterator[tuple[str, str]]


def _file(file: Path) -> Found:
    suffix = file.suffix.lower()
    if suffix == ".json":
        kind = _kind_of_json(file)
        if kind is not None:
            yield kind, f"{file.name} is {_JSONS[kind]}"
    elif suffix == ".xml" and b"<annotations" in _beginning(file):
        yield "cvat", f"{file.name} is XML of CVAT"
    elif suffix in (".yaml", ".yml") and b"names" in _beginning(file):
        yield "yolo_seg", f"{file.name} has names of classes"
    elif suffix == ".csv":
        yield "list", f"{file.name} is a table"
    elif suffix in (".tif", ".tiff") and _masks_beside(file):
        yield "tiff", f"{file.name} has masks beside it"
    elif suffix in MOVIES and _masks_beside(file):
        yield "movies", f"{file.name} has masks beside it"
    elif suffix in (*MOVIES, *IMAGE_SUFFIXES):
        yield "frames", f"{file.name} is a picture or movie without labels"


def _folder(folder: Path) -> Found:
    names = {one.name for one in folder.iterdir()}
    layout = next(((kind, why) for kind, why, fits in _LAYOUTS if fits(folder, names)), None)
    jsons = list(_by_jsons(folder))
    yield from [layout] if layout is not None else []
    yield from jsons
    images, masks = child_folder(folder, IMAGE_FOLDERS), child_folder(folder, MASK_FOLDERS)
    if not layout and not jsons and images is not None and masks is not None:
        yield "folders", f"it has {images.name}/ and {masks.name}/"
    files = sorted(one for one in folder.iterdir() if one.is_file())
    for suffixes, kind in ((MOVIES, "movies"), ((".tif", ".tiff"), "tiff")):
        labelled = next((one for one in files if one.suffix.lower() in suffixes and _masks_beside(one)), None)
        if labelled is not None:
            yield kind, f"{labelled.name} has masks beside it"
    pictures = next((one for one in files if one.suffix.lower() in (*IMAGE_SUFFIXES, *MOVIES)), None)
    if pictures is not None:
        yield "frames", f"it holds pictures such as {pictures.name}, without labels"


def _by_jsons(folder: Path) -> Found:
    """By what the jsons in the folder, and in those below it, are."""
    places = [folder, folder / "annotations", *(folder / name for name in SPLITS)]
    jsons = [file for place in places if place.is_dir() for file in sorted(place.glob("*.json"))[:MOST_LOOKED_AT]]
    if not jsons:
        jsons = sorted(folder.glob("*/*.json"))[:MOST_LOOKED_AT]
    for file in jsons:
        kind = _kind_of_json(file)
        if kind is not None:
            yield kind, f"{file.relative_to(folder)} is {_JSONS[kind]}"


def _kind_of_json(file: Path) -> str | None:
    if file.stat().st_size > LARGEST_JSON:
        return None
    try:
        held = json.loads(read_whole(file).decode("utf-8-sig"))
    except (DataError, ValueError, RecursionError):
        return None
    if isinstance(held, list):
        return "label_studio" if held and all(isinstance(one, Mapping) and "data" in one for one in held) else None
    return _kind_of_object(held) if isinstance(held, Mapping) else None


def _kind_of_object(held: Mapping[str, Any]) -> str | None:
    if isinstance(held.get("shapes"), list) and "imagePath" in held:
        return "labelme"
    if "_via_img_metadata" in held:
        return "via"
    if isinstance(held.get("videos"), list) and isinstance(held.get("categories"), list):
        return "youtube_vis"
    if isinstance(held.get("images"), list) and isinstance(held.get("categories"), list):
        given = held.get("annotations")
        drawn = isinstance(given, list) and any(isinstance(one, Mapping) and "segmentation" in one for one in given)
        return "coco" if drawn else None
    values = list(held.values())
    if values and all(isinstance(one, Mapping) and "filename" in one and "regions" in one for one in values):
        return "via"
    return None


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(4096)


def _masks_beside(file: Path) -> bool:
    return any(
        one.stem.startswith(f"{file.stem}_") and any(word in one.stem for word in ("mask", "seg", "label", "gt"))
        for one in file.parent.iterdir()
    )


def _has(*wanted: str) -> Callable[[Path, set[str]], bool]:
    return lambda _, names: set(wanted) <= names


def _yolo(folder: Path, names: set[str]) -> bool:
    return any(
        b"names" in _beginning(folder / name) for name in ("data.yaml", "data.yml", "dataset.yaml") if name in names
    )


def _cdnet(folder: Path, names: set[str]) -> bool:
    return {"input", "groundtruth"} <= names or any(
        (folder / name / "input").is_dir() and (folder / name / "groundtruth").is_dir() for name in names
    )


def _voc(_: Path, names: set[str]) -> bool:
    return {"JPEGImages", "SegmentationClass"} <= names and "labelmap.txt" not in names


def _davis(folder: Path, names: set[str]) -> bool:
    if not {"JPEGImages", "Annotations"} <= names or (folder / "instances.json").exists():
        return False
    places = (folder / "Annotations", folder / "Annotations" / "480p")
    return any(any(place.glob("*/*.png")) for place in places)


def _records(folder: Path, _: set[str]) -> bool:
    return any(any(folder.glob(f"**/*{suffix}")) for suffix in (".array_record", ".arrayrecord", ".tfrecord"))


_JSONS = {
    "coco": "COCO's json of instances",
    "labelme": "of LabelMe",
    "via": "of the VGG Image Annotator",
    "label_studio": "of Label Studio",
    "youtube_vis": "of videos, as YouTube-VIS has them",
}
_LAYOUTS: tuple[tuple[str, str, Callable[[Path, set[str]], bool]], ...] = (
    ("cvat", "annotations.xml is CVAT's", _has("annotations.xml")),
    ("cvat", "labelmap.txt and SegmentationClass/ are CVAT's masks", _has("labelmap.txt", "SegmentationClass")),
    ("voc", "it has JPEGImages/ and SegmentationClass/", _voc),
    ("davis", "it has JPEGImages/ and Annotations/, a folder a sequence in both", _davis),
    ("yolo_seg", "its data.yaml has names of classes", _yolo),
    ("camvid", "it has train/ and trainannot/", _has("train", "trainannot")),
    ("camvid", "it has 701_StillsRaw_full/", _has("701_StillsRaw_full")),
    ("cityscapes", "it has leftImg8bit/ and gtFine/", _has("leftImg8bit", "gtFine")),
    ("mapillary", "it has config.json and training/", _has("config.json", "training")),
    ("cdnet", "it has input/ and groundtruth/", _cdnet),
    ("ctc", "it has 01/ and 01_GT/", _has("01", "01_GT")),
    ("sbd", "it has img/ and cls/", _has("img", "cls")),
    ("refcoco", "it has referring expressions", lambda folder, _: any(folder.glob("refs(*).p"))),
    ("records", "it has packed records", _records),
    ("moving_mnist", "it has MNIST's files", lambda folder, _: any(folder.glob("*idx3-ubyte*"))),
)
