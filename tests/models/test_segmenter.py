"""A segmenter does what its parts do one after the other, with the memories at their places."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ModelError
from seqseg.layers import ConvGRU, ConvLSTM, unroll
from seqseg.models import build_model
from seqseg.models.backbones import PlainStack
from seqseg.models.card import ModelCard
from seqseg.models.decoders import UNetDecoder
from seqseg.models.segmenter import Segmenter

CLIP = np.random.default_rng(0).integers(0, 256, (2, 3, 21, 29, 3), "uint8")
CARD = ModelCard("parts", {}, ("ground", "disc"), ((0, 0, 0), (255, 0, 0)))


def segmenter(temporal, *, card=CARD):
    keras.utils.set_random_seed(0)
    backbone = PlainStack(2, depths=(1, 1, 1))
    return Segmenter(backbone=backbone, temporal=temporal, decoder=UNetDecoder((4, 2)), card=card)


def numpy_of(tensor):
    return ops.convert_to_numpy(tensor)


def test_an_image_model_is_encoder_decoder_and_head_on_every_frame():
    model = segmenter({})
    frames = CLIP.reshape(-1, *CLIP.shape[2:])
    by_hand = model.head(model.decoder(model.backbone(frames, training=False), training=False))
    np.testing.assert_allclose(numpy_of(model(CLIP)), numpy_of(by_hand).reshape(2, 3, 21, 29, 2), atol=1e-5)


def test_a_memory_takes_the_place_of_its_level():
    cell = ConvGRU(3)
    model = segmenter({"P2": cell})
    pyramid = model.backbone(CLIP.reshape(-1, *CLIP.shape[2:]), training=False)
    level = ops.reshape(pyramid["P2"], (2, 3, 6, 8, pyramid["P2"].shape[-1]))
    remembered, after = unroll(cell, level, cell.initial_state(2, 6, 8))
    pyramid = pyramid | {"P2": ops.reshape(remembered, (6, 6, 8, 3))}
    by_hand = model.head(model.decoder(pyramid, training=False))
    logits, state = model.run(CLIP)
    np.testing.assert_allclose(numpy_of(logits), numpy_of(by_hand).reshape(2, 3, 21, 29, 2), atol=1e-5)
    np.testing.assert_allclose(numpy_of(state["P2/h"]), numpy_of(after["h"]), atol=1e-6)


def test_states_are_named_by_place_in_the_order_of_the_memories():
    model = segmenter({"P2.0": ConvLSTM(3), "P2.1": ConvGRU(4), "P0": ConvGRU(2), "logits": ConvLSTM(2)})
    shapes = {
        "P2.0/h": (2, 6, 8, 3),
        "P2.0/c": (2, 6, 8, 3),
        "P2.1/h": (2, 6, 8, 4),
        "P0/h": (2, 21, 29, 2),
        "logits/h": (2, 21, 29, 2),
        "logits/c": (2, 21, 29, 2),
    }
    assert list(model.initial_state_shapes(2, 21, 29).items()) == list(shapes.items())
    for state in (model.initial_state(2, 21, 29), model.run(CLIP)[1]):
        assert [(name, tuple(tensor.shape)) for name, tensor in state.items()] == list(shapes.items())


def test_a_memory_where_there_is_no_level_is_refused_by_the_levels_that_there_are():
    with pytest.raises(ModelError, match="level P3, but this model has P0, P1, P2 and logits"):
        segmenter({"P3": ConvGRU(2)})


def test_a_state_of_another_size_is_refused():
    model = segmenter({"P2": ConvGRU(3)})
    with pytest.raises(ModelError, match=r"'P2/h': \(2, 6, 8, 3\)"):
        model.run(CLIP, model.initial_state(2, 32, 29))


def test_a_segmenter_made_from_its_config_and_weights_is_the_same():
    model = segmenter({"P2": ConvLSTM(3), "logits": ConvGRU(2)})
    again = Segmenter.from_config(model.get_config())
    again.set_weights(model.get_weights())
    assert again.card == model.card and list(again.temporal) == list(model.temporal)
    np.testing.assert_allclose(numpy_of(again(CLIP)), numpy_of(model(CLIP)), atol=1e-6)


def test_the_features_that_the_head_reads_come_with_the_logits():
    model = segmenter({"P2": ConvGRU(3)})
    logits, features = model.logits_and_features(ops.convert_to_tensor(CLIP))
    np.testing.assert_allclose(numpy_of(logits), numpy_of(model(CLIP)), atol=1e-6)
    scores = numpy_of(model.head(features)).reshape(2, 3, 21, 29, 2)
    np.testing.assert_allclose(scores, numpy_of(logits), atol=1e-6)


def test_the_encoders_variables_are_those_of_the_backbone():
    model = segmenter({})
    assert [v.path for v in model.encoder_variables] == [v.path for v in model.backbone.variables]


def test_a_predictor_of_residual_frames_begins_by_repeating_the_last_frame():
    model = build_model("unet_lstm", head="frame", filters=2)
    np.testing.assert_allclose(numpy_of(model(CLIP)), CLIP.astype("float32"), atol=1e-4)
