"""What a ladder is made of: levels, stages, precision, shapes, and what is refused."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.layers import LadderStage
from seqseg.models import Ladder
from tests.models.ladder.paper import COSTS, LABELS, as_if_it_had_learnt, examples, fit, loss, tiny, values


def test_with_a_cost_at_the_top_alone_no_decoder_is_built():
    model = tiny(costs=(0, 0, 0, 0.5))
    assert set(model.combinators) == {"3"}
    assert [path for path in values(model) if "down" in path] == []


def test_a_decoder_goes_down_to_the_lowest_level_with_a_cost_and_no_further():
    model = tiny(costs=(0, 0.5, 0, 0))
    assert set(model.combinators) == {"1", "2", "3"}
    assert [stage.goes_down for stage in model.stages] == [False, True, True]


def test_the_supervised_net_of_the_same_size_is_the_one_without_costs():
    full, supervised = tiny(), tiny(costs=(0, 0, 0, 0))
    assert supervised.combinators == {}
    assert [tuple(stage.weight_up.shape) for stage in supervised.stages] == [
        tuple(stage.weight_up.shape) for stage in full.stages
    ]


@pytest.mark.parametrize("shape", [(9, 11, 2), pytest.param((8, 7, 1), marks=pytest.mark.slow)])
def test_a_convolutional_ladder_trains_with_every_kind_of_stage_on_pictures_of_odd_size(shape):
    stages = [
        LadderStage("conv", 3, kernel=3, padding="full"),
        LadderStage("pool"),
        LadderStage("conv", 4, kernel=2, activation="leaky_relu"),
        LadderStage("enlarge"),
        LadderStage("conv", 3, kernel=3, padding="valid"),
        LadderStage("global_mean"),
        LadderStage("dense", 3, activation="softmax"),
    ]
    model = as_if_it_had_learnt(Ladder(stages, noise=0.3, costs=[1] * 8, input_shape=(None, None, shape[-1])))
    model.compile(keras.optimizers.SGD(1e-2), loss())
    pictures = np.random.default_rng(0).normal(size=(7, *shape)).astype("float32")
    before = values(model)
    fit(model, {"labelled": pictures, "unlabelled": pictures[:5]}, LABELS)
    after = values(model)
    assert [path for path in before if np.array_equal(before[path], after[path])] == []
    assert set(model.denoising_costs(pictures)) == set("01234567")
    assert tuple(model(pictures).shape) == (7, 3)


def test_every_pixel_can_have_its_class():
    stages = [LadderStage("conv", 4, kernel=3), LadderStage("conv", 3, kernel=1, activation="softmax")]
    model = Ladder(stages, noise=0.3, costs=(1, 1, 1), input_shape=(None, None, 2))
    model.compile(keras.optimizers.SGD(1e-2), loss())
    pictures, classes = np.zeros((2, 5, 7, 2), "float32"), np.zeros((2, 5, 7), "int32")
    fit(model, {"labelled": pictures, "unlabelled": np.ones((3, 5, 7, 2), "float32")}, classes)
    assert tuple(model(pictures).shape) == (2, 5, 7, 3)


def test_half_precision_keeps_statistics_whole():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = tiny()
    finally:
        keras.config.set_dtype_policy("float32")
    logits = model({"labelled": examples(7), "unlabelled": examples(9)}, training=True)
    assert {str(weight.dtype) for weight in model.non_trainable_variables if "seed" not in weight.path} == {"float32"}
    assert np.isfinite(ops.convert_to_numpy(ops.cast(logits, "float32"))).all()
    assert np.isfinite(float(sum(model.losses)))


@pytest.mark.parametrize(
    ("unlabelled", "said"),
    [
        ((4, 7, 7, 2), "labelled examples have shape (5, 7, 2), unlabelled ones (7, 7, 2); bring them to one size"),
        ((4, 5, 7, 3), "unlabelled examples have shape (5, 7, 3), but this ladder takes (None, None, 2)"),
    ],
)
def test_unlabelled_examples_of_another_shape_are_one_clear_line_in_fit(unlabelled, said):
    model = Ladder([LadderStage("conv", 3, kernel=1)], noise=0.3, costs=(1, 1), input_shape=(None, None, 2))
    model.compile("sgd", loss())
    with pytest.raises(ModelError) as caught:
        fit(
            model,
            {"labelled": np.zeros((4, 5, 7, 2)), "unlabelled": np.zeros(unlabelled)},
            np.zeros((4, 5, 7), "int32"),
        )
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)


def test_streams_of_other_names_are_refused():
    with pytest.raises(ModelError, match="got \\['labeled', 'unlabelled'\\]"):
        tiny()({"labeled": examples(3), "unlabelled": examples(3)})


@pytest.mark.parametrize(("costs", "noise"), [((1, 1), 0.3), ((1, 1, 1, -1), 0.3), (COSTS, (0.3, 0.3)), (COSTS, -0.1)])
def test_there_is_one_noise_and_one_cost_a_level(costs, noise):
    with pytest.raises(ConfigError, match="a ladder of 3 stages takes 4 numbers for (costs|noise)"):
        tiny(costs=costs, noise=noise)
