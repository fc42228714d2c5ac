"""Weights of another model's file, found by their place."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.layers import resize_to
from seqseg.models import build_model, load_matching_weights, load_weights, save_model
from seqseg.models.weights import score_paths, variables_by_path

IMAGES = np.random.default_rng(0).integers(0, 256, (1, 21, 27, 3), "uint8")


def model_of(name="unet_lstm", classes=2, **options):
    return build_model(name, classes=classes, **({"filters": 4} if name != "segmenter" else {}), **options)


def written(model, tmp_path):
    for variable in model.variables:
        if "seed" not in variable.path:
            variable.assign(np.random.default_rng(len(variable.path)).uniform(0.1, 0.5, variable.shape))
    save_model(model, tmp_path / "model.keras")
    return tmp_path / "model.keras"


def value(model, path):
    return ops.convert_to_numpy(variables_by_path(model)[path])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("unet_lstm", {}),
        ("full_lstm", {}),
        ("segnet_indices", {}),
        ("segmenter", {"backbone": {"name": "mobilenet", "alpha": 0.1}, "temporal": {"P5": "convgru"}}),
        pytest.param("segmenter", {"backbone": "inceptionv3", "decoder": "plain"}, marks=pytest.mark.slow),
    ],
)
def test_paths_are_the_same_in_any_two_builds_and_name_every_variable_once(name, options):
    first = model_of(name, **options)
    keras.layers.Conv2D(1, 1), keras.layers.Conv2D(1, 1), keras.layers.BatchNormalization()  # Keras counts them, too
    second = model_of(name, **options)
    paths = variables_by_path(first)
    assert list(paths) == list(variables_by_path(second))
    assert {id(variable) for variable in paths.values()} == {id(variable) for variable in first.variables}
    shapes = [tuple(variable.shape) for variable in variables_by_path(second).values()]
    assert shapes == [tuple(variable.shape) for variable in paths.values()]


def test_names_that_keras_made_up_are_counted_from_the_first_that_was_made():
    def network():
        image = keras.Input((None, None, 3))
        first = keras.layers.Conv2D(1, 1)
        second = keras.layers.Conv2D(2, 1)
        maps = keras.layers.Conv2D(3, 1, name="own")(second(image))
        return keras.Model(image, first(maps))  # the second stands before the first

    network()
    shapes = {name: tuple(variable.shape) for name, variable in variables_by_path(network()).items()}
    assert shapes["conv2d_0/kernel"] == (1, 1, 3, 1) and shapes["conv2d_1/kernel"] == (1, 1, 3, 2)
    assert shapes["own/kernel"] == (1, 1, 2, 3)


def test_what_matches_is_taken_and_the_rest_is_reported(tmp_path):
    source = model_of("unet_lstm")
    path = written(source, tmp_path)
    model = model_of("unet_lstm", memory="convgru")
    before = value(model, "temporal/P3/gates_kernel")
    taken = load_matching_weights(model, path, other_shapes="skip")
    np.testing.assert_array_equal(value(model, "head/kernel"), value(source, "head/kernel"))
    np.testing.assert_array_equal(
        value(model, "backbone/stacks/3/convolutions/1/kernel"),
        value(source, "backbone/stacks/3/convolutions/1/kernel"),
    )
    np.testing.assert_array_equal(value(model, "temporal/P3/gates_kernel"), before)
    assert {"temporal/P3/gates_kernel", "temporal/P3/candidate_kernel"} <= set(taken.kept)
    assert set(taken.unused) == {f"temporal/P3/{name}" for name in ("kernel", "recurrent_kernel", "bias")}
    assert len(taken.taken) + len(taken.kept) == len(variables_by_path(model))
    assert str(taken).startswith(f"{len(taken.taken)} of {len(model.variables)} weights taken; new: temporal/P3/")


def test_a_head_of_other_classes_is_an_error_or_stays_new(tmp_path):
    path = written(model_of("simple"), tmp_path)
    model = model_of("simple", classes=5)
    with pytest.raises(ModelError, match=r"head/kernel has shape \(1, 1, 2, 5\), the file's is \(1, 1, 2, 2\)"):
        load_matching_weights(model, path)
    taken = load_matching_weights(model, path, other_shapes="skip")
    assert taken.kept == ("head/kernel", "head/bias")


def test_a_head_of_as_many_other_classes_stays_new(tmp_path):
    path = written(model_of("simple", classes=["ground", "cell"]), tmp_path)
    same, other = (model_of("simple", classes=names) for names in (["ground", "cell"], ["cell", "ground"]))
    assert load_matching_weights(same, path, other_shapes="skip").kept == ()
    fresh = value(other, "head/kernel").copy()
    taken = load_matching_weights(other, path, other_shapes="skip")
    assert taken.kept == ("head/kernel", "head/bias")
    assert str(taken).endswith("; its classes differ, so the layers that score them start at random")
    np.testing.assert_array_equal(value(other, "head/kernel"), fresh)


@pytest.mark.parametrize("options", [{"name": "simple"}, {"name": "unet_lstm", "temporal": {"logits": "convlstm"}}])
def test_what_scores_the_classes_is_what_has_another_shape_for_more_of_them(options):
    few, more = (variables_by_path(model_of(classes=count, **options)) for count in (5, 7))
    scoring = set(score_paths(few))
    assert {path for path in few if few[path].shape != more[path].shape} <= scoring
    assert all(path.startswith(("head/", "temporal/logits")) for path in scoring)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fcn8s", "fast_fcn8", "atrous_fcn_vgg16_16s"])
def test_a_decoder_that_scores_by_itself_is_new_with_its_scores(name):
    few, more = (variables_by_path(build_model(name, classes=count)) for count in (5, 7))
    assert {path for path in few if few[path].shape != more[path].shape} <= set(score_paths(few))


def test_nothing_that_matches_is_an_error_that_shows_both(tmp_path):
    path = written(model_of("segnet_indices"), tmp_path)
    with pytest.raises(ModelError, match="nothing in .*segnet_indices.* matches this simple.*backbone/"):
        load_matching_weights(build_model("simple", classes=3, filters=8), path, other_shapes="skip")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"filters": 8},
            r"backbone/stacks/0/convolutions/0/kernel has shape \(3, 3, 3, 8\), the file's is shape \(3, 3, 3, 4\)",
        ),
        ({"filters": 4, "temporal": {"P1": "convgru"}}, r"temporal/P1/kernel has shape \(.*, the file's is missing"),
        ({"filters": 4, "memory": "convgru"}, r"temporal/P3/kernel has shape \(3, 3, 32, 48\), the file's is shape"),
    ],
)
def test_weights_of_another_architecture_name_the_layer_and_both_shapes(tmp_path, options, message):
    path = written(model_of("unet_lstm"), tmp_path)
    model = build_model("unet_lstm", classes=2, **options)
    before = value(model, "head/kernel")
    with pytest.raises(ModelError, match=message):
        load_weights(model, path)
    np.testing.assert_array_equal(value(model, "head/kernel"), before)  # all or nothing


def test_another_answer_to_other_shapes_is_refused(tmp_path):
    with pytest.raises(ConfigError, match='must be "error" or "skip", got \'ignore\''):
        load_matching_weights(model_of("simple"), tmp_path / "model.keras", other_shapes="ignore")


def test_a_dilated_encoder_takes_the_weights_of_one_that_is_not(tmp_path):
    decoder = {"name": "plain", "widths": [[4], [4], [4], [4]]}
    backbone = {"name": "mobilenet", "alpha": 0.1}
    path = written(build_model("segmenter", classes=2, backbone=backbone, decoder="lraspp"), tmp_path)
    dilated = build_model("segmenter", classes=2, backbone=backbone | {"output_stride": 16}, decoder=decoder)
    taken = load_matching_weights(dilated, path, other_shapes="skip")
    assert not [name for name in taken.kept if name.startswith("backbone/")]


def test_fcn_16s_starts_from_fcn_32s_and_8s_from_16s(tmp_path):
    def fcn(skips):
        backbone = {"name": "plain", "filters": 4, "depths": (1, 1, 1, 1)}
        return build_model("segmenter", classes=2, backbone=backbone, decoder={"name": "fcn", "skips": skips})

    coarse = fcn(0)
    path = written(coarse, tmp_path)
    for skips in (1, 2):
        model = fcn(skips)
        assert load_matching_weights(model, path).kept == (
            f"decoder/scores/{skips}/kernel",
            f"decoder/scores/{skips}/bias",
        )
        # The new scores begin at zero: what is added up is what was, enlarged.
        pyramid = model.backbone(np.random.default_rng(0).integers(0, 256, (1, 24, 32, 3), "uint8"))
        ours, theirs = model.decoder(pyramid), coarse.decoder(pyramid)
        enlarged = resize_to(theirs, ours.shape[1:3])
        np.testing.assert_allclose(*map(ops.convert_to_numpy, (ours, enlarged)), rtol=1e-4)
        coarse = model
        save_model(model, path)
