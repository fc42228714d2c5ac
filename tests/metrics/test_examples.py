"""The examples in the docstrings are true."""

import doctest
import importlib

import numpy as np
import pytest

import seqseg.metrics

MODULES = ("bootstrap", "confusion", "davis", "frame_by_frame", "frame_quality", "multi_label", "temporal")


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_give_what_they_say(name):
    if name == "frame_quality":
        pytest.importorskip("skimage")
    module = importlib.import_module(f"seqseg.metrics.{name}")
    result = doctest.testmod(module, extraglobs=vars(seqseg.metrics) | {"np": np})
    assert result.attempted and not result.failed
