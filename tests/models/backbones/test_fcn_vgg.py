"""VGG16 with its dense layers made convolutions."""

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError, ModelError
from seqseg.models import build_model, load_model, save_model
from seqseg.models.backbones import BACKBONES, FcnVgg, classify

IMAGES = np.random.default_rng(0).integers(0, 256, (1, 45, 61, 3), "uint8")
DENSE_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"


def built(**options):
    encoder = FcnVgg(**options)
    encoder.build((None, None, None, 3))
    return encoder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "whole", "trained"),
    [({}, 134_489_759, 134_489_759), ({"norm": "batch"}, 134_393_759, 134_385_311)],
)
def test_with_the_scores_of_fcn8s_and_21_classes_it_has_the_parameters_of_the_originals(options, whole, trained):
    """Keras-FCN counts 134,489,759, its last deconvolution of 16 x 16 included; ssnets' with batch norm has none."""
    encoder = built(**options)
    scores = sum(width * 21 + 21 for width in (4096, 512, 256))
    doublings = 2 * 4 * 4 * 21 * 21 + (16 * 16 * 21 * 21 if options == {} else 0)
    assert encoder.count_params() + scores + doublings == whole
    learned = sum(int(np.prod(weight.shape)) for weight in encoder.trainable_weights)
    assert learned + scores + doublings == trained


@pytest.mark.parametrize(("classes", "count"), [(2, 20_615_521), (21, 20_721_978)])
def test_separable_with_batch_norm_and_separable_scores_it_has_the_parameters_of_fast_fcn8(classes, count):
    encoder = built(separable=True, norm="batch")
    scores = sum(width + width * classes + classes for width in (4096, 512, 256))
    assert encoder.count_params() + scores + 2 * 4 * 4 * classes * classes == count


@pytest.mark.slow
def test_to_the_last_convolution_it_has_134_million_parameters():
    assert built().count_params() == 134_260_544


def test_levels_are_the_poolings_and_the_last_convolution_halved_and_rounded_up():
    shapes = {level: tuple(features.shape[1:]) for level, features in FcnVgg(width=8)(IMAGES).items()}
    assert shapes == {
        "P1": (23, 31, 64),
        "P2": (12, 16, 128),
        "P3": (6, 8, 256),
        "P4": (3, 4, 512),
        "P5": (2, 2, 8),
    }


def test_at_output_stride_16_the_dense_layers_are_where_the_fourth_pooling_did():
    encoder = FcnVgg(width=8, output_stride=16)
    shapes = {level: tuple(features.shape[1:]) for level, features in encoder(IMAGES).items()}
    assert shapes == {"P1": (23, 31, 64), "P2": (12, 16, 128), "P3": (6, 8, 256), "P4": (3, 4, 8)}
    assert encoder.taps.get_layer("fc1").dilation_rate == (2, 2)


def test_the_full_size_is_a_level_when_asked_for():
    encoder = FcnVgg(width=8, full_size=True)
    assert tuple(encoder(IMAGES)["P0"].shape[1:]) == (45, 61, 64)
    assert encoder.levels == ("P0", "P1", "P2", "P3", "P4", "P5")


def test_without_the_fifth_stride_it_gives_on_every_second_point_what_it_gave():
    plain, finer = built(width=8), built(width=8, output_stride=16)
    finer.set_weights(plain.get_weights())
    image = np.random.default_rng(1).integers(0, 256, (1, 64, 96, 3), "uint8")
    expected, features = np.array(plain(image)["P5"]), np.array(finer(image)["P4"])
    assert finer.levels == ("P1", "P2", "P3", "P4")
    np.testing.assert_allclose(features[:, ::2, ::2], expected, atol=1e-4 * np.abs(expected).max())
    assert finer(IMAGES)["P4"].shape == (1, 3, 4, 8)


def test_frozen_up_to_a_level_the_rest_is_trained():
    """Blocks 1 to 3 have 7 convolutions: of the 15 layers, 8 are left with a kernel and a bias each."""
    assert len(built(width=8, freeze="P3").trainable_weights) == 2 * 8
    assert built(width=8, freeze="all").trainable_weights == []


@pytest.mark.parametrize("channels", [1, 4])
def test_images_may_have_any_number_of_channels(channels):
    images = np.zeros((1, 33, 47, channels), "uint8")
    assert FcnVgg(width=8)(images)["P5"].shape == (1, 2, 2, 8)


def test_dropout_is_done_in_training_only():
    encoder = FcnVgg(width=64, dropout=0.5)
    still, again = (np.array(encoder(IMAGES)["P5"]) for _ in range(2))
    np.testing.assert_array_equal(still, again)
    dropped = np.array(encoder(IMAGES, training=True)["P5"])
    assert (dropped == 0).mean() > (still == 0).mean() + 0.1


def test_a_dilated_first_dense_layer_looks_further_with_the_same_weights():
    near, far = built(width=8), built(width=8, dilation=2)
    assert far.taps.get_layer("fc1").dilation_rate == (2, 2)
    assert near.count_params() == far.count_params()


def test_a_model_with_it_comes_back_from_its_file_as_it_was(tmp_path):
    backbone = {"name": "vgg16_fc", "width": 8, "separable": True, "norm": "group"}
    model = build_model("segmenter", classes=2, backbone=backbone, decoder={"name": "unet", "widths": (4, 4, 4, 4)})
    save_model(model, tmp_path / "model.keras")
    copy = load_model(tmp_path / "model.keras")
    assert copy.backbone.get_config() == model.backbone.get_config()
    np.testing.assert_allclose(np.array(copy(IMAGES)), np.array(model(IMAGES)), atol=1e-5)


@pytest.mark.parametrize("options", [{"separable": True}, {"norm": "batch"}, {"width": 512}])
def test_weights_for_another_network_than_vgg16_are_refused(options):
    with pytest.raises(ConfigError, match="fit its own network only"):
        FcnVgg(weights="imagenet", **options)


def test_the_file_that_is_not_there_is_named_with_its_place(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ModelError) as error:
        BACKBONES["vgg16_fc"](weights="imagenet")
    assert str(tmp_path / "models" / DENSE_FILE) in str(error.value)
    assert f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{DENSE_FILE}" in str(error.value)


@pytest.mark.slow
def test_dense_layers_made_convolutions_give_in_the_middle_what_they_gave(shared_data, tmp_path):
    photographs = sorted((shared_data / "voc" / "JPEGImages").glob("*.jpg"))
    if not photographs:
        pytest.skip("needs VOC's photographs")
    image = keras.utils.img_to_array(keras.utils.load_img(photographs[0], target_size=(224, 224)))
    theirs = keras.applications.VGG16(weights=None)
    theirs.save(path := tmp_path / DENSE_FILE)
    prepared = keras.applications.vgg16.preprocess_input(image[None].copy())
    whole = keras.Model(theirs.input, [theirs.get_layer("fc2").output, theirs.output])
    features, chances = (keras.ops.convert_to_numpy(output)[0] for output in whole(prepared))
    ours = keras.ops.convert_to_numpy(FcnVgg(weights=path)(image[None])["P5"])
    assert ours.shape == (1, 7, 7, 4096)
    np.testing.assert_allclose(ours[0, 3, 3], features, atol=1e-4 * features.max())
    best = classify(path, image)
    assert [k for k, _ in best] == np.argsort(-chances)[:3].tolist()
    np.testing.assert_allclose([chance for _, chance in best], np.sort(chances)[::-1][:3], rtol=1e-3)


@pytest.mark.slow
def test_a_file_without_the_dense_layers_is_distinguished_from_one_with_them(tmp_path):
    keras.applications.VGG16(include_top=False, weights=None).save(path := tmp_path / "notop.h5")
    encoder = FcnVgg(weights=path)
    with pytest.raises(ModelError, match=r"the file ends before fc1, which has \(25088, 4096\) and \(4096,\)"):
        encoder.build((None, None, None, 3))
