"""Movies, each with a movie or a folder of masks.

    PATH/name.mp4          with PATH/name_mask.mkv or PATH/name_mask/000000.png …, or
    PATH/name.mp4          with PATH/masks/name.mkv or PATH/masks/name/000000.png …
    PATH/train/…           and val/ and test/ likewise
    PATH/classes.txt       optional: names and values (see class_list.py)

Besides _mask, names may end in _masks, _label, _labels or _gt. PATH may be one movie. A mask movie is lossless gray,
such as FFV1 in mkv, with a picture for every frame. In a folder the number in a mask's name is that of its frame, from
0 on, and frames without a mask have no label; as many masks as frames are taken in natural order.
`movies:PATH,foreground=255` as for folders.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np

from seqseg.data.class_list import ClassList, foreground_class_list, infer_class_list, read_class_list, split_foreground
from seqseg.data.decode import LABEL_SUFFIXES, LabelFiles, natural_key
from seqseg.data.file_classes import values_of_files
from seqseg.data.folders import MASK_ENDINGS, MASK_FOLDERS, SPLIT_FOLDERS, child_folder
from seqseg.data.label_meaning import LabelError
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.splitting import assemble
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError
from streams.sources import MovieFrames

MOVIE_SUFFIXES = (
    ".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv", ".ts", ".mts", ".ogv", ".gif",
)  # fmt: skip


class LabelMovie(Sequence):
    """A movie of labels as a lazy sequence of masks uint8 (h, w); `meaning` as in `LabelFiles`."""

    def __init__(self, path: Path, meaning: Callable[[np.ndarray], np.ndarray]):
        self.path, self.meaning = path, meaning
        self._frames = _open_movie(path, "gray", path.stat().st_mtime)

    def __len__(self):
        return len(self._frames)

    def __getitem__(self, index):
        try:
            return self.meaning(self._frames[index])
        except LabelError as error:
            raise DataError(f"the mask {self.describe(index)} {error}") from None

    @property
    def present(self) -> tuple[bool, ...]:
        """Every frame has a picture in the mask movie."""
        return (True,) * len(self)

    def describe(self, index: int) -> str:
        """The movie and the frame of mask `index`."""
        return f"{self.path} (frame {index})"


class _PictureMovie(Sequence):
    """A movie as a lazy sequence of RGB frames (h, w, 3) that can say where they come from."""

    def __init__(self, path: Path):
        self.path = path
        self._frames = _open_movie(path, "rgb", path.stat().st_mtime)
        self.times: list[Fraction] = self._frames.times

    def __len__(self):
        return len(self._frames)

    def __getitem__(self, index):
        return self._frames[index]

    def describe(self, index: int) -> str:
        return f"{self.path} (frame {index})"


def open_movies(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`movies:PATH` -> one video a movie.

    Raises:
        DataError: no such path, no movies, no masks at all, or masks that do not fit.
        streams.errors.SourceError: a movie that cannot be decoded.
    """
    path, foreground = split_foreground(where, "movies")
    root = Path(path).expanduser()
    by_split = _find_movies(root)
    name = f"movies:{root}"
    classes = _classes(root, name, [mask for found in by_split.values() for _, mask in found if mask], foreground)
    videos = {part: [_video(movie, mask, classes) for movie, mask in found] for part, found in by_split.items()}
    return assemble(name, split, videos, classes)


def masks_by_frame(folder: Path, frames: int) -> list[Path | None]:
    """The masks of a folder by the frame they number, None where there is none; as many as frames go in order.

    Raises:
        DataError: a mask that belongs to no frame.
    """
    files = _mask_files(folder)
    if len(files) == frames:
        return files
    by_number: dict[int, Path] = {}
    for file in files:
        digits = re.findall(r"\d+", file.stem)
        if not digits or int(digits[-1]) >= frames:
            raise DataError(f"the mask {file} belongs to none of the frames 0–{frames - 1}; name masks by frame number")
        by_number[int(digits[-1])] = file
    return [by_number.get(index) for index in range(frames)]


def _find_movies(root: Path) -> dict[str, list[tuple[Path, Path | None]]]:
    """Movies, each with its mask movie, mask folder or None, by split; all under "" when nobody has split them."""
    if root.is_file():
        found = {"": [(root, _mask_beside(root))]}
    elif root.is_dir():
        folders = {split: child_folder(root, names) for split, names in SPLIT_FOLDERS.items()}
        found = {split: list(_movies_in(folder)) for split, folder in folders.items() if folder}
        found = found or {"": list(_movies_in(root))}
    else:
        raise DataError(f"there is no {root}; give a movie, or a folder of movies")
    movies = [pair for pairs in found.values() for pair in pairs]
    if not movies:
        raise DataError(f"movies:{root} has no movies ({', '.join(MOVIE_SUFFIXES[:5])}, …); put some there")
    if not any(mask for _, mask in movies):
        stem = movies[0][0].stem
        raise DataError(f"movies:{root} has no masks; put {stem}_mask.mkv or {stem}_mask/ beside {movies[0][0].name}")
    return found


def _movies_in(folder: Path) -> Iterator[tuple[Path, Path | None]]:
    movies = sorted((path for path in folder.iterdir() if path.suffix.lower() in MOVIE_SUFFIXES), key=natural_key)
    masks = {movie: _mask_beside(movie) for movie in movies}
    taken = set(masks.values())
    return ((movie, mask) for movie, mask in masks.items() if movie not in taken)


def _mask_beside(movie: Path) -> Path | None:
    """name_mask.* or the folder name_mask beside the movie, else name.* or the folder name in masks/."""
    mask_folder = child_folder(movie.parent, MASK_FOLDERS)
    places = [(movie.parent, movie.stem + ending) for ending in MASK_ENDINGS if ending]
    places += [(mask_folder, movie.stem + ending) for ending in MASK_ENDINGS if mask_folder]
    for folder, stem in places:
        if (folder / stem).is_dir():
            return folder / stem
        for suffix in MOVIE_SUFFIXES:
            if (folder / f"{stem}{suffix}").is_file():
                return folder / f"{stem}{suffix}"
    return None


def _video(movie: Path, mask: Path | None, classes: ClassList) -> Video:
    frames = _PictureMovie(movie)
    if mask is None:
        masks = None
    elif mask.is_dir():
        masks = LabelFiles(masks_by_frame(mask, len(frames)), classes.meaning)
    else:
        masks = LabelMovie(mask, classes.meaning)
        if len(masks) != len(frames):
            raise DataError(f"{mask} has {len(masks)} pictures, {movie.name} has {len(frames)}; give one mask a frame")
    return Video(movie.stem, frames, masks, frames.times)


def _mask_files(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if path.suffix.lower() in LABEL_SUFFIXES), key=natural_key)


def _classes(root: Path, name: str, masks: list[Path], foreground: str | None) -> ClassList:
    if foreground is not None:
        return foreground_class_list(foreground)
    named = read_class_list(root if root.is_dir() else root.parent)
    if named:
        return named
    files = tuple(file for mask in masks if mask.is_dir() for file in _mask_files(mask))
    values = set(values_of_files(files)) if files else set()
    for mask in masks:
        if mask.is_file():
            values |= _values_of_movie(mask, mask.stat().st_mtime)
    return infer_class_list(values, name, masks=len(masks))


@lru_cache(maxsize=64)
def _values_of_movie(path: Path, changed: float) -> frozenset[int]:
    return frozenset(int(value) for mask in _open_movie(path, "gray", changed) for value in np.unique(mask))


@lru_cache(maxsize=64)
def _open_movie(path: Path, pixels: str, _changed: float) -> MovieFrames:
    """Opening decodes the whole movie once to know its frames, so the two splits of a set share it."""
    return MovieFrames(path, pixels=pixels)
