"""One training step: a network, its loss and its running score, on any backend."""

import keras

from seqseg.metrics import FramePSNR, MeanIoU, MultiLabelIoU
from seqseg.training.next_frames.sampled import sampled
from seqseg.training.optimizing.fast_forward import run_window
from seqseg.training.optimizing.weight_average import WeightAverage


class Learner(keras.Model):
    """Wraps a network for training; `train_on_batch` gives this step's loss and the score since `start_epoch`.

    The network itself is left as it is, so that it can be saved without anything of the training.

    Args:
        network: a `Segmenter`.
        carried: a `CarriedState` when the state goes on from one window to the next. The input is then
            (clips (n, t, h, w, c), fresh (n,)); without it just clips. For a conditioned network the input is a dict of
            "clip", "condition" (n, t, k) and, when carried, "fresh". A predictor of frames takes clips, or a dict of
            "clip" and "given" (n, t): where a frame is not given its own prediction goes in (see `sampling.py`).
        first: how many frames of a clip with "given" are always given.
        method: an `UnlabelledLearning` of the network, when clips without labels teach it as well. The input is then
            what that takes, a dict of "labelled" and "unlabelled" clips.
        forward: how many frames of every clip only move the memory on; see `fast_forward.py`.
        multi_label: labels are planes (n, t, h, w, classes), so the score is that of each class by itself.
    """

    def __init__(self, network, *, carried=None, multi_label=False, first=1, method=None, forward=0):
        super().__init__(name="learner")
        self.network = network
        self.carried = carried
        self.first = first
        self.forward = forward
        self.method = method
        self.average = None
        self.score = _score(network.card, multi_label)
        self.built = True
        self._compiled = {}

    def train_on_batch(self, x, y=None, **options):
        """Keras' own, compiled once for every size of clips.

        Left to itself TensorFlow gives up on sizes when a second one comes, and what depends on them cannot be built.
        """
        shapes = (y.shape, *(part.shape for part in keras.tree.flatten(x)))
        self.train_function = self._compiled.get(shapes)
        logs = super().train_on_batch(x, y, **options)
        self._compiled[shapes] = self.train_function
        return logs

    def keep_average(self):
        """From now on `kept` is the average of the weights that the optimizer, compiled with `use_ema`, keeps."""
        self.average = WeightAverage(self.network, self.optimizer, self.trainable_variables)

    @property
    def kept(self):
        """The model that is validated and saved: the network, its average, or what a method makes of it."""
        if self.average is not None:
            return self.average.averaged
        return self.network if self.method is None else self.method.kept

    def call(self, inputs, training=None):
        if self.method is not None:
            return self.method(inputs, training=training)
        if isinstance(inputs, dict) and "given" in inputs:
            return sampled(self.network, inputs["clip"], inputs["given"], training, first=self.first)
        if self.carried is None and not self.forward:
            return self.network(inputs, training=training)
        clips, fresh, condition = self._taken_apart(inputs)
        state = None if self.carried is None else self.carried.read(fresh)
        options = {"state": state, "condition": condition, "training": training}
        logits, state = run_window(self.network, clips, self.forward, **options)
        if self.carried is not None:
            self.carried.write(state)
        return logits

    def _taken_apart(self, inputs):
        """Clips, which rows are fresh and what conditions them, None where there is no such thing."""
        if isinstance(inputs, dict):
            return inputs["clip"], inputs.get("fresh"), inputs["condition"]
        clips, fresh = (inputs, None) if self.carried is None else inputs
        return clips, fresh, None

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        self.score.update_state(y, y_pred)
        return self.get_metrics_result()

    def reset_metrics(self):
        """Called by `train_on_batch` before every step: the loss starts anew so that a NaN is seen where it arises."""
        for metric in self.metrics:
            if metric is not self.score:
                metric.reset_state()

    def settle(self):
        """Bring `kept` up to date, before it is validated and saved."""
        if self.method is not None:
            self.method.settle()
        if self.average is not None:
            self.average.settle()

    def start_epoch(self):
        """Begin a new running score."""
        self.score.reset_state()


def _score(card, multi_label):
    if card.head == "frame":
        return FramePSNR(name="psnr")
    return (MultiLabelIoU if multi_label else MeanIoU)(len(card.classes), void=card.void, name="miou")
