"""CVAT's exports: "CVAT for images 1.1", "CVAT for video 1.1" and "Segmentation mask 1.1".

    PATH/annotations.xml, PATH/images/…           images (polygons, boxes, ellipses, masks), or a video's tracks
    PATH/annotations.xml, PATH/movie.mp4          a video's tracks beside the movie itself
    PATH/labelmap.txt, JPEGImages/ SegmentationClass/ ImageSets/Segmentation/*.txt      masks in colours

Polygons are painted as CVAT exports them, by pycocotools, a higher z-order on top. Keyframes of a track are joined by
straight lines where their points are as many, and held where they are not; outside=1 ends a track until it comes back.
"""

from pathlib import Path

from seqseg.data.drawn.finding import find_image
from seqseg.data.drawn.sets import DrawnFrame, DrawnVideo, class_words, drawn_image, drawn_set
from seqseg.data.drawn.shapes import as_coco
from seqseg.data.files.decoding import ImageFiles
from seqseg.data.files.listing import Files, files_in
from seqseg.data.kinds.cvat.annotations import CvatFile, read_cvat
from seqseg.data.kinds.cvat.masks import open_mask_export
from seqseg.data.kinds.movies import PictureMovie
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.sequences import FrameSequence
from seqseg.data.spec import split_options
from seqseg.data.video import VideoSet
from seqseg.errors import DataError

MOVIE_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm")


def open_cvat(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`cvat:PATH[,classes=a+b]` -> a video an image, or one for a video's tracks.

    Raises:
        DataError: no export of CVAT, one that cannot be read, or images that are not there.
    """
    path, options = split_options(where, "cvat", {"classes": class_words})
    root = Path(path).expanduser()
    if not root.exists():
        raise DataError(f"there is no {root}; give the folder of an export of CVAT, or its annotations.xml")
    if root.is_dir() and (root / "labelmap.txt").is_file():
        return open_mask_export(root, split, left_out)
    file = root if root.is_file() else root / "annotations.xml"
    if not file.is_file():
        raise DataError(f"cvat:{root} has no annotations.xml and no labelmap.txt; export it from CVAT with images")
    found = read_cvat(file, left_out)
    videos = [_video(found, file)] if found.tracks else _images(found, file, left_out)
    return drawn_set(
        f"cvat:{root}",
        split,
        {"": videos},
        rasterise=as_coco,
        left_out=left_out,
        folder=file.parent,
        known=found.labels,
        classes=options.get("classes"),
    )


def _images(found: CvatFile, file: Path, left_out: LeftOut) -> list[DrawnVideo]:
    videos = []
    for one in found.images:
        image = find_image(file.parent, [f"images/{one.name}", one.name, f"images/{Path(one.name).name}"])
        if image is None:
            left_out.add(
                DataError(f"{file} labels {one.name}, which is not in {file.parent / 'images'}; copy it there")
            )
            continue
        frame = DrawnFrame(one.size, one.shapes)
        videos.append(drawn_image(Path(one.name).with_suffix("").as_posix(), image, frame, f"{file}, {one.name}"))
    return videos


def _video(found: CvatFile, file: Path) -> DrawnVideo:
    frames = _frames_of(file.parent)
    if found.size is None:
        raise DataError(f"{file} has tracks but no original_size; export it again as CVAT for video 1.1")
    drawn = tuple(
        DrawnFrame(found.size, tuple(shape for track in found.tracks if (shape := track.at(index)) is not None))
        for index in range(len(frames))
    )
    return DrawnVideo(found.name or file.parent.name, frames, drawn, lambda index: f"{file}, frame {index}")


def _frames_of(folder: Path) -> FrameSequence:
    images = folder / "images"
    names = [path.name for path in files_in(images, (".png", ".jpg", ".jpeg"))] if images.is_dir() else []
    if names:
        return ImageFiles(Files(images, names))
    movies = files_in(folder, MOVIE_SUFFIXES)
    if len(movies) == 1:
        return PictureMovie(movies[0])
    raise DataError(f"{folder} has no images/ and {len(movies)} movies; put the video's frames or the one movie there")
