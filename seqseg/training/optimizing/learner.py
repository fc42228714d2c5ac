"""One training step: a network, its loss and its running score, on any backend."""

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias, cast

import keras
import numpy as np

from seqseg.metrics import MeanIoU
from seqseg.models.clip_model import ClipModel
from seqseg.recent import Recent
from seqseg.training.next_frames.sampled import sampled
from seqseg.training.optimizing.fast_forward import run_window
from seqseg.training.optimizing.long_windows import CarriedState
from seqseg.training.optimizing.one_replica import for_one_replica
from seqseg.training.optimizing.weight_average import WeightAverage
from seqseg.training.unlabelled.learning import UnlabelledLearning

PROGRAMS = 64
"""Training steps that are kept, each compiled for one size of clips."""

TrainFunction: TypeAlias = Callable[..., Any]


class Learner(keras.Model):
    """Wraps a network for training; `train_on_batch` gives this step's loss and the score since `start_epoch`.

    The network stays as it is, so that it can be saved without anything of the training.

    Args:
        network: a `Segmenter` or another `ClipModel`.
        carried: a `CarriedState` when the state goes on from one window to the next. The input is then
            (clips (n, t, h, w, c), fresh (n,)); without it just clips. For a conditioned network the input is a dict of
            "clip", "condition" (n, t, k) and, when carried, "fresh". A frame predictor takes clips, or a dict of "clip"
            and "given" (n, t): a frame that is not given is replaced by its prediction (see `sampling.py`).
        score: the running score; None is the mean IoU of the network's classes.
        first: how many frames of a clip with "given" are always given.
        method: an `UnlabelledLearning` of the network. The input is then a dict of "labelled" and "unlabelled" clips.
        forward: how many frames of every clip only move the memory on; see `fast_forward.py`.
    """

    def __init__(
        self,
        network: ClipModel,
        *,
        carried: CarriedState | None = None,
        score: keras.metrics.Metric | None = None,
        first: int = 1,
        method: UnlabelledLearning | None = None,
        forward: int = 0,
    ) -> None:
        super().__init__(name="learner")
        self.network = network
        self.carried = carried
        self.first = first
        self.method = method
        self.forward = forward
        self.average: WeightAverage | None = None
        self.score = score or MeanIoU(len(network.card.classes), void=network.card.void, name="miou")
        self.built = True
        self._compiled: Recent[TrainFunction] = Recent(PROGRAMS)

    def compile(self, optimizer: Any = "rmsprop", *args: Any, **options: Any) -> None:
        super().compile(for_one_replica(optimizer), *args, **options)

    def train_on_batch(self, x: Any, y: np.ndarray, **options: Any) -> Any:
        """Keras' own, compiled once for every size of clips.

        TensorFlow would otherwise drop the fixed sizes at the second one, and layers that need them could not be built.
        """
        shapes: Hashable = (y.shape, *(part.shape for part in keras.tree.flatten(x)))
        self.train_function: TrainFunction | None = self._compiled.get(shapes, self._new_train_function)
        return super().train_on_batch(x, y, **options)

    def keep_average(self) -> None:
        """From now on `kept` is the average of the weights that the optimizer, compiled with `use_ema`, keeps."""
        self.average = WeightAverage(self.network, self.optimizer, self.trainable_variables)

    @property
    def kept(self) -> ClipModel:
        """The model that is validated and saved: the network, its average, or the one that a method makes of it."""
        if self.average is not None:
            return self.average.averaged
        return self.network if self.method is None else self.method.kept

    def call(self, inputs: Any, training: bool | None = None) -> keras.KerasTensor:
        if self.method is not None:
            return self.method(inputs, training=training)
        if isinstance(inputs, dict) and "given" in inputs:
            return sampled(self.network, inputs["clip"], inputs["given"], training, first=self.first)
        if self.carried is None and not self.forward:
            return self.network(inputs, training=training)
        clips, fresh, condition = self._parts(inputs)
        state = None if self.carried is None else self.carried.read(fresh)
        logits, state = run_window(
            self.network, clips, self.forward, state=state, condition=condition, training=training
        )
        if self.carried is not None:
            self.carried.write(state)
        return logits

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        self.score.update_state(y, y_pred)
        metrics: dict[str, Any] = self.get_metrics_result()
        return metrics

    def reset_metrics(self) -> None:
        """Called by `train_on_batch` before every step: the loss is that of one step, so a NaN shows at once."""
        for metric in self.metrics:
            if metric is not self.score:
                metric.reset_state()

    def settle(self) -> None:
        """Bring `kept` up to date before it is validated and saved."""
        if self.method is not None:
            self.method.settle()
        if self.average is not None:
            self.average.settle()

    def start_epoch(self) -> None:
        """Reset the running score."""
        self.score.reset_state()

    def _parts(self, inputs: Any) -> tuple[Any, Any, Any]:
        """(clips, fresh, condition), None for what is not there."""
        if isinstance(inputs, dict):
            return inputs["clip"], inputs.get("fresh"), inputs["condition"]
        clips, fresh = (inputs, None) if self.carried is None else inputs
        return clips, fresh, None

    def _new_train_function(self) -> TrainFunction:
        self.train_function = None
        self.make_train_function()
        made: Any = self.train_function
        return cast(TrainFunction, made)
