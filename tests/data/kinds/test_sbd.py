"""SBD's labels, against scipy's own reading and the PNG that Keras-FCN made of one."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from seqseg.data import VOID, LeftOut, open_data
from seqseg.data.kinds.voc.sbd_files import MatLabels, label_of
from seqseg.errors import DataError

LABELS = np.uint8([[0, 15, 15], [20, 0, 1]])


def write_sbd(root, *, labels=LABELS, suffix=".mat", folder="cls", train=("2008_000002",), val=("2008_000003",)):
    for name in ("img", folder):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in (*train, *val):
        Image.new("RGB", labels.shape[::-1]).save(root / "img" / f"{name}.jpg")
        path = root / folder / f"{name}{suffix}"
        if suffix == ".mat":
            savemat(path, {"GTcls": {"Boundaries": [], "Segmentation": labels, "CategoriesPresent": [1]}})
        else:
            Image.fromarray(labels).save(path)
    for part, names in (("train", train), ("val", val)):
        (root / f"{part}.txt").write_text("".join(f"{name}\n" for name in names))
    return root


def test_a_real_mat_file_is_its_png_pixel_for_pixel_and_what_scipy_reads(shared_data):
    folder = shared_data / "fixtures" / "sbd_mat_sample"
    mask = MatLabels([folder / "rider_label.mat"])[0]
    np.testing.assert_array_equal(label_of(folder / "rider_label.png")[0], mask)
    colours = {0: (0, 0, 0), 13: (192, 0, 128), 15: (192, 128, 128)}  # VOC's of background, horse and person
    with Image.open(folder / "rider_label.png") as expected:
        for label, colour in colours.items():
            np.testing.assert_array_equal(mask == label, (np.array(expected) == colour).all(axis=-1))
    np.testing.assert_array_equal(mask, loadmat(folder / "rider_label.mat")["GTcls"]["Segmentation"][0, 0])
    assert (mask.shape, mask.dtype, sorted(np.unique(mask))) == ((333, 500), np.uint8, [0, 13, 15])


@pytest.mark.parametrize("inside", [".", "dataset", "benchmark_RELEASE/dataset"])
@pytest.mark.parametrize(("suffix", "folder"), [(".mat", "cls"), (".png", "cls"), (".png", "cls_png")])
def test_every_layout_gives_the_same_labels(tmp_path, inside, suffix, folder):
    write_sbd(tmp_path / inside, suffix=suffix, folder=folder)
    data = open_data(f"sbd:{tmp_path}", split="val")
    assert [video.name for video in data.videos] == ["2008_000003"]
    np.testing.assert_array_equal(data.videos[0].pair(0)[1], LABELS)
    assert data.notes == ("split sbd: 1 train and 1 val images by its lists, none in both",)


def test_void_in_pngs_made_of_vocs_labels_stays_void(tmp_path):
    labels = np.uint8([[0, VOID]])
    data = open_data(f"sbd:{write_sbd(tmp_path, labels=labels, suffix='.png', folder='SegmentationClassAug')}")
    np.testing.assert_array_equal(data.videos[0].mask(0), labels)


def test_a_missing_label_is_named_or_left_out(tmp_path):
    write_sbd(tmp_path, train=("a", "b"))
    (tmp_path / "cls" / "b.mat").unlink()
    with pytest.raises(DataError, match=r"b.mat is named in SBD's lists but does not exist"):
        open_data(f"sbd:{tmp_path}")
    left_out = LeftOut(skip=True)
    assert [video.name for video in open_data(f"sbd:{tmp_path}", left_out=left_out).videos] == ["a"]
    assert len(left_out.items) == 1


def test_the_same_image_in_train_and_val_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"1 images are in train and in val \(a\)"):
        open_data(f"sbd:{write_sbd(tmp_path, train=('a', 'b'), val=('a',))}")


def test_a_folder_that_is_no_sbd_is_reported(tmp_path):
    with pytest.raises(DataError, match="no SBD at .*: there is no cls/"):
        open_data(f"sbd:{tmp_path}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"other": [1]}, "holds no GTcls.Segmentation"),
        ({"GTcls": [1, 2]}, "holds no GTcls.Segmentation"),
        ({"GTcls": {"Boundaries": [1]}}, "holds no GTcls.Segmentation"),
        ({"GTcls": {"Segmentation": [[0.5, 1.0]]}}, "no picture of whole numbers"),
        ({"GTcls": {"Segmentation": np.zeros((2, 2, 3), np.uint8)}}, "no picture of whole numbers"),
        ({"GTcls": {"Segmentation": np.uint8([[0, 21], [77, 0]])}}, "has label 21, 77 outside the 21 classes 0–20"),
        ({"GTcls": {"Segmentation": np.uint16([[0, 300]])}}, "has label 300 outside the 21 classes"),
    ],
)
def test_a_mat_file_without_labels_is_one_sentence_that_names_it(tmp_path, content, message):
    savemat(tmp_path / "a.mat", content)
    with pytest.raises(DataError, match=r"a\.mat") as caught:
        MatLabels([tmp_path / "a.mat"])[0]
    assert message in str(caught.value)


def test_a_damaged_mat_file_is_an_error_or_reads_as_labels_but_never_anything_else(tmp_path):
    savemat(tmp_path / "whole.mat", {"GTcls": {"Segmentation": np.tile(LABELS, (9, 9))}}, do_compression=True)
    whole = (tmp_path / "whole.mat").read_bytes()
    damaged = [b"", b"junk", whole[:100], whole[:-20], whole[: len(whole) // 2]]
    rng = np.random.default_rng(0)
    for _ in range(150):
        data = bytearray(whole)
        for place in rng.integers(0, len(data), 3):
            data[place] = rng.integers(256)
        damaged.append(bytes(data))
    refused = 0
    for data in damaged:
        (tmp_path / "a.mat").write_bytes(data)
        try:
            assert MatLabels([tmp_path / "a.mat"])[0].ndim == 2
        except DataError as error:
            refused += "a.mat" in str(error)
    assert refused > 100
