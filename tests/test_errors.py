import inspect

import pytest

from seqseg import errors

EVERY_ERROR = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("kind", EVERY_ERROR)
def test_every_error_can_be_caught_as_one_of_seqseg(kind):
    assert issubclass(kind, errors.SeqsegError)


@pytest.mark.parametrize("kind", EVERY_ERROR)
def test_every_error_is_in_the_drawn_tree(kind):
    assert kind.__name__ in errors.__doc__


def test_a_wrong_setting_is_also_a_value_error():
    assert issubclass(errors.ConfigError, ValueError)


def test_training_that_cannot_go_on_is_also_a_runtime_error():
    assert issubclass(errors.TrainingError, RuntimeError)
