"""Any encoder with any memory and any decoder."""

import itertools

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError, ModelError
from seqseg.models import build_model, from_image_model, load_model, save_model

CLIP = np.random.default_rng(0).integers(0, 256, (2, 3, 13, 19, 3), "uint8")
BACKBONES = [
    {"name": "plain", "filters": 4, "depths": (1, 1, 1)},
    {"name": "places", "widths": (4, 4), "depths": (1, 1)},
]
TEMPORAL = ["none", "convgru", {"P1": "convlstm"}, {"P0": "convgru", "P2": "convlstm"}, {"logits": "convgru"}]
DECODERS = ["unet", {"name": "unet", "skips": "after"}, "plain"]


@pytest.mark.parametrize(("backbone", "temporal", "decoder"), list(itertools.product(BACKBONES, TEMPORAL, DECODERS)))
def test_a_clip_in_two_parts_equals_the_clip(backbone, temporal, decoder):
    model = build_model("segmenter", classes=3, backbone=backbone, temporal=temporal, decoder=decoder)
    whole, _ = model.run(CLIP)
    first, state = model.run(CLIP[:, :2])
    second, state = model.run(CLIP[:, 2:], state)
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == model.initial_state_shapes(2, 13, 19)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-5)


def test_unpooling_goes_with_the_encoder_that_gives_the_places():
    memory = {"P2": {"name": "convgru", "residual": True}}
    model = build_model("segmenter", classes=3, backbone=BACKBONES[1], decoder="unpool", temporal=memory)
    assert tuple(model(CLIP).shape) == (2, 3, 13, 19, 3)
    with pytest.raises(ConfigError, match="backbone places"):
        build_model("segmenter", classes=3, backbone="plain", decoder="unpool")


def test_a_memory_that_leaves_too_few_channels_to_unpool_is_an_error_that_says_so():
    model = build_model("segmenter", classes=3, backbone=BACKBONES[1], decoder="unpool", temporal="convgru")
    with pytest.raises(ModelError, match="4 channels at P2, got 2"):
        model(CLIP)


def test_stacked_memories_are_numbered_and_one_alone_is_not():
    temporal = {"P1": "convgru", "P2": {"name": "convgru", "layers": 2, "filters": 3}}
    model = build_model("segmenter", classes=3, backbone=BACKBONES[0], temporal=temporal)
    assert list(model.initial_state_shapes(1, 8, 8)) == ["P1/h", "P2.0/h", "P2.1/h"]


def test_memory_is_added_to_any_preset():
    model = build_model("simple", classes=3, filters=4, temporal={"P2": "convgru"})
    assert list(model.initial_state_shapes(1, 8, 8)) == ["P2/h"]
    assert build_model(model.card.model, classes=3, **model.card.options).count_params() == model.count_params()


@pytest.fixture
def image_model():
    model = build_model("simple", classes=3, filters=4)
    rng = np.random.default_rng(1)
    for variable in model.variables:
        variable.assign(rng.uniform(0.1, 0.5, variable.shape))
    return model


@pytest.mark.parametrize(
    "temporal", ["convlstm", {"P0": "convgru", "P3": {"name": "convlstm", "layers": 2}, "logits": "convgru"}]
)
def test_a_video_model_made_from_an_image_model_is_identical_at_first(image_model, temporal, tmp_path):
    video = from_image_model(image_model, temporal)
    logits, state = video.run(CLIP)
    expected = keras.ops.convert_to_numpy(image_model(CLIP))
    assert np.abs(keras.ops.convert_to_numpy(logits) - expected).max() == 0
    assert all(np.abs(keras.ops.convert_to_numpy(tensor)).max() > 0 for tensor in state.values())
    save_model(video, tmp_path / "video.keras")
    again = load_model(tmp_path / "video.keras")
    assert np.abs(keras.ops.convert_to_numpy(again(CLIP)) - expected).max() == 0
    assert build_model(again.card.model, classes=3, **again.card.options).count_params() == video.count_params()


def test_its_memory_can_learn(image_model):
    video = from_image_model(image_model, {"P1": "convgru"})
    video.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for _ in range(3):
        video.train_on_batch(CLIP, np.zeros(CLIP.shape[:-1], "int32"))
    assert np.abs(keras.ops.convert_to_numpy(video.temporal["P1"].projection.kernel)).max() > 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"backbone": "plane"}, "plain"),
        ({"decoder": "unett"}, "unet"),
        ({"backbone": {"name": "plain", "filter": 3}}, "filters"),
        ({"backbone": {"filters": 3}}, "needs a name"),
        ({"temporal": {"P1": "convgro"}}, "convgru"),
        ({"temporal": {"P1": {"name": "convgru", "layers": 0}}}, "layers"),
        ({"temporal": {"P1": {"name": "convgru", "filter": 3}}}, "filters"),
        ({"temporal": {"P9": "convgru"}}, "P9.*P0, P1, P2, P3"),
        ({"temporal": 3}, "temporal"),
        ({"decoder": {"name": "unet", "widths": [3]}}, "4 levels need 3 widths"),
        ({"backbone": {"name": "plain", "norm": "bach"}}, "batch"),
        ({"backbone": {"name": "plain", "filters": -3}}, "filters.*-3"),
        ({"backbone": {"name": "plain", "kernel_size": "three"}}, "kernel_size.*three"),
        ({"temporal": {"P1": {"name": "convgru", "activation": "tanj"}}}, "tanj"),
        ({"backbone": {"name": "mobilenetv2", "output_stride": 4}}, "8, 16, 32"),
        ({"backbone": {"name": "mobilenetv2", "freeze": "P9"}}, "P1, P2"),
        ({"decoder": {"name": "fpn", "upsampling": "cubic"}}, "options|bicubic"),
    ],
)
def test_what_cannot_be_composed_is_an_error_that_names_it(options, word):
    with pytest.raises((ConfigError, ModelError), match=word):
        build_model("segmenter", classes=3, **options)


def test_a_second_memory_where_one_is_already_is_refused():
    with pytest.raises(ConfigError, match="P3 already"):
        build_model("unet_lstm", classes=3, filters=4, temporal={"P3": "convgru"})
