import dataclasses
import functools

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError, ModelError
from seqseg.models import PRESETS, build_model, list_models, load_model, load_weights, save_model


@pytest.fixture
def model():
    return build_model("unet_lstm", classes=["sky", "road"], palette=[[1, 2, 3], [4, 5, 6]], void=11, filters=4)


def test_the_file_knows_classes_colours_void_and_the_training_clip(model, tmp_path):
    model.card = dataclasses.replace(model.card, timesteps=8, size=(64, 96))
    save_model(model, tmp_path / "model.keras")
    card = load_model(tmp_path / "model.keras").card
    assert (card.classes, card.palette, card.void) == (("sky", "road"), ((1, 2, 3), (4, 5, 6)), 11)
    assert (card.timesteps, card.size, card.input_scale) == (8, (64, 96), (1 / 127.5, -1.0))


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(ConfigError, match="unet_lstm"):
        build_model("unet_lstmm", classes=2)


def test_an_unknown_option_gets_the_ones_there_are():
    with pytest.raises(ConfigError, match="filters"):
        build_model("unet_lstm", classes=2, filterz=4)


def test_an_unknown_memory_gets_the_ones_there_are():
    with pytest.raises(ConfigError, match="convlstm"):
        build_model("unet_lstm", classes=2, memory="convlst")


def test_a_config_asks_for_no_normalization_by_a_word():
    build = functools.partial(build_model, "unet", classes=2, filters=4, depths=[1, 1])
    plain, named = build(norm=None), build(norm="none")
    assert named.count_params() == plain.count_params() < build(norm="batch").count_params()


def test_an_unknown_normalization_gets_the_ones_there_are():
    with pytest.raises(ConfigError, match='"batch", "group" or "none"'):
        build_model("unet", norm="layer")


@pytest.mark.parametrize("classes", [0, [], [1, 2]])
def test_classes_are_a_number_or_names(classes):
    with pytest.raises(ConfigError, match="classes"):
        build_model("unet", classes=classes)


def test_models_are_listed_in_order():
    assert list_models() == sorted(PRESETS)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="no model file"):
        load_model(tmp_path / "none.keras")


def test_a_file_cut_off_is_an_error_of_one_line(model, tmp_path):
    path = tmp_path / "model.keras"
    save_model(model, path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ModelError) as error:
        load_model(path)
    assert "\n" not in str(error.value)


def test_another_keras_model_is_refused(tmp_path):
    keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)]).save(tmp_path / "other.keras")
    with pytest.raises(ModelError, match="not a seqseg model"):
        load_model(tmp_path / "other.keras")


def test_weights_of_another_architecture_name_the_layer_and_both_shapes(model, tmp_path):
    save_model(model, tmp_path / "narrow.keras")
    wide = build_model("unet_lstm", classes=2, filters=8)
    with pytest.raises(ModelError, match=r"\(3, 3, 3, 8\).*\(3, 3, 3, 4\)"):
        load_weights(wide, tmp_path / "narrow.keras")


def test_weights_of_the_same_architecture_are_taken_over(model, tmp_path):
    save_model(model, tmp_path / "model.keras")
    twin = build_model("unet_lstm", classes=2, filters=4)
    load_weights(twin, tmp_path / "model.keras")
    clip = np.full((1, 2, 16, 16, 3), 99, "uint8")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(twin(clip)), keras.ops.convert_to_numpy(model(clip)))


def test_a_failed_save_leaves_the_old_file(model, tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    save_model(model, path)
    before = path.read_bytes()
    monkeypatch.setattr(type(model), "get_config", lambda self: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space"):
        save_model(model, path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.keras"]
