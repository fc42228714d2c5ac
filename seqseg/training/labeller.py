"""Clips in, classes out, and the loss with them: what validation and evaluation run."""

import keras
from keras import ops

from seqseg.layers import fold, resize_to, unfold
from seqseg.training.learner import jit_compile


class Labeller(keras.Model):
    """{"clips": (n, t, h, w, c), "labels": (n, t, y, x)} -> classes uint8 (n, t, y, x) at the size of the labels.

    Logits are resized (bilinear) before the class is chosen, so that edges fall between pixels and not on blocks.

    Args:
        network: a `Segmenter`.
        loss: a `CrossEntropy`; the sums of a batch come out as "loss" and "weight", (1,) each.
    """

    def __init__(self, network, loss):
        super().__init__(name="labeller")
        self.network = network
        self.cross_entropy = loss
        self.jit_compile = jit_compile()
        self.built = True

    def call(self, inputs):
        clips, labels = inputs["clips"], inputs["labels"]
        logits = self.network(clips, training=False)
        if tuple(clips.shape[2:4]) != tuple(labels.shape[2:4]):
            logits = unfold(resize_to(fold(logits), ops.shape(labels)[2:4]), clips.shape[1])
        total, weight = self.cross_entropy.sums(labels, logits)
        return {
            "classes": ops.cast(ops.argmax(logits, axis=-1), "uint8"),
            "loss": ops.reshape(total, (1,)),
            "weight": ops.reshape(weight, (1,)),
        }
