"""Movies, each with a movie, a folder, a stack or a json of masks.

    PATH/name.mp4          with PATH/name_mask.mkv or PATH/name_mask/000000.png …, or
    PATH/name.mp4          with PATH/masks/name.mkv or PATH/masks/name/000000.png …
    PATH/name.mp4          with PATH/name.json or PATH/annotations.json (YouTube-VIS or COCO)
    PATH/train/…           and val/ and test/ likewise
    PATH/classes.txt       optional: names and values (see `labels/class_list.py`)

PATH may be one movie; `labels/masks_beside.py` lists the places of masks. A mask movie is lossless gray, as FFV1 in
mkv, with a picture for every frame. In a folder the number in a mask's name is its frame, from 0 on, and frames without
a mask have no label; as many masks as frames are used in natural order. `movies:PATH,foreground=255` and
`instances=1000` as for folders.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np

from seqseg.data.files.label_movie import MOVIE_SUFFIXES, open_movie
from seqseg.data.files.listing import readable_name
from seqseg.data.labels.file_classes import LABEL_OPTIONS
from seqseg.data.labels.masks_beside import find_with_masks, read_masks
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.selection.splitting import assemble
from seqseg.data.sequences import FrameSequence
from seqseg.data.spec import split_options
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError
from streams.errors import SourceError


class PictureMovie(FrameSequence):
    """A movie as a lazy sequence of RGB frames (h, w, 3) with their `times`."""

    path: Path

    def __init__(self, path: Path):
        self.path = path
        self._frames = open_movie(path, "rgb")
        self.times: list[Fraction] = self._frames.times

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> np.ndarray:
        return self._frames[index]

    def describe(self, index: int) -> str:
        """The movie and the number of frame `index`."""
        return f"{self.path} (frame {index})"


def open_movies(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`movies:PATH` -> one video a movie.

    Raises:
        DataError: no such path, no movies, no masks at all, or masks that do not fit.
        streams.errors.SourceError: a movie that cannot be decoded.
    """
    path, options = split_options(where, "movies", LABEL_OPTIONS)
    root = Path(path).expanduser()
    name = f"movies:{root}"
    by_split = find_with_masks(root, MOVIE_SUFFIXES, "movies")
    masks = read_masks([pair for pairs in by_split.values() for pair in pairs], root, name, options, left_out)
    videos: dict[str, list[Video]] = {}
    for part, pairs in by_split.items():
        videos[part] = []
        for movie, mask in pairs:
            try:
                frames = PictureMovie(movie)
                labels = masks.open(mask, movie.name, len(frames)) if mask else None
                videos[part].append(Video(readable_name(movie.stem), frames, labels, frames.times))
            except (DataError, SourceError) as error:
                left_out.add(error)
    return assemble(name, split, videos, masks.classes)
