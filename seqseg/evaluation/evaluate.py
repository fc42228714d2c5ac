"""Score a model at the size of the labels: in clips as in training, or as deployed, frame by frame."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from seqseg.data.clips.placing import place_clip
from seqseg.data.clips.windows import read_vectors, read_window, windows
from seqseg.data.left_out import naming_way_out
from seqseg.data.video import VideoSet
from seqseg.errors import DataError
from seqseg.evaluation.class_scorer import ClassScorer
from seqseg.evaluation.condition import Card, check_condition
from seqseg.evaluation.scorer import PROGRAMS
from seqseg.evaluation.scores.multi_label_result import MultiLabelEvaluation
from seqseg.evaluation.scores.result import Evaluation
from seqseg.evaluation.scores.tally import Tally
from seqseg.geometry import Placement, Resizing
from seqseg.models.clip_model import ClipModel
from seqseg.recent import Recent
from seqseg.renamed import warn_renamed

Step: TypeAlias = Callable[..., tuple[np.ndarray, Any]]
"""(image (h, w, 3), state) -> (mask (h, w), state), and `condition=` for a conditioned model."""


def evaluate_clips(
    model: ClipModel,
    data: VideoSet,
    *,
    timesteps: int,
    size: tuple[int, int] | None = None,
    resizing: Resizing | None = None,
    worst: int = 8,
    temporal: bool = False,
    fitting: Resizing | None = None,
) -> Evaluation | MultiLabelEvaluation:
    """Cut each video into clips of `timesteps`, each with a fresh memory, and score every frame once.

    Args:
        model: a `Segmenter`.
        data: what to score on.
        timesteps: frames in a clip.
        size: (height, width) that larger frames are shrunk to, keeping their aspect ratio; None is their own size.
            Logits are resized back to the labels before the class is chosen.
        resizing: another `Resizing` instead, such as that of the model's card (`resizing_of_card`).
        worst: how many of the worst frames to keep.
        temporal: also measure how steady the masks are, by `Steadiness`; the optical flow takes time.
        fitting: the former name of `resizing`.

    Returns:
        an `Evaluation`; a `MultiLabelEvaluation` where a pixel may show several classes.

    Raises:
        DataError: nothing is labelled, or the model knows other classes.
        ConfigError: the model is conditioned by vectors that the data does not have.

    Example:
        >>> evaluate_clips(model, open_data("camvid:CamVid", split="val"), timesteps=8, size=(360, 480)).miou
        0.61
    """
    check_answers(data, model.card)
    if fitting is not None:
        warn_renamed("evaluate_clips(fitting=)", "resizing=")
        resizing = fitting
    if resizing is None:
        resizing = Resizing("letterbox", size, pad=False)
    predict = _ClipPredictions(model, data, resizing)
    tally = Tally(data, worst=worst, temporal=temporal)
    for window in windows(data.videos, timesteps):
        video = data.videos[window.video]
        frames, masks = read_window(video, window.start, timesteps, planes=data.planes)
        vectors = read_vectors(video, range(window.start, window.start + timesteps)) if model.card.condition else None
        predictions = predict(frames, vectors)
        # Not past the end of a video, and not what the window before has counted.
        for offset in range(window.seen, min(timesteps, len(video) - window.start)):
            frame = window.start + offset
            tally.see(video, frame, frames[offset], masks[offset], predictions[offset])
            tally.add(video, frame, masks[offset], predictions[offset])
    return _result(tally)


def evaluate_deployed(
    step: Step, data: VideoSet, *, vectors: bool = False, worst: int = 8, temporal: bool = False
) -> Evaluation | MultiLabelEvaluation:
    """Run each video from its first frame to its last with the memory carried on, as for a camera.

    Frames without labels are not counted, but the memory sees them.

    Args:
        step: (image (h, w, 3), state) -> (mask (h, w), state), for example `Predictor(model).step`; None is fresh.
            Where a pixel may show several classes masks are planes (h, w, classes).
        data: what to score on.
        vectors: give the step the vector of each frame as `condition=`.
        worst: how many of the worst frames to keep.
        temporal: also measure how steady the masks are, by `Steadiness`; the optical flow takes time.

    Raises:
        DataError: nothing is labelled, or the step gives masks of another size than the labels.

    Example:
        >>> evaluate_deployed(Predictor(model).step, open_data("shapes", split="val")).miou
        0.83
    """
    tally = Tally(data, worst=worst, temporal=temporal)
    for video in data.videos:
        state = None
        for index in range(len(video)):
            with naming_way_out():
                image, labels = video.pair(index)
            mask, state = step(image, state, **({"condition": video.vector(index)} if vectors else {}))
            wanted = (*image.shape[:2], len(data.classes)) if data.multi_label else image.shape[:2]
            if labels is not None and mask.shape != wanted:
                raise DataError(
                    f"{video.describe(index)}: labels are {wanted}, but the step gave a mask {mask.shape}; "
                    "it must give masks of the frame's own size"
                )
            tally.see(video, index, image, labels, mask)
            if labels is not None:
                tally.add(video, index, labels, mask)
    return _result(tally)


def check_answers(data: VideoSet, card: Card) -> None:
    """Raise unless a model or export with this card and the data have the same classes, one or several a pixel."""
    if tuple(card.classes) != tuple(data.classes):
        raise DataError(
            f"the model knows {', '.join(card.classes)}, but {data.name} has {', '.join(data.classes)}; "
            "they must be the same to be scored"
        )
    if data.multi_label and card.head != "multi_label":
        raise DataError(
            f"pixels of {data.name} may show several classes, but the model's {card.head} head finds one; "
            "train with the multi_label head"
        )
    check_condition(card, data)


class _ClipPredictions:
    """Frames of one window, a list of (h, w, 3), and its vectors -> predictions (t, h, w), or planes with classes."""

    def __init__(self, model: ClipModel, data: VideoSet, resizing: Resizing) -> None:
        self._model, self._planes, self._resizing = model, data.multi_label, resizing
        self._scorers: Recent[ClassScorer] = Recent(PROGRAMS)  # by placement, whose sizes are compiled into it

    def __call__(self, frames: Sequence[np.ndarray], vectors: np.ndarray | None) -> np.ndarray:
        placement = self._resizing.place(*frames[0].shape[:2])
        clip, _ = place_clip(frames, [], placement)
        height, width = placement.tile
        tiles = np.stack([clip[:, top : top + height, left : left + width] for top, left in placement.tiles])
        batch = {"clips": tiles}
        if vectors is not None:
            batch["condition"] = np.broadcast_to(vectors, (len(tiles), *vectors.shape))
        native = self._resizing.name == "native"  # compiled for the canvas, which many sizes share
        scorer = self._scorer(self._resizing.place(*placement.canvas) if native else placement)
        predictions: np.ndarray = np.asarray(scorer.predict_on_batch(batch)["classes"])[0]
        return predictions[:, *placement.window] if native else predictions

    def _scorer(self, placement: Placement) -> ClassScorer:
        return self._scorers.get(placement, lambda: ClassScorer(self._model, planes=self._planes, placement=placement))


def _result(tally: Tally) -> Evaluation | MultiLabelEvaluation:
    if not tally.frames:
        raise DataError(f"no pixel of {tally.data.name} is labelled in its {tally.data.split} split; nothing to score")
    return tally.result()
