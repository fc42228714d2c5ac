"""Moving MNIST (Srivastava, Mansimov & Salakhutdinov 2015): handwritten digits that bounce inside a black square.

    PATH/train-images-idx3-ubyte[.gz], train-labels-idx1-ubyte[.gz], t10k-images…, t10k-labels…     MNIST's own files
    PATH/mnist_test_seq.npy     the published 10,000 test sequences (20, 10000, 64, 64); PATH may be the file itself

Sequences are drawn when read, the same for the same seed and number, by the rule of the paper's code: a digit starts
anywhere, moves in its direction by `step` of the free way a frame and is reflected at the border; where digits overlap
the brighter pixel shows. train draws from the first 50,000 training digits, val from the
last 10,000, test from the test digits. Options: `digits=2,size=64,frames=20,seed=0,videos=…,threshold=127,step=0.1` and
`labels=digit|class`: whether a pixel shows a digit (brighter than the threshold), or which, 0–9. A PATH that holds
mnist_test_seq.npy gives it as test; it can only be labelled digit.
"""

import gzip
import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.files.npy import open_npy
from seqseg.data.labels.palette import voc_palette
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.sequences import FrameSequence, MaskSequence
from seqseg.data.spec import one_of, split_options, whole_number
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError

PUBLISHED = "mnist_test_seq.npy"
CLASSES = {"digit": ("background", "digit"), "class": ("background", *map(str, range(10)))}
_TRAINED_ON = 50_000
_VIDEOS = {"train": 10_000, "val": 100, "test": 1_000}
_MAGIC = {3: 2051, 1: 2049}  # by the number of axes in an idx file


@dataclass(frozen=True)
class Rule:
    """How sequences are drawn: digits of 28x28 in a square of `size`; `step` is a share of the free way a frame."""

    digits: int = 2
    size: int = 64
    frames: int = 20
    seed: int = 0
    step: float = 0.1
    threshold: int = 127


class Bouncing:
    """One sequence, drawn frame by frame from `images` (n, 28, 28) and their `classes` (n,).

    Example:
        >>> one = Bouncing(np.full((1, 28, 28), 255, np.uint8), np.array([7]), Rule(digits=1, size=40), (0, 3))
        >>> frame, owner = one.draw(4)
        >>> int((frame > 0).sum()) == 28 * 28 and int(owner.max()) == 8
        True
    """

    def __init__(self, images: np.ndarray, classes: np.ndarray, rule: Rule, key: tuple[int, ...]):
        self.images, self.classes, self.rule, self.key = images, classes, rule, key

    def draw(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """The picture uint8 (h, w), and uint8 (h, w): 1 + the class of the digit seen there, 0 where none is."""
        size, side = self.rule.size, self.images.shape[1]
        picture, owner = np.zeros((size, size), np.uint8), np.zeros((size, size), np.uint8)
        chosen, corners = self._walk
        for digit, (top, left) in zip(chosen, corners[frame], strict=True):
            place = np.s_[top : top + side, left : left + side]
            brighter = self.images[digit] > picture[place]
            owner[place][brighter] = 1 + self.classes[digit]
            picture[place][brighter] = self.images[digit][brighter]
        return picture, owner

    @cached_property
    def _walk(self) -> tuple[np.ndarray, np.ndarray]:
        """Which digits, (digits,), and their upper left corners, (frames, digits, 2)."""
        rng = np.random.default_rng([self.rule.seed, *self.key])
        chosen = rng.integers(0, len(self.images), self.rule.digits)
        corners = bounce(rng, self.rule, self.rule.size - self.images.shape[1])
        return chosen, corners


def bounce(rng: np.random.Generator, rule: Rule, way: int) -> np.ndarray:
    """Corners (frames, digits, 2) as y and x in 0…way: the paper's walk in the unit square, times the free way."""
    place = rng.random((rule.digits, 2))
    angle = rng.random(rule.digits) * 2 * np.pi
    speed = rule.step * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    walk = np.empty((rule.frames, rule.digits, 2), np.int64)
    for frame in range(rule.frames):
        place = place + speed
        outside = (place <= 0) | (place >= 1)
        place, speed = place.clip(0, 1), np.where(outside, -speed, speed)
        walk[frame] = way * place
    return walk


def open_moving_mnist(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`moving_mnist:PATH,digits=2,frames=20` -> videos drawn when read.

    Raises:
        DataError: files that are missing or damaged, or options that cannot be.
    """
    path, options = split_options(where, "moving_mnist", _OPTIONS)
    root, kind, count = Path(path).expanduser(), options.pop("labels", "digit"), options.pop("videos", None)
    rule = Rule(**options)
    splits = list(_VIDEOS) if split == "all" else [split]
    videos: list[Video] = []
    notes = []
    for part in splits:
        file = root if root.name.endswith(".npy") else root / PUBLISHED
        if part == "test" and file.is_file():
            videos += _published(file, count, kind, rule.threshold)
            notes.append(f"test is {file}")
        elif root.name.endswith(".npy"):
            raise DataError(f"{root} holds test sequences only; give a folder with MNIST's files for {part}")
        else:
            videos += _made(root, part, count, kind, rule)
    return VideoSet(
        "moving_mnist", split, tuple(videos), CLASSES[kind], voc_palette(len(CLASSES[kind])), notes=tuple(notes)
    )


def _made(root: Path, split: str, count: int | None, kind: str, rule: Rule) -> list[Video]:
    images = read_idx(root, "t10k-images" if split == "test" else "train-images", 3)
    if kind == "class":
        classes = read_idx(root, "t10k-labels" if split == "test" else "train-labels", 1)
        if len(classes) != len(images) or classes.max(initial=0) > 9:
            raise DataError(f"MNIST at {root}: {len(images)} images but {len(classes)} labels; copy the files again")
    else:
        classes = np.zeros(len(images), np.uint8)
    if rule.size < images.shape[1]:
        raise DataError(f"moving_mnist: size={rule.size} is less than a digit's {images.shape[1]}; use a larger one")
    cut = min(_TRAINED_ON, len(images) * 5 // 6)
    part = {"train": slice(0, cut), "val": slice(cut, None), "test": slice(None)}[split]
    number = list(_VIDEOS).index(split)
    videos = []
    for index in range(count or _VIDEOS[split]):
        made = Bouncing(images[part], classes[part], rule, (number, index))
        videos.append(Video(f"{split}/{index:05d}", _DrawnFrames(made), _DrawnMasks(made)))
    return videos


def _published(file: Path, count: int | None, kind: str, threshold: int) -> list[Video]:
    if kind == "class":
        raise DataError(f"{file} does not name its digits; use labels=digit")
    sequences = open_npy(file, "the sequences", "download it again")
    if sequences.ndim != 4 or sequences.dtype != np.uint8:
        raise DataError(f"{file} holds {sequences.dtype} {sequences.shape}, not uint8 (frames, videos, h, w)")
    videos = sequences.shape[1]
    chosen = [sequences[:, index] for index in range(min(count or videos, videos))]
    return [
        Video(f"test/{index:05d}", _StoredFrames(sequence), _StoredMasks(sequence, threshold))
        for index, sequence in enumerate(chosen)
    ]


def read_idx(root: Path, stem: str, axes: int) -> np.ndarray:
    """One of MNIST's idx files, plain or gzipped -> uint8 with so many axes.

    Raises:
        DataError: it is not there, damaged, or not what its name says.
    """
    kind = f"-idx{axes}-ubyte"
    names = [f"{stem}{kind}.gz", f"{stem}{kind}", f"{stem}.{kind[1:]}.gz", f"{stem}.{kind[1:]}"]
    file = next((root / name for name in names if (root / name).is_file()), None)
    if file is None:
        raise DataError(f"no MNIST at {root}: there is no {names[0]}; give the folder that holds MNIST's four files")
    return _read_idx(file, axes, file.stat().st_mtime)


_MOST_BYTES = 2**30


@lru_cache(maxsize=8)
def _read_idx(file: Path, axes: int, _changed: float) -> np.ndarray:
    try:
        data = file.read_bytes()
        packed = gzip.GzipFile(fileobj=io.BytesIO(data)) if file.suffix == ".gz" else io.BytesIO(data)
        start = 4 + 4 * axes
        data = packed.read(start)
        magic, *shape = struct.unpack_from(f">{1 + axes}I", data)
        # At most the announced size and twenty times MNIST, against decompression bombs.
        data += packed.read(min(int(np.prod(shape, dtype=object)), _MOST_BYTES) + 1)
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise DataError(f"cannot read {file}: {error}; download it again") from None
    if magic != _MAGIC[axes] or len(data) - start != int(np.prod(shape, dtype=object)) or not shape[0]:
        raise DataError(f"{file} is no MNIST file, or cut: {len(data)} bytes for {shape}; download it again")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


class _DrawnFrames(FrameSequence):
    """The frames of a sequence, drawn when indexed."""

    def __init__(self, made: Bouncing):
        self._made, self._range = made, range(made.rule.frames)

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, index: int) -> np.ndarray:
        return _rgb(self._made.draw(self._range[index])[0])


class _DrawnMasks(MaskSequence):
    """Their masks."""

    def __init__(self, made: Bouncing):
        self._made, self._range = made, range(made.rule.frames)

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, index: int) -> np.ndarray:
        picture, owner = self._made.draw(self._range[index])
        return np.where(picture > self._made.rule.threshold, owner, np.uint8(0))

    @property
    def present(self) -> tuple[bool, ...]:
        return (True,) * len(self._range)


class _StoredFrames(FrameSequence):
    """The frames of a published sequence uint8 (frames, h, w)."""

    def __init__(self, sequence: np.ndarray):
        self._sequence = sequence

    def __len__(self) -> int:
        return len(self._sequence)

    def __getitem__(self, index: int) -> np.ndarray:
        return _rgb(self._sequence[index])


class _StoredMasks(MaskSequence):
    """Their masks."""

    def __init__(self, sequence: np.ndarray, threshold: int):
        self._sequence, self._threshold = sequence, threshold

    def __len__(self) -> int:
        return len(self._sequence)

    def __getitem__(self, index: int) -> np.ndarray:
        return np.asarray(self._sequence[index] > self._threshold, np.uint8)

    @property
    def present(self) -> tuple[bool, ...]:
        return (True,) * len(self._sequence)


def _rgb(gray: np.ndarray) -> np.ndarray:
    return np.repeat(gray[..., None], 3, axis=2)


def _share(value: str) -> float:
    number = float(value)
    if not 0 < number <= 1:
        raise ValueError("a share above 0 and at most 1")
    return number


_OPTIONS: dict[str, Callable[[str], Any]] = {
    "digits": whole_number(1, 100), "size": whole_number(28, 4096), "frames": whole_number(1, 100_000),
    "seed": whole_number(0), "videos": whole_number(1), "threshold": whole_number(0, 254), "step": _share,
    "labels": one_of(*CLASSES),
}  # fmt: skip
