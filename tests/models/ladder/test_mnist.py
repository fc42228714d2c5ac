"""The numbers are those of the commands in the README of the paper's code."""

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.models import ladder_conv_small, ladder_mlp

SMALL = {"hidden": (7, 6, 5, 4, 4), "inputs": 8}


@pytest.mark.parametrize(
    ("labels", "costs"),
    [
        (50, [2000, 20, 0.1, 0.1, 0.1, 0.1, 0.1]),
        (100, [1000, 10, 0.1, 0.1, 0.1, 0.1, 0.1]),
        (1000, [2000, 20, 0.1, 0.1, 0.1, 0.1, 0.1]),
        (60000, [1000, 1, 0.01, 0.01, 0.01, 0.01, 0.01]),
    ],
)
def test_costs_of_the_full_ladder(labels, costs):
    assert ladder_mlp(labels=labels, **SMALL).costs == costs


@pytest.mark.parametrize(("labels", "cost"), [(100, 0.5), (1000, 10), (60000, 2)])
def test_the_gamma_model_has_a_cost_at_the_top_alone(labels, cost):
    assert ladder_mlp(labels=labels, model="gamma", **SMALL).costs == [0, 0, 0, 0, 0, 0, cost]


@pytest.mark.parametrize(("labels", "cost"), [(100, 5000), (1000, 2000), (60000, 2000)])
def test_the_bottom_model_has_a_cost_at_the_input_alone(labels, cost):
    assert ladder_mlp(labels=labels, model="bottom", **SMALL).costs == [cost, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("labels", "model", "noise"),
    [(100, "full", 0.3), (1000, "full", 0.2), (1000, "gamma", 0.3), (100, "supervised", 0.5)],
)
def test_noise_at_the_input_is_always_the_same(labels, model, noise):
    assert ladder_mlp(labels=labels, model=model, **SMALL).noise == [0.3] + 6 * [noise]


def test_the_layers_are_the_papers():
    model = ladder_mlp()
    assert [stage.units for stage in model.stages] == [1000, 500, 250, 250, 250, 10]
    ups = 784 * 1000 + 1000 * 500 + 500 * 250 + 2 * 250 * 250 + 250 * 10
    units = 1000 + 500 + 3 * 250 + 10
    trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_variables)
    assert trained == 2 * ups + units + 10 + 10 * (784 + units)  # both ways, shifts, the top's scale, combinators


def test_conv_small_has_nine_layers_and_maps_of_the_papers_sizes():
    shape, shapes = (None, 28, 28, 1), []
    for stage in ladder_conv_small().stages:
        shape = stage.compute_output_shape(shape)
        shapes.append(shape[1:])
    assert shapes == [
        (32, 32, 32), (16, 16, 32), (14, 14, 64), (16, 16, 64), (8, 8, 64), (6, 6, 128), (6, 6, 10), (10,), (10,)
    ]  # fmt: skip


def test_conv_small_trains_on_pictures_of_any_size():
    model = ladder_conv_small(input_shape=(None, None, 1))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    pictures = np.random.default_rng(0).random((4, 13, 17, 1)).astype("float32")
    batch = {"labelled": pictures[:3], "unlabelled": pictures}, np.array([3, 1, 9])
    history = model.fit((one for one in [batch]), steps_per_epoch=1, shuffle=False, verbose=0)
    assert np.isfinite(history.history["loss"][0]) and tuple(model(pictures).shape) == (4, 10)


@pytest.mark.parametrize("options", [{"labels": 300}, {"model": "half"}])
def test_what_the_reference_has_no_costs_for_is_refused(options):
    with pytest.raises(ConfigError, match="the reference has costs for 50, 100, 1000, 60000 labels"):
        ladder_mlp(**options)


def test_conv_small_is_gamma_or_supervised():
    with pytest.raises(ConfigError, match="Conv-Small is gamma or supervised, got 'full'"):
        ladder_conv_small(model="full")
