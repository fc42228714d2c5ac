"""DAVIS, real and laid out by hand."""

import cv2
import numpy as np
import pytest
from PIL import Image

from seqseg.data import VOID, LeftOut, open_data
from seqseg.errors import DataError


def sequence(root, name, masks, *, resolution="480p"):
    for index, mask in enumerate(masks):
        for kind, suffix in (("JPEGImages", "jpg"), ("Annotations", "png")):
            (root / kind / resolution / name).mkdir(parents=True, exist_ok=True)
            file = root / kind / resolution / name / f"{index:05d}.{suffix}"
            if suffix == "jpg":
                cv2.imwrite(str(file), np.zeros((5, 7, 3), np.uint8))
            elif mask is not None:
                picture = Image.frombytes("P", (7, 5), np.full((5, 7), mask, np.uint8).tobytes())
                picture.putpalette(list(range(256)) * 3)
                picture.save(file)


def lists(root, folder, **names):
    (root / "ImageSets" / folder).mkdir(parents=True)
    for split, lines in names.items():
        (root / "ImageSets" / folder / f"{split.replace('_', '-')}.txt").write_text("\n".join(lines) + "\n")


def names(data):
    return [video.name for video in data.videos]


def test_2017_s_lists_make_the_splits_and_any_object_is_foreground(tmp_path):
    for name, masks in {"bear": (0, 1, 3), "dog": (2, VOID, 0), "cat": (1, None, None)}.items():
        sequence(tmp_path, name, masks)
    lists(tmp_path, "2017", train=["bear"], val=["dog"], test_dev=["cat"])
    assert names(open_data(f"davis:{tmp_path}")) == ["bear"]
    video = open_data(f"davis:{tmp_path}", split="val").videos[0]
    assert [int(video.mask(index)[0, 0]) for index in range(3)] == [1, VOID, 0]
    assert open_data(f"davis:{tmp_path}", split="test").videos[0].labelled == (0,)


def test_objects_are_classes_when_asked_for(tmp_path):
    sequence(tmp_path, "bear", (0, 1, 3))
    lists(tmp_path, "2017", train=["bear"])
    data = open_data(f"davis:{tmp_path},labels=objects")
    assert data.classes[:2] == ("background", "object 1") and len(data.classes) == 11
    assert [int(data.videos[0].mask(index)[0, 0]) for index in range(3)] == [0, 1, 3]
    with pytest.raises(DataError, match="needs the masks of 2017"):
        open_data(f"davis:{tmp_path},labels=objects,year=2016" if not lists(tmp_path, "2016", train=["bear"]) else "")


def test_2016_s_own_lists_name_frames_and_255_is_the_object(tmp_path):
    sequence(tmp_path, "bear", (0, 255))
    sequence(tmp_path, "dog", (255, 255))
    lines = [f"/JPEGImages/480p/bear/0000{index}.jpg /Annotations/480p/bear/0000{index}.png" for index in range(2)]
    lists(tmp_path, "480p", train=lines, val=["/JPEGImages/480p/dog/00000.jpg"])
    video = open_data(f"davis:{tmp_path}").videos[0]
    assert (video.name, len(video), int(video.mask(1).max())) == ("bear", 2, 1)
    assert names(open_data(f"davis:{tmp_path}", split="val")) == ["dog"]


def test_the_year_chooses_the_lists(tmp_path):
    sequence(tmp_path, "bear", (1,))
    sequence(tmp_path, "dog", (1,))
    lists(tmp_path, "2016", train=["bear"])
    lists(tmp_path, "2017", train=["bear", "dog"])
    assert names(open_data(f"davis:{tmp_path},year=2016")) == ["bear"]
    assert names(open_data(f"davis:{tmp_path}")) == ["bear", "dog"]


def test_real_masks_are_pillows(shared_data):
    data = open_data(f"davis:{shared_data / 'davis'}", split="all")
    assert (len(data.videos), data.frames, data.classes) == (8, 445, ("background", "object"))
    for video in data.videos:
        file = shared_data / "davis/Annotations/480p" / video.name / "00005.png"
        np.testing.assert_array_equal(video.mask(5), np.array(Image.open(file).convert("L")) == 255)
        assert len(video.labelled) == len(video)


def test_what_is_missing_is_reported(tmp_path):
    with pytest.raises(DataError, match="no DAVIS at"):
        open_data(f"davis:{tmp_path}")
    sequence(tmp_path, "bear", (1, 1))
    with pytest.raises(DataError, match="has no JPEGImages/1080p; in JPEGImages/ there are: 480p"):
        open_data(f"davis:{tmp_path},resolution=1080p")
    lists(tmp_path, "2017", train=["bear", "wolf"])
    with pytest.raises(DataError, match="wolf has no images but a list names it"):
        open_data(f"davis:{tmp_path}")
    left_out = LeftOut(skip=True)
    assert names(open_data(f"davis:{tmp_path}", left_out=left_out)) == ["bear"]
    assert "wolf" in left_out.items[0]
