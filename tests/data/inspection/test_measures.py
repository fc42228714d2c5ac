"""What one frame shows."""

import cv2
import numpy as np

from seqseg.data import Video, VideoSet, open_data
from seqseg.data.inspection.measures import difference_hash, glance, look
from tests.data.sound_sets import FRAMES, HEIGHT, WIDTH, label, write, write_folders


def one(frame, mask=None, *, classes=("a", "b")):
    video = Video("v", frame[None], None if mask is None else mask[None])
    return VideoSet("made", "all", (video,), classes, np.zeros((len(classes), 3), np.uint8)), video


def noise(seed=0, size=(40, 60)):
    small = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), np.uint8)
    return cv2.resize(small, size[::-1], interpolation=cv2.INTER_CUBIC)


def test_brightness_and_contrast_are_numpys_mean_and_deviation_of_luma():
    frame = noise()
    found = look(*one(frame), 0)
    luma = frame @ np.array([0.299, 0.587, 0.114])
    assert abs(found.brightness - luma.mean()) < 0.6 and abs(found.contrast - luma.std()) < 0.6


def test_the_hash_is_that_of_the_picture_smaller_or_brighter_and_not_of_another():
    gray = noise()[..., 0]
    base = difference_hash(gray)
    for like in (cv2.resize(gray, (120, 80)), (gray * 0.8 + 20).astype(np.uint8), cv2.GaussianBlur(gray, (3, 3), 0)):
        assert (base ^ difference_hash(like)).bit_count() <= 3
    assert (base ^ difference_hash(noise(1)[..., 0])).bit_count() > 12


def test_the_digest_is_of_pixels_and_shape():
    flat = np.zeros((4, 6, 3), np.uint8)
    digests = {glance(*one(frame), 0).digest for frame in (flat, flat.copy(), flat.reshape(6, 4, 3), flat + 1)}
    assert len(digests) == 3


def test_objects_are_counted_by_the_power_of_two_of_their_share():
    mask = np.zeros((16, 16), np.uint8)
    mask[0:4, 0:4] = 1  # 1/16 of the image
    mask[8, 8] = mask[12, 12] = 1  # 1/256 each
    areas = look(*one(np.zeros((16, 16, 3), np.uint8), mask), 0).areas
    assert np.flatnonzero(areas[1]).tolist() == [4, 8] and areas[1][8] == 2
    assert areas[0].sum() == 1


def test_labels_that_are_no_classes_are_counted_instead_of_stopping(tmp_path):
    source = write_folders(tmp_path)
    mask = label(2)
    mask[0, :3] = 77
    mask[1, :2] = 9
    write(tmp_path / "masks/2.png", mask)
    data = open_data(f"{source}", split="all")
    found = look(data, data.videos[0], 2)
    assert found.unknown_values == (("9", 2), ("77", 3)) and found.unreadable == ()
    assert "masks/2.png has label" in found.problems[0]


def test_colours_of_no_class_are_counted(tmp_path):
    source = write_folders(tmp_path)
    (tmp_path / "classes.txt").write_text("water 10 20 30\nice 40 50 60\n")
    for index in range(FRAMES):
        picture = np.full((HEIGHT, WIDTH, 3), (30, 20, 10), np.uint8)  # cv2 writes blue first
        picture[0, :4] = (9, 8, 7) if index == 1 else (60, 50, 40)
        write(tmp_path / "masks" / f"{index}.png", picture)
    data = open_data(source, split="all")
    assert look(data, data.videos[0], 1).unknown_values == (("7 8 9", 4),)
