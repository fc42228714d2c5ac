"""Every decoder goes with every encoder, at odd sizes, with its options left alone."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.layers import UPSAMPLING
from seqseg.models import build_model, load_model, save_model
from seqseg.models.decoders import DECODERS

ENCODERS = {
    "three levels": {"name": "plain", "filters": 4, "depths": (1, 1, 1)},
    "five levels": {"name": "mobilenet", "alpha": 0.25},
    "places": {"name": "places", "widths": (4, 6), "depths": (1, 1)},
}
NAMES = sorted(set(DECODERS) - {"unpool"})
PAIRS = [(encoder, decoder) for encoder in ("three levels", "five levels") for decoder in NAMES]
PAIRS.append(("places", "unpool"))
IMAGES = np.random.default_rng(0).integers(0, 256, (2, 45, 61, 3), "uint8")


@pytest.fixture(scope="module", params=PAIRS, ids=" ".join)
def model(request):
    encoder, decoder = request.param
    keras.utils.set_random_seed(0)
    return build_model("segmenter", classes=3, backbone=ENCODERS[encoder], decoder=decoder)


def test_the_logits_have_the_size_of_the_image(model):
    assert tuple(model(IMAGES).shape) == (2, 45, 61, 3)


def test_a_single_pixel_will_do(model):
    assert tuple(model(IMAGES[:, :1, :1]).shape) == (2, 1, 1, 3)


def test_the_features_have_the_shape_that_the_decoder_declares(model):
    pyramid = model.backbone(IMAGES)
    features = model.decoder(pyramid)
    levels = model.backbone.levels
    shapes = {level: (None, None, None, model.backbone.channels[level]) for level in levels}
    assert features.shape[-1] == model.decoder.compute_output_shape(shapes)[-1]
    size = pyramid[model.decoder.output_level(levels)].shape[1:3]
    assert tuple(features.shape[1:3]) == tuple(size)


def test_every_weight_learns(model):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("read off TensorFlow's tape; the network is the same")
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(IMAGES, training=True) ** 2)
    gradients = tape.gradient(loss, model.decoder.trainable_variables)
    pairs = zip(model.decoder.trainable_variables, gradients, strict=True)
    assert not [v.path for v, gradient in pairs if gradient is None or not np.any(gradient)]


@pytest.mark.parametrize("decoder", NAMES)
def test_saved_and_loaded_it_gives_the_same(decoder, tmp_path):
    model = build_model("segmenter", classes=3, backbone=ENCODERS["three levels"], decoder=decoder)
    expected = ops.convert_to_numpy(model(IMAGES))
    save_model(model, tmp_path / "model.keras")
    again = ops.convert_to_numpy(load_model(tmp_path / "model.keras")(IMAGES))
    np.testing.assert_allclose(again, expected, atol=1e-5)


@pytest.mark.parametrize("upsampling", sorted(set(UPSAMPLING) - {"unpool"}))
@pytest.mark.parametrize("name", ["unet", "fcn"])
def test_a_decoder_takes_any_upsampling(name, upsampling, tmp_path):
    decoder = {"name": name, "upsampling": upsampling}
    model = build_model("segmenter", classes=3, backbone=ENCODERS["three levels"], decoder=decoder)
    expected = ops.convert_to_numpy(model(IMAGES))
    assert expected.shape == (2, 45, 61, 3)
    save_model(model, tmp_path / "model.keras")
    again = ops.convert_to_numpy(load_model(tmp_path / "model.keras")(IMAGES))
    np.testing.assert_allclose(again, expected, atol=1e-5)


def test_a_unet_can_unpool_where_the_encoder_gives_the_places():
    decoder = {"name": "unet", "upsampling": "unpool"}
    model = build_model("segmenter", classes=3, backbone=ENCODERS["places"], decoder=decoder)
    assert tuple(model(IMAGES).shape) == (2, 45, 61, 3)
    with pytest.raises(ConfigError, match="backbone places"):
        build_model("segmenter", classes=3, backbone=ENCODERS["three levels"], decoder=decoder)


def test_unpooling_maps_of_other_channels_is_refused():
    decoder = {"name": "unet", "upsampling": "unpool", "widths": (5, 5)}
    with pytest.raises(ModelError, match="needs 4 channels.*got 5"):
        build_model("segmenter", classes=3, backbone=ENCODERS["places"], decoder=decoder)(IMAGES)


@pytest.mark.parametrize(
    ("decoder", "message"),
    [
        ({"name": "fcn", "skips": 3}, "0 to 2 skips, got 3"),
        ({"name": "fcn", "upsampling": "unpool"}, "cannot be unpooled"),
        ({"name": "unet", "upsampling": "nearst"}, "did you mean nearest"),
        ({"name": "unet", "upsampling": {"learned": True}}, "needs a name"),
        ({"name": "unet", "upsampling": {"name": "deconv", "lerned": True}}, "did you mean learned"),
    ],
)
def test_what_a_decoder_cannot_do_is_an_error_that_says_so(decoder, message):
    with pytest.raises(ConfigError, match=message):
        build_model("segmenter", classes=3, backbone=ENCODERS["three levels"], decoder=decoder)


def test_fcn_begins_as_its_coarsest_scores_alone():
    """Zero-initialised skips: the finer levels change nothing yet."""
    keras.utils.set_random_seed(0)
    decoder = DECODERS["fcn"](3)
    shapes = {level: (None, None, None, 4) for level in ("P0", "P1", "P2")}
    decoder.build(shapes)
    rng = np.random.default_rng(0)
    pyramid = {f"P{k}": rng.normal(size=(1, 24 >> k, 32 >> k, 4)).astype("float32") for k in range(3)}
    before = ops.convert_to_numpy(decoder(pyramid))
    after = ops.convert_to_numpy(decoder(pyramid | {"P0": pyramid["P0"] + 1, "P1": pyramid["P1"] - 1}))
    np.testing.assert_array_equal(before, after)
    assert np.ptp(before) > 0.1


def test_fcn_scores_at_the_finest_level_that_it_reads():
    levels = ("P1", "P2", "P3", "P4", "P5")
    assert [DECODERS["fcn"](3, skips=k).output_level(levels) for k in (0, 1, 2, 3)] == ["P5", "P4", "P3", "P2"]
    assert DECODERS["fcn"](3, upsampling="bilinear_deconv").output_level(levels) == "P1"


def weights_of(decoder, **channels):
    decoder.build({level: (None, None, None, width) for level, width in channels.items()})
    return sum(int(np.prod(weight.shape)) for weight in decoder.trainable_weights)


def parameters_of(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_deeplabv3_has_the_parameters_of_torchvisions_head_but_for_the_classes(torchvision):
    head = torchvision.models.segmentation.deeplabv3.DeepLabHead(2048, 21)
    ours = weights_of(DECODERS["deeplabv3"](rates=(12, 24, 36)), P3=512, P4=2048)
    assert ours == parameters_of(head) - (256 * 21 + 21)


def test_deeplabv3_computes_what_torchvisions_head_computes(torchvision):
    import torch

    head = torchvision.models.segmentation.deeplabv3.DeepLabHead(6, 21).eval()
    theirs = torch.nn.Sequential(*list(head)[:-1])  # without the classes
    decoder = DECODERS["deeplabv3"](rates=(12, 24, 36))
    decoder.build({"P3": (None, None, None, 6)})
    weights = decoder.aspp.trainable_weights + decoder.refine.trainable_weights
    for ours, other in zip(weights, theirs.parameters(), strict=True):
        value = other.detach().numpy()
        ours.assign(value.transpose(2, 3, 1, 0) if value.ndim == 4 else value)
    maps = np.random.default_rng(0).normal(size=(1, 9, 13, 6)).astype("float32")
    expected = theirs(torch.tensor(maps).permute(0, 3, 1, 2)).detach().permute(0, 2, 3, 1).numpy()
    # 2e-2: Keras' batch norm has an epsilon of 1e-3, torch's of 1e-5, and there are three in a row.
    np.testing.assert_allclose(ops.convert_to_numpy(decoder({"P3": maps})), expected, atol=2e-2)


def test_lraspp_has_the_parameters_of_torchvisions_head_but_for_one_bias(torchvision):
    head = torchvision.models.segmentation.lraspp.LRASPPHead(40, 960, 21, 128)
    ours = weights_of(DECODERS["lraspp"](), P3=40, P4=960) + (40 + 128) * 21 + 21
    assert ours == parameters_of(head) - 21


def test_the_feature_pyramid_has_torchvisions_parameters(torchvision):
    pyramid = torchvision.ops.FeaturePyramidNetwork([64, 128, 256, 512], 256)
    decoder = DECODERS["fpn"]()
    whole = weights_of(decoder, P1=32, P2=64, P3=128, P4=256, P5=512)
    semantic = sum(int(np.prod(w.shape)) for branch in decoder.branches for w in branch.trainable_weights)
    assert whole - semantic == parameters_of(pyramid)


def test_panoptic_fpns_semantic_branch_has_a_convolution_a_doubling():
    """Kirillov et al. (2019): 3, 2, 1 of them at strides 32, 16, 8 and one at 4; 128 channels, group norm."""
    decoder = DECODERS["fpn"]()
    weights_of(decoder, P2=64, P3=128, P4=256, P5=512)
    semantic = sum(int(np.prod(w.shape)) for branch in decoder.branches for w in branch.trainable_weights)
    assert semantic == 4 * 9 * 256 * 128 + 3 * 9 * 128 * 128 + 7 * 2 * 128


def test_linknets_blocks_have_the_papers_parameters():
    """Chaurasia and Culurciello (2017): 1 x 1 to m / 4, 3 x 3 transposed, 1 x 1 to n, each normalized."""

    def block(m, n):
        quarter = m // 4
        return m * quarter + 9 * quarter**2 + quarter * n + 2 * (quarter + quarter + n)

    last = 9 * 64 * 32 + 9 * 32 * 32 + 4 * 32
    expected = block(512, 256) + block(256, 128) + block(128, 64) + block(64, 64) + last
    assert weights_of(DECODERS["linknet"](), P1=64, P2=64, P3=128, P4=256, P5=512) == expected


def test_a_pooled_decoder_with_edges_that_begin_at_zero_scores_as_the_one_without():
    keras.utils.set_random_seed(0)
    backbone = {"name": "plain", "filters": 4, "depths": (1, 1, 1, 1)}
    coarse, edges = (
        build_model(
            "segmenter",
            classes=3,
            backbone=backbone,
            decoder={"name": "pooled", "filters": 8, "edge_filters": filters, "zero_edges": True},
        )
        for filters in (0, 4)
    )
    edges.backbone.set_weights(coarse.backbone.get_weights())
    for part in ("context", "scores"):
        getattr(edges.decoder, part).set_weights(getattr(coarse.decoder, part).get_weights())
    images = IMAGES[:, :32, :48]
    pyramid = coarse.backbone(images)
    fine = edges.decoder(pyramid)
    expected = keras.ops.image.resize(coarse.decoder(pyramid), fine.shape[1:3])
    np.testing.assert_allclose(fine, expected, atol=1e-5)
