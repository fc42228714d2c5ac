"""Frames without labels, for training on frames alone: movies and folders of images.

    PATH            a movie, a TIFF of many pages, a folder of images, or a folder of movies, of TIFFs or of folders of
                    images, each a video
    PATH/train/…    and val/ and test/ likewise

Without these, the last fifth of the videos is val; of a single one, the last fifth of its frames.
"""

from pathlib import Path

import numpy as np

from seqseg.data.files.decoding import IMAGE_SUFFIXES, ImageFiles
from seqseg.data.files.folder_names import SPLIT_FOLDERS, child_folder
from seqseg.data.files.label_movie import MOVIE_SUFFIXES
from seqseg.data.files.listing import Files, files_in, folders_in, names_in, readable_name
from seqseg.data.files.tiff_pages import count_pages
from seqseg.data.kinds.movies import PictureMovie
from seqseg.data.kinds.tiff import TiffFrames
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.selection.splitting import VALIDATION_SHARE
from seqseg.data.spec import split_options
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError
from streams.errors import SourceError


def open_frames(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`frames:PATH` -> one video a movie or folder of images, without labels; the one class is a placeholder.

    Raises:
        DataError: no such path, nothing in it, or too little to split.
        streams.errors.SourceError: a movie that cannot be decoded.
    """
    path, _ = split_options(where, "frames", {})
    root = Path(path).expanduser()
    if not root.exists():
        raise DataError(f"there is no {root}; give a movie, a folder of images, or a folder of such")
    folders = {name: child_folder(root, names) for name, names in SPLIT_FOLDERS.items()} if root.is_dir() else {}
    found = {name: _videos(folder, left_out) for name, folder in folders.items() if folder}
    notes: tuple[str, ...] = ()
    if split == "all":
        videos = [video for part in found.values() for video in part] or _videos(root, left_out)
    elif split in found:
        videos = found[split]
    elif split == "test":
        raise DataError(f"frames:{root} has no test/ folder; make one, or use val")
    else:
        videos, note = _divided(found.get("train") or _videos(root, left_out), split, f"frames:{root}")
        notes = (note,)
    name = f"frames:{root}"
    found_videos = require_videos(name, split, videos, "put movies, images or folders of images there")
    return VideoSet(name, split, found_videos, ("frame",), np.zeros((1, 3), np.uint8), notes=notes)


def _videos(root: Path, left_out: LeftOut) -> list[Video]:
    if root.is_file():
        return _stack(root) if is_stack(root) else _movie(root, left_out)
    images = names_in(root, IMAGE_SUFFIXES)
    if images and all(is_stack(root / name) for name in images):
        return [video for name in images for video in _stack(root / name)]
    movies = files_in(root, MOVIE_SUFFIXES)
    if images and movies:
        raise DataError(
            f"frames:{root} holds {len(movies)} movies and {len(images)} images ({movies[0].name}, {images[0]} …); "
            "move either into a folder of its own"
        )
    if images:
        return [_folder(root, images)]
    videos = [video for movie in movies for video in _movie(movie, left_out)]
    for folder in folders_in(root):
        if images := names_in(folder, IMAGE_SUFFIXES):
            videos.append(_folder(folder, images))
    return videos


def _folder(folder: Path, images: list[str]) -> Video:
    return Video(readable_name(folder.name), ImageFiles(Files(folder, images)))


def is_stack(path: Path) -> bool:
    """Whether a file is a TIFF of several pages."""
    return path.suffix.lower() in (".tif", ".tiff") and count_pages(path) > 1


def _stack(path: Path) -> list[Video]:
    return [Video(readable_name(path.stem), TiffFrames(path))]


def _movie(path: Path, left_out: LeftOut) -> list[Video]:
    try:
        frames = PictureMovie(path)
        return [Video(readable_name(path.stem), frames, None, frames.times)]
    except (DataError, SourceError) as error:
        left_out.add(error)
        return []


def _divided(videos: list[Video], split: str, where: str) -> tuple[list[Video], str]:
    """The videos of train or val, and a sentence on how they were divided."""
    if len(videos) > 1:
        cut = len(videos) - max(1, round(VALIDATION_SHARE * len(videos)))
        note = f"no val/ folder: the last {len(videos) - cut} of {len(videos)} videos are val"
        return (videos[cut:] if split == "val" else videos[:cut]), note
    if not videos:
        return [], ""
    video = videos[0]
    if len(video) < 4:
        raise DataError(
            f"{where} has {len(video)} frames, too few to keep some back for val; give more, or a val/ folder"
        )
    cut = len(video) - max(2, round(VALIDATION_SHARE * len(video)))
    note = f"no val/ folder and one video: frames {cut}–{len(video) - 1} of {video.name} are val"
    return [video.part(cut, len(video), video.name) if split == "val" else video.part(0, cut, video.name)], note
