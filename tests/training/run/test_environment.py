"""A run records its machine."""

import json
import sys

import keras

from seqseg.training.run.environment import describe_environment


def test_it_names_the_command_the_backend_and_the_versions():
    environment = json.loads(json.dumps(describe_environment()))
    assert environment["command"] == sys.argv
    assert environment["backend"] == keras.backend.backend()
    assert environment["packages"]["keras"] == keras.__version__
    assert environment["devices"]
