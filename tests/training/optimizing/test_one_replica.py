"""Compiled programs of sizes that are no longer kept are freed."""

import gc

import keras
import numpy as np
import pytest

from seqseg.losses import CrossEntropy
from seqseg.models import build_model
from seqseg.training.optimizing import learner as learner_module
from seqseg.training.optimizing.learner import Learner

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"


@pytest.mark.skipif(not ON_TENSORFLOW, reason="graphs are TensorFlow's")
def test_training_on_other_sizes_keeps_no_more_graphs_than_programs(monkeypatch):
    from tensorflow.python.framework.func_graph import FuncGraph

    monkeypatch.setattr(learner_module, "PROGRAMS", 1)
    learner = Learner(build_model("shallow_lstm", classes=2, filters=2, memory="none"))
    learner.compile("sgd", CrossEntropy(), jit_compile=False)
    counts = []
    for width in range(8, 11):
        learner.train_on_batch(np.zeros((1, 1, 8, width, 3), "uint8"), np.zeros((1, 1, 8, width), "uint8"))
        gc.collect()
        counts.append(sum(isinstance(thing, FuncGraph) for thing in gc.get_objects()))
    assert counts[2] == counts[1]
