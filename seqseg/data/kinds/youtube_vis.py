"""YouTube-VIS (Yang et al. 2019), laid out as it is downloaded, and other sets of its format (OVIS, BURST in part).

    PATH/train/JPEGImages/VIDEO/00000.jpg …      PATH/train/instances.json (2021), or PATH/train.json (2019)
    PATH/valid/…, PATH/test/…                    likewise; as published without annotations

The classes are background and the categories. Object numbers are not kept.
"""

from pathlib import Path

from seqseg.data.files.decoding import ImageFiles
from seqseg.data.files.listing import Files, names_in
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.objects.video_json import VideoObjects, classes_of_json, painted, read_video_json
from seqseg.data.selection.splitting import assemble
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError

_FOLDERS = {"train": ("train",), "val": ("valid", "val"), "test": ("test",)}


def open_youtube_vis(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`youtube_vis:PATH` -> one video a video of the json.

    Raises:
        DataError: no json, or one whose frames are not there.
    """
    root = Path(where).expanduser()
    files = {part: found for part, names in _FOLDERS.items() if (found := _find(root, names))}
    if not files:
        raise DataError(f"no YouTube-VIS at {root}: it has no train/instances.json and no train.json; give its folder")
    wanted = files if split == "all" else {part: files[part] for part in (split,) if part in files}
    held = {part: (read_video_json(json, left_out), images) for part, (json, images) in wanted.items()}
    if not held:
        raise DataError(f"youtube_vis:{root} has no {split} split; there are: {', '.join(files)}")
    classes, class_of_name = classes_of_json([video for videos, _ in held.values() for video in videos])
    videos: dict[str, list[Video]] = {}
    for part, (objects, images) in held.items():
        videos[part] = []
        for one in objects:
            try:
                frames = ImageFiles(_frames(one, images))
                videos[part].append(Video(one.name, frames, painted(one, class_of_name, len(frames))))
            except DataError as error:
                left_out.add(error)
    return assemble(f"youtube_vis:{root}", split, videos, classes)


def _find(root: Path, names: tuple[str, ...]) -> tuple[Path, Path] | None:
    """The json and the folder of images of a split."""
    for name in names:
        images = next((place for place in (root / name / "JPEGImages", root / "JPEGImages") if place.is_dir()), None)
        for json in (root / name / "instances.json", root / f"{name}.json", root / "annotations" / f"{name}.json"):
            if images and json.is_file():
                return json, images
    return None


def _frames(one: VideoObjects, images: Path) -> Files:
    names = [name.replace("\\", "/") for name in one.file_names]  # written on Windows
    folders = {str(Path(name).parent) for name in names}
    there = {f"{folder}/{name}" for folder in folders for name in names_in(images / folder, (".jpg", ".jpeg", ".png"))}
    missing = [name for name in names if name not in there]
    if missing:
        raise DataError(f"{one.index.file} names {missing[0]}, which is not in {images}; copy it there")
    return Files(images, names)
