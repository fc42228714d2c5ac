"""A shipped file is half as large, gives the same, and holds no path of where it was made."""

import zipfile

import h5py
import numpy as np
import pytest

from seqseg.errors import ModelError
from seqseg.models import build_model, load_model, save_model
from seqseg.models.pretrained.shipping import without_paths, write_shipped

CLIP = np.random.default_rng(0).integers(0, 256, (1, 2, 21, 33, 3), "uint8")


@pytest.fixture
def trained(tmp_path):
    """A model made from a weights file whose path it remembers, saved."""
    import keras

    network = keras.applications.MobileNet(include_top=False, weights=None, input_shape=(None, None, 3), alpha=0.5)
    network.save_weights(tmp_path / "mobile.weights.h5")
    backbone = {"name": "mobilenet", "alpha": 0.5, "weights": str(tmp_path / "mobile.weights.h5")}
    model = build_model("segmenter", classes=3, backbone=backbone, decoder={"name": "unet", "widths": (4, 4, 4, 4)})
    save_model(model, tmp_path / "trained.keras")
    return tmp_path / "trained.keras"


def test_weights_are_rounded_to_float16_and_nothing_else_changes(tmp_path, trained):
    write_shipped(trained, tmp_path / "shipped.keras")
    before, after = load_model(trained), load_model(tmp_path / "shipped.keras")
    for mine, theirs in zip(after.weights, before.weights, strict=True):
        rounded = np.array(theirs).astype("float16").astype("float32")
        np.testing.assert_array_equal(np.array(mine), rounded)
        assert mine.dtype == theirs.dtype
    np.testing.assert_allclose(np.array(after(CLIP)), np.array(before(CLIP)), atol=0.02)
    assert (tmp_path / "shipped.keras").stat().st_size < 0.75 * trained.stat().st_size


def test_the_file_holds_no_path_of_the_machine(tmp_path, trained):
    write_shipped(trained, tmp_path / "shipped.keras")
    with zipfile.ZipFile(trained) as archive:
        assert str(tmp_path).encode() in archive.read("config.json")
    with zipfile.ZipFile(tmp_path / "shipped.keras") as archive:
        assert not any(str(tmp_path).encode() in archive.read(name) for name in archive.namelist())
    weights = load_model(tmp_path / "shipped.keras").card.options["backbone"]["weights"]
    assert weights == "mobile.weights.h5"


def test_the_same_model_gives_the_same_file(tmp_path, trained):
    for name in ("one", "two"):
        write_shipped(trained, tmp_path / f"{name}.keras")
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()


@pytest.mark.parametrize("value", [1e6, np.nan])
def test_a_weight_that_float16_cannot_hold_is_refused_and_nothing_written(tmp_path, trained, value):
    model = load_model(trained)
    model.head.bias.assign(np.full(3, value, "float32"))
    save_model(model, trained)
    with pytest.raises(ModelError, match=r"head.* holds (1e\+06|nan), which float16 cannot"):
        write_shipped(trained, tmp_path / "shipped.keras")
    assert not (tmp_path / "shipped.keras").exists()


@pytest.mark.parametrize("path", ["/home/a/net.h5", "~/net.h5", r"C:\runs\net.h5", "file:///home/a/net.h5"])
def test_a_path_is_cut_to_its_name(path):
    assert without_paths({"a": [path, 3, None, "last", "P4/h"]}) == {"a": ["net.h5", 3, None, "last", "P4/h"]}


def test_arrays_of_whole_numbers_stay_as_they_are(tmp_path, trained):
    write_shipped(trained, tmp_path / "shipped.keras")
    with zipfile.ZipFile(tmp_path / "shipped.keras") as archive, archive.open("model.weights.h5") as raw:
        kinds = set()
        with h5py.File(raw) as file:
            file.visititems(lambda _, item: kinds.add(str(item.dtype)) if isinstance(item, h5py.Dataset) else None)
    assert "float16" in kinds and "float32" not in kinds
