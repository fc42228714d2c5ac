"""Memories written in TOML, from the text to the trained model and back."""

import numpy as np
import pytest

from seqseg.config import dump_experiment, load_experiment
from seqseg.errors import ConfigError
from seqseg.models import load_model
from seqseg.training.fit import train
from seqseg.training.setup import set_up

TOML = """
[model]
name = "segmenter"
decoder = "unet"

[model.backbone]
name = "plain"
filters = 2
depths = [1, 1, 1]

[model.temporal]
P1 = "convgru"
logits = "convlstm"

[model.temporal.P2]
name = "convlstm"
filters = 3
layers = 2
residual = true

[data]
source = "shapes:videos=1,frames=2,size=19x29"
timesteps = 2

[training]
epochs = 1
batch = 1
steps_per_epoch = 1
"""
STATES = {"P1/h", "P2.0/h", "P2.0/c", "P2.1/h", "P2.1/c", "logits/h", "logits/c"}


@pytest.fixture
def experiment(tmp_path):
    (tmp_path / "experiment.toml").write_text(TOML, encoding="utf-8")
    return load_experiment(tmp_path / "experiment.toml")


def test_memories_in_tables_are_trained_saved_and_read(experiment, tmp_path):
    train(experiment, tmp_path / "run")
    assert load_experiment(tmp_path / "run" / "config.toml") == experiment
    model = load_model(tmp_path / "run" / "best.keras")
    _, state = model.run(np.zeros((1, 2, 19, 29, 3), "uint8"))
    assert set(state) == STATES and state["P2.1/h"].shape == (1, 5, 8, 3)


def test_what_is_dumped_makes_the_same_network(experiment, tmp_path):
    (tmp_path / "again.toml").write_text(dump_experiment(experiment), encoding="utf-8")
    again = load_experiment(tmp_path / "again.toml")
    assert again == experiment
    first, second = set_up(experiment).network, set_up(again).network
    for mine, other in zip(first.variables, second.variables, strict=True):  # the same seed, the same numbers
        np.testing.assert_array_equal(mine.numpy(), other.numpy())
    assert set(first.initial_state_shapes(1, 19, 29)) == STATES


@pytest.mark.parametrize(
    "written", [{"model.temporal.P2": "convgru"}, {"model.temporal": '{P2 = "convgru"}'}, {"model.temporal": "convgru"}]
)
def test_a_memory_may_be_set_on_the_command_line(written):
    small = {"model.name": "simple", "model.filters": "2", "data.source": "shapes:videos=1,frames=2,size=19x29"}
    network = set_up(load_experiment(overrides=small | {"data.timesteps": 2} | written)).network
    assert [name.partition("/")[2] for name in network.initial_state_shapes(1, 19, 29)] == ["h"]


def test_an_override_changes_one_option_of_a_table(tmp_path):
    (tmp_path / "experiment.toml").write_text(TOML, encoding="utf-8")
    model = load_experiment(tmp_path / "experiment.toml", {"model.temporal.P2.layers": "1"}).model
    assert model.options["temporal"]["P2"] == {"name": "convlstm", "filters": 3, "layers": 1, "residual": True}


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"model.temporal.P7": "convgru"}, "level P7, but this encoder has P0, P1, P2"),
        ({"model.temporal.P1": "convgro"}, "unknown memory 'convgro'; did you mean convgru"),
        ({"model.temporal.P2.layer": "2"}, "no option 'layer'"),
        ({"model.temporal.P2.layers": "none"}, "temporal.P2.layers must be a whole number of at least 1, got 'none'"),
        ({"model.temporal": "3"}, "temporal is the name of a memory or a table"),
    ],
)
def test_a_memory_that_cannot_be_is_one_error(tmp_path, written, complaint):
    (tmp_path / "experiment.toml").write_text(TOML, encoding="utf-8")
    with pytest.raises(ConfigError, match=complaint):
        set_up(load_experiment(tmp_path / "experiment.toml", written))
