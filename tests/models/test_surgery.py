"""Freezing, thawing and L2 on models that are built."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.models import add_l2, build_model, freeze, from_image_model, load_model, save_model, unfreeze
from seqseg.models.backbones.freezing import FrozenBatchNormalization
from seqseg.models.surgery import freeze_all_but_memories

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 21, 27, 3), "uint8")
LABELS = np.random.default_rng(1).integers(0, 2, IMAGES.shape[:3], "uint8")
CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
MOBILE = {"name": "mobilenet", "alpha": 0.1}


def plain(**options):
    return build_model("segmenter", classes=2, backbone={"name": "plain", "filters": 4}, decoder="plain", **options)


def penalty(model):
    return float(sum(ops.convert_to_numpy(term) for term in model.losses))


def test_frozen_up_to_a_level_the_stages_that_make_it_are_not_trained():
    model = plain()
    freeze(model, until="P1")
    assert [bool(stack.trainable_variables) for stack in model.backbone.stacks] == [False, False, True, True]
    assert model.decoder.trainable_variables and model.head.trainable_variables
    unfreeze(model)
    assert all(stack.trainable_variables for stack in model.backbone.stacks)


def test_memories_can_learn_alone():
    memory = {"P1": {"name": "convgru", "filters": 2, "residual": True}, "logits": {"name": "mean"}}
    model = plain(temporal=memory)
    freeze_all_but_memories(model)
    assert len(model.trainable_variables) == 4 + 2 + 1  # the gated cell, its projection, one factor a class
    assert {id(v) for v in model.trainable_variables} <= {
        id(v) for cell in model.temporal.values() for v in cell.variables
    }
    with pytest.raises(ModelError, match="has no memory to train alone"):
        freeze_all_but_memories(plain())


def test_an_encoder_of_keras_applications_is_frozen_by_stage_too():
    model = build_model("segmenter", classes=2, backbone=MOBILE | {"frozen_norm": True}, decoder="plain")
    freeze(model, until="P3")
    network = model.backbone.taps
    assert not network.get_layer("conv_pw_5").trainable and network.get_layer("conv_dw_6").trainable
    freeze(model)
    assert model.backbone.trainable_variables == []
    unfreeze(model)
    norms = [layer for layer in network.layers if isinstance(layer, FrozenBatchNormalization)]
    assert norms and not any(layer.trainable_variables for layer in norms)
    assert network.get_layer("conv_pw_5").trainable_variables


def test_a_level_that_is_not_there_gets_the_ones_that_are():
    with pytest.raises(ConfigError, match="until must be one of P0, P1, P2, P3 or all, got 'P7'"):
        freeze(plain(), until="P7")


def test_an_encoder_without_stages_is_frozen_whole_only():
    model = build_model("segnet_indices", classes=2, filters=4)
    with pytest.raises(ModelError, match='PlacesStack has no stages.*until="all"'):
        freeze(model, until="P1")


def test_l2_is_the_sum_of_the_squares_of_the_convolution_kernels_by_hand():
    image = keras.Input((None, None, 3))
    maps = keras.layers.Conv2D(2, 3)(image)
    maps = keras.layers.BatchNormalization()(maps)
    maps = keras.layers.SeparableConv2D(2, 3)(maps)
    maps = keras.Sequential([keras.layers.DepthwiseConv2D(3), keras.layers.Conv2DTranspose(2, 2)])(maps)
    network = keras.Model(image, keras.layers.Dense(2)(maps))
    for variable in network.variables:
        variable.assign(np.full(variable.shape, 2.0))
    add_l2(network, 0.5)
    kernels = 3 * 3 * 3 * 2 + (3 * 3 * 2 + 2 * 2) + 3 * 3 * 2 + 2 * 2 * 2 * 2
    assert penalty(network) == pytest.approx(0.5 * 4 * kernels)
    network.layers[1].trainable = False
    assert penalty(network) == pytest.approx(0.5 * 4 * (kernels - 3 * 3 * 3 * 2))
    add_l2(network, 0)
    assert network.losses == []


@pytest.mark.parametrize("memory", ["convlstm", "convgru"])
def test_l2_reaches_the_kernels_of_memories_and_of_nested_encoders(memory):
    model = build_model("segmenter", classes=2, backbone=MOBILE, decoder="plain", temporal=memory)
    add_l2(model, 1e-3)
    kernels = [ops.convert_to_numpy(v) for v in model.trainable_variables if v.path.endswith("kernel")]
    assert {v.path.rpartition("/")[2] for v in model.temporal["P5"].variables} - {"bias"} <= {
        v.path.rpartition("/")[2] for v in model.variables if v.regularizer is not None
    }
    assert len(kernels) > 27 and penalty(model) == pytest.approx(1e-3 * sum((k**2).sum() for k in kernels), rel=1e-5)


def test_training_adds_l2_to_its_loss_and_shrinks_the_kernels():
    losses, sizes = [], []
    for strength in (0, 0.1):
        keras.utils.set_random_seed(0)
        model = plain()
        add_l2(model, strength)
        model.compile(keras.optimizers.SGD(0.01), CROSS_ENTROPY)
        before = penalty(model)
        losses.append(float(model.train_on_batch(IMAGES, LABELS)) - before)
        sizes.append(sum(float((ops.convert_to_numpy(v) ** 2).sum()) for v in model.head.variables))
    assert losses[0] == pytest.approx(losses[1], rel=1e-4) and sizes[1] < sizes[0]


def test_l2_stays_with_a_model_in_its_file_and_in_the_video_model_made_of_it(tmp_path):
    model = plain()
    add_l2(model, 1e-2)
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    assert penalty(again) == pytest.approx(penalty(model), rel=1e-6) and penalty(model) > 0
    video = from_image_model(again, "convgru")
    own = sum((ops.convert_to_numpy(v) ** 2).sum() for v in video.temporal["P3"].variables if len(v.shape) == 4)
    assert penalty(video) == pytest.approx(penalty(model) + 1e-2 * own, rel=1e-5)


def test_a_negative_strength_is_refused():
    with pytest.raises(ConfigError, match="at least 0, got -1"):
        add_l2(plain(), -1)


def test_a_model_without_weights_is_refused():
    with pytest.raises(ModelError, match="no weights yet"):
        add_l2(keras.layers.Conv2D(2, 3), 1e-5)
