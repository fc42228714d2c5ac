"""Half precision where it is asked for, and only there."""

import keras

from seqseg.models import build_model
from seqseg.training.optimizing.precision import precision


def test_layers_compute_in_half_and_keep_their_weights_whole():
    with precision("mixed_bfloat16"):
        model = build_model("unet_lstm", classes=3, filters=2)
    assert model.backbone.dtype_policy.name == "mixed_bfloat16"
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}


def test_afterwards_new_layers_are_whole_again():
    with precision("mixed_bfloat16"):
        pass
    assert keras.config.dtype_policy().name == "float32"
