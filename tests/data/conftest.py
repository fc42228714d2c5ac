"""Small sets with all that a set may have."""

from fractions import Fraction

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.data.labels.planes import pack_planes
from seqseg.data.video import Video, VideoSet

CLASSES = ("ground", "cell", "wall")
PALETTE = np.uint8([[0, 0, 0], [200, 30, 40], [10, 250, 60]])


@pytest.fixture(scope="session")
def make_set():
    """`make_set(5, 3)`: videos of 5 and 3 frames of odd sizes, with times and vectors, and gaps in the labels."""

    def make(*lengths, split="train", multi_label=False, seed=0):
        rng = np.random.default_rng(seed)
        videos = tuple(
            _video(f"video {number}", rng, length, (11 + number, 17 + 2 * number), multi_label)
            for number, length in enumerate(lengths)
        )
        return VideoSet(
            "made",
            split,
            videos,
            CLASSES,
            PALETTE,
            notes=("made up",),
            multi_label=multi_label,
            vector_names=("a", "b"),
        )

    return make


@pytest.fixture(scope="session")
def write_folders():
    """`write_folders(root)` writes one video of PNG files and gives `folders:ROOT`."""
    return _write_folders


@pytest.fixture(scope="session")
def require_equal():
    """`require_equal(back, made)`: every frame, label, time and vector of `back` is that of `made`."""
    return _require_equal


def _write_folders(root, count=5, size=(12, 18)):
    rng = np.random.default_rng(3)
    for number in range(count):
        for kind, picture in (
            ("images", rng.integers(0, 256, (*size, 3), np.uint8)),
            ("masks", rng.integers(0, 3, size, np.uint8)),
        ):
            (root / kind).mkdir(parents=True, exist_ok=True)
            imageio.imwrite(root / kind / f"{number}.png", picture)
    return f"folders:{root}"


def _require_equal(back, made, *, exact=True):
    assert [video.name for video in back.videos] == [video.name for video in made.videos]
    for one, other in zip(back.videos, made.videos, strict=True):
        assert len(one) == len(other)
        assert one.labelled == other.labelled
        assert (None if one.times is None else list(one.times)) == (None if other.times is None else list(other.times))
        if other.vectors is not None:
            np.testing.assert_array_equal(np.stack(list(one.vectors)), np.stack(list(other.vectors)))
        for index in range(len(one)):
            _require_equal_pair(one.pair(index), other.pair(index), exact)


def _require_equal_pair(found, expected, exact):
    assert found[0].shape == expected[0].shape
    if exact:
        np.testing.assert_array_equal(found[0], expected[0])
    assert (found[1] is None) == (expected[1] is None)
    if found[1] is not None:
        np.testing.assert_array_equal(found[1], expected[1])


def _video(name, rng, length, size, multi_label):
    frames = rng.integers(0, 256, (length, *size, 3), np.uint8)
    masks = [_mask(rng, size, multi_label) if index % 3 != 1 else None for index in range(length)]
    times = tuple(Fraction(index * index, 30) for index in range(length))
    return Video(name, frames, masks, times, rng.normal(size=(length, 2)).astype(np.float32))


def _mask(rng, size, multi_label):
    if multi_label:
        return pack_planes(rng.choice(np.uint8([0, 1, 255]), (*size, len(CLASSES))))
    return rng.choice(np.uint8([0, 1, 2, 255]), size)
