import pytest

from seqseg.cli.console.options import OPTIONS, overrides
from seqseg.cli.main import build_parser
from seqseg.config import known_keys, load_experiment
from seqseg.errors import ConfigError


def experiment_of(*words):
    return load_experiment(None, overrides(build_parser().parse(["train", *words])))


def test_every_flag_is_for_a_key_that_there_is():
    assert {option.key for option in OPTIONS.values()} <= set(known_keys())


SAME = [
    (["--timesteps", "5"], "data.timesteps=5"),
    (["--size", "45x61"], "data.size=45x61"),
    (["--size", "45x61"], "data.size=[45, 61]"),
    (["--data", "folders:/a b"], "data.source=folders:/a b"),
    (["--model", "unet"], "model.name=unet"),
    (["--batch", "3"], "training.batch=3"),
    (["--learning-rate", "1e-4"], "training.learning_rate=0.0001"),
    (["--carry-state"], "training.carry_state=true"),
]


@pytest.mark.parametrize(("flag", "assignment"), SAME)
def test_a_flag_and_set_are_the_same_thing(flag, assignment):
    assert experiment_of(*flag) == experiment_of("--set", assignment) != experiment_of()


def test_no_flag_is_the_default_experiment():
    assert experiment_of() == load_experiment()


def test_set_wins_over_the_flag():
    assert experiment_of("--epochs", "3", "--set", "training.epochs=4").training.epochs == 4


def test_set_may_be_repeated():
    training = experiment_of("--set", "training.epochs=4", "--set", "training.batch=2").training
    assert (training.epochs, training.batch) == (4, 2)


def test_a_bad_flag_is_named_by_its_dotted_key():
    with pytest.raises(ConfigError, match='data.timesteps must be a whole number, got "eight"'):
        experiment_of("--timesteps", "eight")


def test_a_negative_number_reaches_the_check():
    with pytest.raises(ConfigError, match="data.timesteps must be at least 1, got -2"):
        experiment_of("--timesteps", "-2")
