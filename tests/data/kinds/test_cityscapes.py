"""Cityscapes, mmsegmentation's tiny real sample and layouts by hand."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from PIL import Image

from seqseg.data import VOID, open_data
from seqseg.errors import DataError

# trainId -> id, from the table of cityscapesScripts
TRAIN_IDS = {0: 7, 1: 8, 2: 11, 3: 12, 4: 13, 5: 17, 6: 19, 7: 20, 8: 21, 9: 22, 10: 23, 11: 24, 12: 25, 13: 26, 14: 27,
             15: 28, 16: 31, 17: 32, 18: 33}  # fmt: skip


@pytest.fixture
def sample(shared_data):
    return shared_data / "fixtures/mmseg_fixtures/pseudo_cityscapes_dataset"


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)


def frame(root, name, *, split="train", folder="leftImg8bit"):
    write(root / folder / split / name.split("_")[0] / f"{name}_leftImg8bit.png", np.zeros((4, 6, 3), np.uint8))


def label(root, name, values, *, split="train", kind="labelIds", truth="gtFine"):
    write(root / truth / split / name.split("_")[0] / f"{name}_{truth}_{kind}.png", np.array([values]))


@pytest.mark.parametrize("kind", ["labelIds", "labelTrainIds", "instanceIds"])
def test_every_kind_of_label_of_the_real_sample_gives_its_train_ids(sample, kind):
    video = open_data(f"cityscapes:{sample},labels={kind}", split="all").videos[0]
    raw = np.array(Image.open(next(sample.glob(f"gtFine/*{kind}.png")))).astype(int)
    if kind != "labelTrainIds":
        ids = np.where(raw >= 1000, raw // 1000, raw)
        raw = np.full(ids.shape, VOID)
        for train_id, number in TRAIN_IDS.items():
            raw[ids == number] = train_id
    np.testing.assert_array_equal(video.mask(0), raw)
    np.testing.assert_array_equal(video.frame(0), np.array(Image.open(next(sample.glob("leftImg8bit/*.png")))))


def test_ids_and_train_ids_of_the_real_sample_agree_but_at_edges(sample):
    ids, train_ids = (
        open_data(f"cityscapes:{sample},labels={kind}", split="all").videos[0].mask(0)
        for kind in ("labelIds", "labelTrainIds")
    )
    assert (ids == train_ids).mean() > 0.997  # the sample's files were shrunk one by one


def test_ids_become_the_published_train_ids(tmp_path):
    frame(tmp_path, "aachen_000000_000019")
    label(tmp_path, "aachen_000000_000019", np.arange(34, dtype=np.uint8))
    mask = open_data(f"cityscapes:{tmp_path}").videos[0].mask(0)[0]
    assert {int(mask[number]): number for number in range(34) if mask[number] != VOID} == TRAIN_IDS


def test_instances_have_the_class_of_their_thousands(tmp_path):
    frame(tmp_path, "aachen_000000_000019")
    label(tmp_path, "aachen_000000_000019", np.uint16([7, 26, 26001, 33999, 4, 29000]), kind="instanceIds")
    mask = open_data(f"cityscapes:{tmp_path}").videos[0].mask(0)[0]
    assert mask.tolist() == [0, 13, 13, 18, VOID, VOID]


def test_a_sequence_is_thirty_frames_of_which_one_is_labelled(tmp_path):
    for number in range(30):
        frame(tmp_path, f"aachen_000003_{number:06d}", folder="leftImg8bit_sequence")
    for number in range(100, 160):  # two snippets of a long recording that follow each other
        frame(tmp_path, f"bochum_000000_{number:06d}", folder="leftImg8bit_sequence")
    for name in ("aachen_000003_000019", "bochum_000000_000119", "bochum_000000_000149"):
        label(tmp_path, name, np.full(6, 7, np.uint8))
    data = open_data(f"cityscapes:{tmp_path}")
    assert {video.name: (len(video), video.labelled) for video in data.videos} == {
        "aachen_000003_000000": (30, (19,)), "bochum_000000_000100": (60, (19, 49)),
    }  # fmt: skip
    assert data.videos[0].times[17] == Fraction(1)


def test_splits_are_folders_and_coarse_labels_have_an_extra_one(tmp_path):
    for split, city in (("train", "aachen"), ("train_extra", "ulm"), ("val", "bonn")):
        frame(tmp_path, f"{city}_000000_000019", split=split)
        label(tmp_path, f"{city}_000000_000019", np.full(6, 8, np.uint8), split=split, truth="gtCoarse")
    label(tmp_path, "aachen_000000_000019", np.full(6, 7, np.uint8))
    assert open_data(f"cityscapes:{tmp_path}").frames == 1
    coarse = open_data(f"cityscapes:{tmp_path},truth=coarse")
    assert sorted(video.name[:3] for video in coarse.videos) == ["aac", "ulm"]
    assert open_data(f"cityscapes:{tmp_path},truth=coarse", split="val").frames == 1


def test_what_is_missing_or_strange_is_reported(tmp_path):
    with pytest.raises(DataError, match="no Cityscapes at"):
        open_data(f"cityscapes:{tmp_path}")
    frame(tmp_path, "aachen_000000_000019")
    with pytest.raises(DataError, match="has no gtFine/"):
        open_data(f"cityscapes:{tmp_path}")
    label(tmp_path, "aachen_000000_000019", np.uint8([99]))
    with pytest.raises(DataError, match="labelIds.png has label 99"):
        open_data(f"cityscapes:{tmp_path}").videos[0].mask(0)
    write(tmp_path / "leftImg8bit/train/aachen/holiday.png", np.zeros((4, 6, 3), np.uint8))
    with pytest.raises(DataError, match="holiday.png has no name of Cityscapes'"):
        open_data(f"cityscapes:{tmp_path}")
