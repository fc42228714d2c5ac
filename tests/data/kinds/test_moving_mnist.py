"""Moving MNIST, made from the real digits and held to the walk of the paper's code."""

import gzip
import struct

import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.data.kinds.moving_mnist import Bouncing, Rule, bounce, read_idx
from seqseg.errors import DataError


def idx(path, values):
    magic = 0x0800 | values.ndim
    path.write_bytes(gzip.compress(struct.pack(f">{1 + values.ndim}I", magic, *values.shape) + values.tobytes()))


@pytest.fixture
def mnist(tmp_path):
    rng = np.random.default_rng(0)
    for stem, count in (("train", 12), ("t10k", 5)):
        images = rng.integers(0, 256, (count, 28, 28), np.uint8)
        idx(tmp_path / f"{stem}-images-idx3-ubyte.gz", images)
        idx(tmp_path / f"{stem}-labels-idx1-ubyte.gz", np.arange(count, dtype=np.uint8) % 10)
    return tmp_path


def the_papers_walk(y, x, theta, step_length, length, canvas):
    """One digit's corners, as the paper describes its code: move, bounce off the edges, take whole pixels."""
    v_y, v_x = np.sin(theta), np.cos(theta)
    corners = []
    for _ in range(length):
        y, x = y + v_y * step_length, x + v_x * step_length
        if x <= 0:
            x, v_x = 0, -v_x
        if x >= 1:
            x, v_x = 1, -v_x
        if y <= 0:
            y, v_y = 0, -v_y
        if y >= 1:
            y, v_y = 1, -v_y
        corners.append((int(canvas * y), int(canvas * x)))
    return corners


@pytest.mark.parametrize("seed", range(4))
def test_digits_walk_as_in_the_paper(seed):
    rule = Rule(digits=3, frames=60)
    corners = bounce(np.random.default_rng(seed), rule, 36)
    rng = np.random.default_rng(seed)
    places, angles = rng.random((3, 2)), rng.random(3) * 2 * np.pi
    for digit in range(3):
        expected = the_papers_walk(*places[digit], angles[digit], 0.1, 60, 36)
        np.testing.assert_array_equal(corners[:, digit], expected)


def test_where_digits_overlap_the_brighter_pixel_shows_and_is_labelled():
    images = np.stack([np.full((28, 28), 100, np.uint8), np.full((28, 28), 200, np.uint8)])
    one = Bouncing(images, np.array([4, 9]), Rule(digits=2, size=30, frames=5, seed=1), (0, 0))
    chosen, _ = one._walk
    for frame in range(5):
        picture, owner = one.draw(frame)
        assert picture.max() == images[chosen].max()
        np.testing.assert_array_equal(owner[picture == 200], 10)
        np.testing.assert_array_equal(owner[picture == 100], 5)


def test_masks_are_the_bright_pixels_or_the_digits_class(mnist):
    source = f"moving_mnist:{mnist},videos=3,frames=6,size=50,threshold=99"
    for split in ("train", "val", "test"):
        plain, named = (open_data(source + option, split=split).videos[2] for option in ("", ",labels=class"))
        assert (len(plain), plain.size) == (6, (50, 50))
        np.testing.assert_array_equal(plain.mask(4), plain.frame(4)[..., 0] > 99)
        np.testing.assert_array_equal(named.mask(4) > 0, plain.mask(4) > 0)
        np.testing.assert_array_equal(named.frame(4), plain.frame(4))


def test_the_same_number_is_the_same_video_whatever_else_is_asked_for(mnist):
    few, many = (open_data(f"moving_mnist:{mnist},videos={count}").videos[1] for count in (2, 9))
    other = open_data(f"moving_mnist:{mnist},videos=2,seed=1").videos[1]
    np.testing.assert_array_equal(few.frame(7), many.frame(7))
    assert (few.frame(7) != other.frame(7)).any()


def test_train_and_val_have_no_digit_in_common(mnist):
    images = read_idx(mnist, "train-images", 3)
    parts = {}
    for split in ("train", "val"):
        video = open_data(f"moving_mnist:{mnist},digits=1,videos=1", split=split).videos[0]
        frame = video.frame(3)[..., 0]
        rows, columns = np.flatnonzero(frame.any(axis=1)), np.flatnonzero(frame.any(axis=0))
        shown = frame[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        parts[split] = {n for n, image in enumerate(images) if image.shape == shown.shape and (image == shown).all()}
    assert parts["train"] <= set(range(10)) and parts["val"] <= {10, 11} and all(parts.values())


def test_real_digits_are_read_whole(shared_data):
    root = shared_data / "mnist"
    images, labels = read_idx(root, "t10k-images", 3), read_idx(root, "t10k-labels", 1)
    assert images.shape == (10000, 28, 28)
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]  # LeCun's counts
    data = open_data(f"moving_mnist:{root},labels=class", split="test")
    assert (data.frames, len(data.classes)) == (20_000, 11)
    assert 0.02 < (data.videos[3].mask(10) > 0).mean() < 0.15


def test_the_published_test_sequences_are_taken_as_they_are(tmp_path):
    sequences = np.random.default_rng(0).integers(0, 256, (20, 3, 64, 64), np.uint8)
    np.save(tmp_path / "mnist_test_seq.npy", sequences)
    for source in (f"moving_mnist:{tmp_path}", f"moving_mnist:{tmp_path / 'mnist_test_seq.npy'}"):
        data = open_data(source, split="test")
        assert data.frames == 60
        np.testing.assert_array_equal(data.videos[2].frame(19)[..., 1], sequences[19, 2])
        np.testing.assert_array_equal(data.videos[2].mask(19), sequences[19, 2] > 127)
    with pytest.raises(DataError, match="does not name its digits"):
        open_data(f"moving_mnist:{tmp_path},labels=class", split="test")
    with pytest.raises(DataError, match="test sequences only"):
        open_data(f"moving_mnist:{tmp_path / 'mnist_test_seq.npy'}")


def test_files_that_are_missing_cut_or_no_mnist_are_named(tmp_path, mnist):
    with pytest.raises(DataError, match="there is no train-images-idx3-ubyte.gz"):
        open_data(f"moving_mnist:{tmp_path / 'gone'}")
    with pytest.raises(DataError, match="size must be a whole number from 28"):
        open_data(f"moving_mnist:{mnist},size=20")
    file = mnist / "train-images-idx3-ubyte.gz"
    whole = file.read_bytes()
    for bad in (whole[:-20], b"", whole[:5], gzip.compress(gzip.decompress(whole)[:-1]), gzip.compress(b"abc")):
        file.write_bytes(bad)
        with pytest.raises(DataError, match="train-images-idx3-ubyte.gz"):
            open_data(f"moving_mnist:{mnist}")
