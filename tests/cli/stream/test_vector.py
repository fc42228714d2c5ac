"""`--vector`, held to what the model takes."""

import types

import pytest

from seqseg.cli.stream.vector import with_vector
from seqseg.errors import ConfigError


def model(condition):
    return types.SimpleNamespace(card=types.SimpleNamespace(condition=condition))


def step(image, state=None, *, condition=None):
    return condition


def test_every_step_gets_the_vector():
    assert with_vector(step, "0.3,1,0", model(3))("image") == [0.3, 1.0, 0.0]
    assert with_vector(step, None, model(0)) is step


@pytest.mark.parametrize(
    ("vector", "condition", "message"),
    [
        (None, 3, "conditioned by a vector of 3; give it with --vector"),
        ("1", 0, "takes no vector; leave --vector out"),
        ("1,2", 3, "--vector has 2 numbers, but this model takes 3"),
        ("1,x", 2, 'such as 0.3,1,0; got "1,x"'),
        ("1,nan", 2, "takes numbers with commas"),
    ],
)
def test_a_vector_that_does_not_fit_is_one_line(vector, condition, message):
    with pytest.raises(ConfigError, match=message):
        with_vector(step, vector, model(condition))
