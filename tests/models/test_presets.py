import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers import ConvStack
from seqseg.models import PRESETS, build_model
from seqseg.models.backbones import PlacesStack
from seqseg.models.decoders import UnpoolDecoder

# image-models' networks, counted layer by layer: 3 channels and 21 classes, then 1 channel and 1 class.
ORIGINALS = {
    "full_lstm": (46_821, 46_353),
    "segnet": (15_474_389, 15_471_937),
    "shallow_lstm": (80_853, 79_713),
    "shallow_segnet": (1_742_421, 1_739_969),
    "shallow_unet": (5_229_845, 5_225_345),
    "simple": (221_301, 220_833),
    "unet": (31_380_245, 31_377_793),
    "unet_lstm": (1_151_301, 1_150_673),
}
# The same of networks on known encoders, with 3 channels: options, all parameters, those of them that are not trained.
FAMILIES = [
    ("fcn32s", {"upsampling": "bilinear_deconv"}, 136_152_917, 1_806_336),  # Keras-FCN
    ("fcn16s", {"upsampling": "bilinear_deconv"}, 134_815_994, 458_640),
    ("fcn8s", {"upsampling": "bilinear_deconv"}, 134_489_759, 127_008),
    ("fcn32s", {}, 134_346_581, 0),  # aurora95's
    ("atrous_fcn_vgg16_16s", {}, 134_346_581, 0),
    ("atrous_fcn_resnet50_16s", {}, 23_630_741, 53_120),
    ("atrous_fcn_resnet50_16s", {"output_stride": 32}, 23_630_741, 53_120),
    ("fast_fcn8", {}, 20_721_978, 8_448),  # ssnets
    ("fast_fcn8", {"classes": 2}, 20_615_521, 8_448),
    ("fast_fcn8", {"separable": False}, 134_393_759, 8_448),
]
RECURRENT = {"full_lstm": ["P2.0", "P2.1"], "shallow_lstm": ["P1"], "unet_lstm": ["P3"]}


@pytest.mark.parametrize("name", ORIGINALS)
def test_a_preset_has_the_parameters_of_the_original(name):
    assert build_model(name, classes=21).count_params() == ORIGINALS[name][0]


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_counts_hold_for_grey_images_and_one_class(name):
    assert build_model(name, classes=1, channels=1).count_params() == ORIGINALS[name][1]


@pytest.mark.parametrize(("name", "count"), [("unet_lstm", 442_624), ("shallow_lstm", 27_712)])
def test_the_memory_holds_its_share_of_the_parameters(name, count):
    memory = build_model(name, classes=21).temporal[RECURRENT[name][0]]
    assert memory.count_params() == count


def test_full_lstm_stacks_two_memories_of_32_064_parameters():
    memories = build_model("full_lstm", classes=21).temporal
    assert sum(memory.cell.count_params() for memory in memories.values()) == 32_064


@pytest.fixture
def unfilled(monkeypatch):
    """Kernels of zeros: counting them takes no random numbers, and VGG16's classifier has 120 million."""
    kind = keras.initializers.VarianceScaling
    monkeypatch.setattr(kind, "__call__", lambda self, shape, dtype=None: ops.zeros(shape, dtype))


def trained(part):
    return sum(int(np.prod(weight.shape)) for weight in part.trainable_weights)


@pytest.mark.parametrize(("name", "options", "whole", "frozen"), FAMILIES)
def test_a_preset_on_a_known_encoder_has_the_parameters_of_the_original(unfilled, name, options, whole, frozen):
    model = build_model(name, **({"classes": 21} | options))
    assert (model.count_params(), model.count_params() - trained(model)) == (whole, frozen)


@pytest.mark.parametrize(("name", "skips"), [("fcn32s", 0), ("fcn16s", 1), ("fcn8s", 2), ("fcn4s", 3)])
def test_fcn_scores_as_many_finer_maps_as_its_name_says(name, skips):
    model = build_model(name, classes=3, backbone={"name": "plain", "filters": 2, "depths": (1, 1, 1, 1, 1)})
    assert [score.kernel.shape[-2] for score in model.decoder.scores] == [32, 16, 8, 4][: skips + 1]


@pytest.mark.parametrize(
    ("name", "units", "growth", "millions"),
    [
        ("fc_densenet56", (4, 4, 4, 4, 4, 4), 12, 1.5),
        ("fc_densenet67", (5, 5, 5, 5, 5, 5), 16, 3.5),
        ("fc_densenet103", (4, 5, 7, 10, 12, 15), 16, 9.4),
    ],
)
def test_an_fc_densenet_has_the_parameters_of_its_paper(unfilled, name, units, growth, millions):
    """Jégou et al. (2017), table 3; added up layer by layer, every convolution with a bias, 4 for a normalized channel.

    For the smallest the paper says 1.5 M where its own table 2 gives 1.40 M, as other implementations have.
    """

    def convolution(side, before, after):
        return side**2 * before * after + after

    def block(units, channels):
        return sum(4 * c + convolution(3, c, growth) for c in range(channels, channels + units * growth, growth))

    total, channels, skips = convolution(3, 3, 48), 48, []
    for count in units[:-1]:
        total += block(count, channels)
        channels += count * growth
        skips.append(channels)
        total += 4 * channels + convolution(1, channels, channels)
    total += block(units[-1], channels)
    for below, count in zip(reversed(units), reversed(units[:-1]), strict=False):
        total += convolution(3, below * growth, below * growth)
        channels = below * growth + skips.pop()
        total += block(count, channels)
    total += convolution(1, channels + units[0] * growth, 11)
    assert build_model(name, classes=11).count_params() == total
    assert total == pytest.approx(millions * 1e6, rel=0.08 if name == "fc_densenet56" else 5e-3)


def test_linknet_has_11_and_a_half_million_parameters_as_in_its_paper(unfilled):
    assert build_model("linknet", classes=21).count_params() == pytest.approx(11.5e6, rel=5e-3)


def test_lraspp_has_torchvisions_parameters_but_for_its_wider_finer_level(unfilled, torchvision):
    theirs = torchvision.models.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None)
    count = sum(parameter.numel() for parameter in theirs.parameters())
    assert count == 3_221_538
    # 240 channels instead of 40 are scored, and there is one bias for both scores.
    assert trained(build_model("lraspp", classes=21)) == count + 21 * (240 - 40) - 21


def test_pspnets_head_has_the_parameters_of_its_paper(unfilled):
    """Zhao et al. (2017): four branches of 512 beside 2048 channels, then 3 x 3 to 512, each normalized, no biases."""
    head = 4 * (2048 * 512 + 2 * 512) + 9 * 4096 * 512 + 2 * 512
    assert trained(build_model("pspnet", classes=21).decoder) == head


def test_deeplabv3pluss_head_has_the_parameters_of_its_paper(unfilled):
    """Chen et al. (2018): ASPP of separable convolutions, 48 channels of the finer level, two separable ones of 256."""

    def separable(before):
        return 9 * before + 2 * before + before * 256 + 2 * 256

    aspp = 2 * (320 * 256 + 2 * 256) + 3 * separable(320) + 5 * 256 * 256 + 2 * 256
    assert trained(build_model("deeplabv3plus", classes=21).decoder) == (
        aspp + 144 * 48 + 2 * 48 + separable(256 + 48) + separable(256)
    )


@pytest.mark.parametrize(
    ("name", "options", "coarsest"),
    [
        ("deeplabv3plus", {}, "P4"),
        ("deeplabv3plus", {"output_stride": 8}, "P3"),
        ("lraspp", {}, "P4"),
        ("atrous_fcn_resnet50_16s", {"backbone": {"name": "mobilenet", "alpha": 0.25}}, "P4"),
        ("pspnet", {"backbone": {"name": "mobilenet", "alpha": 0.25}}, "P3"),
    ],
)
def test_the_output_stride_is_the_encoders_last_level(unfilled, name, options, coarsest):
    assert build_model(name, classes=2, **options).backbone.levels[-1] == coarsest


def test_an_encoders_batch_norms_can_be_frozen(unfilled):
    backbone = {"name": "mobilenet", "alpha": 0.25}
    model = build_model("linknet", classes=2, backbone=backbone, frozen_norm=True)
    assert not [weight.path for weight in model.backbone.trainable_weights if "gamma" in weight.path]


def test_fc_densenet_mirrors_its_encoder_and_may_have_a_block_at_the_bottom(unfilled):
    """ssnets: blocks of 24, 12 and 6 units on a DenseNet121, at the bottom 32; 32 new channels by way of 128."""
    plain, deep = (PRESETS["fc_densenet"](bottleneck=count)["decoder"] for count in (0, 32))
    for decoder in (plain, deep):
        widths = zip(("P1", "P2", "P3", "P4", "P5"), (64, 256, 512, 1024, 1024), strict=True)
        decoder.build({level: (None, None, None, width) for level, width in widths})
    assert [len(block.units) for block in plain.blocks] == [24, 12, 6]
    block = sum(4 * c + c * 128 + 4 * 128 + 9 * 128 * 32 for c in range(1024, 1024 + 32 * 32, 32))
    wider = 9 * (32 * 32) * 512  # the first transposed convolution reads the block's channels too
    assert deep.count_params() - plain.count_params() == block + wider


def test_fc_densenets_units_are_needed_where_no_encoder_gives_them():
    with pytest.raises(ConfigError, match="needs units.*densenet121"):
        build_model("fc_densenet", classes=2, backbone="resnet18")


def test_segnet_with_indices_has_another_implementations_parameters():
    """jaeoh2/Road-Lane-Instance-Segmentation-PyTorch prints 29,447,047, with 7 outputs of a 3 x 3 kernel.

    With 11 classes that is 29,449,355. Ours has no biases ahead of a normalization, and the classes' kernel is the
    head's.
    """
    model = build_model("segnet_indices", classes=11)
    biases = sum(layer.filters for part in (model.backbone, model.decoder) for layer in part.convolutions)
    assert isinstance(model.backbone, PlacesStack) and isinstance(model.decoder, UnpoolDecoder)
    assert trained(model.backbone) + trained(model.decoder) + biases + 9 * 64 * 7 + 7 == 29_447_047
    assert 29_447_047 + 4 * (9 * 64 + 1) == 29_449_355


def test_segnets_encoder_with_indices_has_the_kernels_of_vgg16():
    """14,714,688 parameters without top (keras.applications), of which 4,224 are biases that batch norm replaces."""
    encoder = build_model("segnet_indices", classes=2).backbone
    kernels = sum(int(np.prod(w.shape)) for w in encoder.trainable_variables if len(w.shape) == 4)
    assert kernels == 14_714_688 - 4_224


@pytest.mark.parametrize("name", RECURRENT)
def test_the_frame_only_twin_has_no_state(name):
    assert build_model(name, classes=3, filters=4, memory="none").initial_state(1, 32, 32) == {}


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("memory", ["convlstm", "convgru"])
def test_the_state_is_named_after_where_the_memory_stands(name, memory):
    state = build_model(name, classes=3, filters=4, memory=memory).initial_state(1, 32, 32)
    parts = {"convlstm": ["h", "c"], "convgru": ["h"]}[memory]
    assert list(state) == [f"{place}/{part}" for place in RECURRENT[name] for part in parts]


@pytest.mark.parametrize("name", RECURRENT)
def test_the_recurrence_is_tanh_and_may_be_the_originals_relu(name):
    def activation(**options):
        memory = next(iter(build_model(name, classes=3, filters=4, **options).temporal.values()))
        return getattr(memory, "cell", memory).activation.__name__

    assert (activation(), activation(activation="relu")) == ("tanh", "relu")


def test_unet_can_take_unet_lstms_encoder():
    recurrent = build_model("unet_lstm", classes=3)
    image = build_model("unet", classes=3, filters=16, depths=(1, 2, 2, 2), norm="batch")
    assert image.backbone.get_config()["depths"] == recurrent.backbone.get_config()["depths"]
    assert image.backbone.count_params() == recurrent.backbone.count_params()


def test_the_first_block_of_full_lstm_is_not_dead():
    """The original's first pooling read the image, so its first two convolutions changed nothing."""
    model = build_model("full_lstm", classes=3, filters=2)
    clip = np.random.default_rng(0).integers(0, 256, (1, 2, 16, 16, 3))
    before = np.array(model(clip))
    first = next(stack for stack in model.backbone.stacks if isinstance(stack, ConvStack)).convolutions[0]
    first.kernel.assign(first.kernel + 1)
    assert np.abs(np.array(model(clip)) - before).max() > 1e-3
