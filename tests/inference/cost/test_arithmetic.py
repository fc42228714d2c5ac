"""Counts against hand calculations and papers, the same on every backend."""

import keras
import pytest
from keras import ops

from seqseg.errors import ModelError
from seqseg.inference.cost.arithmetic import frame_gflops, multiply_adds, state_mb, weights_mb
from seqseg.layers import ConvGRU, ConvLSTM
from seqseg.models import build_model

ON_TENSORFLOW = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="once is enough: that the backends agree is held layer by layer"
)
LAYERS = {  # on (1, 12, 20, 8): what each should take by hand
    "convolution": (keras.layers.Conv2D(5, 3, padding="same"), 12 * 20 * 9 * 8 * 5),
    "strided": (keras.layers.Conv2D(5, 3, strides=2, padding="same"), 6 * 10 * 9 * 8 * 5),
    "without padding": (keras.layers.Conv2D(5, 3), 10 * 18 * 9 * 8 * 5),
    "dilated": (keras.layers.Conv2D(5, 3, dilation_rate=2, padding="same"), 12 * 20 * 9 * 8 * 5),
    "grouped": (keras.layers.Conv2D(12, 3, groups=4, padding="same"), 12 * 20 * 9 * 2 * 12),
    "depthwise": (keras.layers.DepthwiseConv2D(3, padding="same"), 12 * 20 * 9 * 8),
    "separable": (keras.layers.SeparableConv2D(5, 3, padding="same"), 12 * 20 * (9 * 8 + 8 * 5)),
    "transposed": (keras.layers.Conv2DTranspose(5, 4, strides=2, padding="same"), 12 * 20 * 16 * 8 * 5),
    "dense": (keras.layers.Dense(7), 12 * 20 * 8 * 7),
    "normalization": (keras.layers.BatchNormalization(), 0),
    "pooling": (keras.layers.MaxPooling2D(), 0),
    "upsampling": (keras.layers.UpSampling2D(2, interpolation="bilinear"), 0),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_takes_what_it_takes_by_hand(name):
    layer, expected = LAYERS[name]
    assert multiply_adds(layer, (1, 12, 20, 8)) == expected


def test_an_einsum_takes_the_product_of_its_axes():
    kernel = ops.ones((8, 5))
    assert multiply_adds(lambda maps: ops.einsum("nhwc,cf->nhwf", maps, kernel), (1, 12, 20, 8)) == 12 * 20 * 8 * 5


def test_a_step_of_a_convlstm_is_four_gates_over_input_and_state():
    cell = ConvLSTM(6)
    taken = multiply_adds(lambda features: cell(features, cell.initial_state(1, 11, 13)), (1, 11, 13, 4))
    assert taken == 11 * 13 * 9 * (4 + 6) * 4 * 6


def test_a_step_of_a_convgru_is_three():
    cell = ConvGRU(6)
    taken = multiply_adds(lambda features: cell(features, cell.initial_state(1, 11, 13)), (1, 11, 13, 4))
    assert taken == 11 * 13 * 9 * (4 + 6) * 3 * 6


def test_a_small_unet_by_hand():
    model = build_model("unet", classes=5, filters=2, depths=(1, 1))
    down = 9 * 3 * 2 + 9 * 2 * 4 / 4  # a pixel of the image, at both levels
    up = 9 * 2 * 2 + 16 * 4 * 2 / 4 + 9 * 2 * 2  # the skip, the doubled features, the second convolution
    head = 2 * 5
    # Backends that weave the doubled map do a row and a column more.
    assert frame_gflops(model) == pytest.approx(2 * 360 * 480 * (down + up + head) / 1e9, rel=0.01)


def test_a_residual_memory_adds_its_gates_and_its_projection():
    gru = {"P1": {"name": "convgru", "filters": 3, "residual": True}}
    with_memory, without = (
        build_model("unet", classes=5, filters=2, depths=(1, 1), temporal=temporal) for temporal in (gru, None)
    )
    added = frame_gflops(with_memory, (45, 61)) - frame_gflops(without, (45, 61))
    assert added * 1e9 == pytest.approx(2 * 23 * 31 * (9 * (4 + 3) * 3 * 3 + 3 * 4))


@ON_TENSORFLOW
def test_mobilenetv2_takes_300_million_multiply_adds():
    """Sandler et al. 2018, table 4."""
    net = keras.applications.MobileNetV2(weights=None)
    assert multiply_adds(net, (1, 224, 224, 3)) == pytest.approx(300e6, rel=0.005)


@ON_TENSORFLOW
def test_the_convolutions_of_vgg16_take_15_billion_multiply_adds():
    """torchvision gives 15.47 with the three dense layers, which are 0.12."""
    net = keras.applications.VGG16(weights=None, include_top=False)
    dense = 25088 * 4096 + 4096 * 4096 + 4096 * 1000
    assert multiply_adds(net, (1, 224, 224, 3)) + dense == pytest.approx(15.47e9, rel=0.001)


@ON_TENSORFLOW
@pytest.mark.slow
def test_resnet50_takes_3_8_billion_multiply_adds():
    """He et al. 2016, table 1."""
    assert multiply_adds(keras.applications.ResNet50(weights=None), (1, 224, 224, 3)) == pytest.approx(3.8e9, rel=0.02)


@ON_TENSORFLOW
@pytest.mark.slow
def test_convnext_tiny_takes_4_5_billion_multiply_adds():
    """Liu et al. 2022, table 1."""
    net = keras.applications.ConvNeXtTiny(weights=None)
    assert multiply_adds(net, (1, 224, 224, 3)) == pytest.approx(4.5e9, rel=0.015)


def test_a_quarter_of_the_pixels_is_a_quarter_of_the_work():
    model = build_model("simple", classes=3, filters=2)
    assert frame_gflops(model, (64, 96)) / frame_gflops(model, (32, 48)) == pytest.approx(4, rel=0.1)


def test_a_model_with_a_condition_is_counted_with_it():
    model = build_model("unet", classes=2, filters=2, depths=(1, 1), condition=3)
    plain = build_model("unet", classes=2, filters=2, depths=(1, 1))
    added = frame_gflops(model, (32, 48)) - frame_gflops(plain, (32, 48))
    assert added * 1e9 == pytest.approx(2 * 3 * 2 * 4)  # one dense layer to a factor and a shift of 4 channels


def test_weights_are_four_bytes_each():
    model = build_model("simple", classes=21)
    assert weights_mb(model) == pytest.approx(4 * model.count_params() / 1e6)


def test_the_state_of_a_stream_is_two_maps_of_64_channels_an_eighth_of_its_size():
    assert state_mb(build_model("unet_lstm", classes=21)) == pytest.approx(2 * 45 * 60 * 64 * 4 / 1e6)


def test_an_image_model_has_no_state():
    assert state_mb(build_model("simple", classes=2, filters=2)) == 0


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the others know every size when they trace")
def test_what_cannot_be_counted_is_said():
    def crop(maps):
        edge = ops.cast(ops.sum(maps), "int32")
        return ops.conv(maps[:, :edge], ops.ones((3, 3, 8, 5)))

    with pytest.raises(ModelError, match="cannot count Conv2D .*its shape .* is not fixed"):
        multiply_adds(crop, (1, 12, 20, 8))
