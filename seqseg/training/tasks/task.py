"""The interface of a kind of training: its batches, loss, score and validation."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import keras
import numpy as np

from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError
from seqseg.evaluation.scorer import Scorer
from seqseg.models.clip_model import ClipModel
from seqseg.registry import as_table
from seqseg.training.clips import Batch

Sample: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Three pictures of one frame, for people to compare."""

AUTO = "auto"
SAMPLES = 4
"""Pictures an epoch, always of the same clips, evenly spread over the validation set."""


class Validation(Protocol):
    """The result of a validation.

    Attributes:
        score: the best epoch has the highest.
        loss: the same mean as in training.
        figures: the columns of metrics.csv.
        samples: pictures of some frames.
        class_iou: the IoU of each class of the set, NaN where it does not occur; empty where there are no classes.
    """

    @property
    def score(self) -> float: ...
    @property
    def loss(self) -> float: ...
    @property
    def figures(self) -> Mapping[str, float]: ...
    @property
    def samples(self) -> Sequence[Sample]: ...
    @property
    def class_iou(self) -> Sequence[float]: ...


class Validated(Protocol):
    """What a validation needs; a `Setup` has it."""

    @property
    def validation(self) -> VideoSet: ...
    @property
    def scorer(self) -> Scorer: ...
    @property
    def validation_batches(self) -> Callable[[], Iterator[Batch]]: ...
    @property
    def validation_clips(self) -> int: ...


class Validate(Protocol):
    """Scores the network on the validation set; None when `stop()`, asked after every batch, says so.

    `watch` gets the number of finished batches.
    """

    def __call__(
        self, setup: Validated, *, stop: Callable[[], bool] = ..., watch: Callable[[int], None] = ...
    ) -> Validation | None: ...


class Task(Protocol):
    """One kind of training.

    Attributes:
        head: of the model.
        score: the column of metrics.csv with the training score; `val_` and it is the column that chooses the best.
        title: the score's name for people.
        columns: of a validation.
        caption: of the pictures.
        needs_labels: whether training uses only frames with labels.
        vectors: whether the model takes the vectors of the data.
        always_given: how many frames at the beginning of a clip the network always sees; see `sampling.py`.
        notes: settings chosen for the user, as sentences.
    """

    head: str
    score: str
    title: str
    columns: tuple[str, ...]
    caption: str
    needs_labels: bool
    vectors: bool
    always_given: int
    notes: tuple[str, ...]

    def check_validation(self, validation: VideoSet) -> None:
        """Raise DataError unless the validation set can be used beside the training set."""

    def batches(self, clips: Iterable[Batch], *, start: int) -> Iterator[Batch]:
        """Batches of clips from step `start` on -> what the learner takes."""

    def validation_batches(self, clips: Iterable[Batch], validation: VideoSet) -> Iterator[Batch]:
        """Batches of clips of the validation set -> what the scorer takes."""

    def loss(self) -> keras.losses.Loss:
        """The loss of training and validation."""

    def metric(self) -> keras.metrics.Metric:
        """The running score of training, named `score`."""

    def scorer(self, network: ClipModel, loss: keras.losses.Loss) -> Scorer:
        """The network as validation runs it."""

    @property
    def validate(self) -> "Validate":
        """Scores the network on the validation set."""

    def sheet(self, samples: Sequence[Sample], data: VideoSet) -> np.ndarray:
        """One picture (h, w, 3) of all samples."""


def shown_clips(count: int) -> set[int]:
    """Which of `count` validation clips are drawn."""
    return set(np.linspace(0, count - 1, SAMPLES).round().astype(int).tolist())


def loss_options(chosen: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """`training.loss` as (name, options).

    Raises:
        ConfigError: it has no name, or options that the data or other settings give.
    """
    options = as_table(chosen)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError(f'training.loss needs a name, such as {{name = "focal", gamma = 3.0}}; got {chosen}')
    for option, place in {"void": "the data", "class_weights": "training.class_weights"}.items():
        if option in options:
            raise ConfigError(f"training.loss takes {option} from {place}; leave it out of the loss's own options")
    return name, options
