"""Score a model at the labels' own size: in clips as it was trained, or as deployed, frame after frame."""

import functools

import numpy as np

from seqseg.data.clips.placing import place_clip
from seqseg.data.clips.windows import read_vectors, read_window, windows
from seqseg.data.left_out import naming_way_out
from seqseg.errors import DataError
from seqseg.evaluation.class_scorer import ClassScorer
from seqseg.evaluation.condition import check_condition
from seqseg.evaluation.tally import Tally
from seqseg.geometry import Resizing
from seqseg.renamed import warn_renamed


def evaluate_clips(model, data, *, timesteps, size=None, resizing=None, worst=8, temporal=False, fitting=None):
    """Cut each video into clips of `timesteps`, each from a fresh memory, and score every frame once.

    Args:
        model: a `Segmenter`.
        data: a `VideoSet`.
        timesteps: frames of a clip.
        size: (height, width) that frames are shrunk to fit into, keeping their shape; None is their own. Logits are
            resized back to the labels before the class is chosen.
        resizing: the `Resizing` to take instead, such as that of the model's card (`resizing_of_card`).
        worst: how many of the worst frames to keep.
        temporal: also measure how steady the masks are, by `Steadiness`; the optical flow takes its time.
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
    label = _ClipLabels(model, data, resizing)
    tally = Tally(data, worst=worst, temporal=temporal)
    for window in windows(data.videos, timesteps):
        video = data.videos[window.video]
        frames, masks = read_window(video, window.start, timesteps, planes=data.planes)
        vectors = read_vectors(video, range(window.start, window.start + timesteps)) if model.card.condition else None
        predictions = label(frames, vectors)
        # Past a video's end there is nothing to count, and what the window before holds is counted already.
        for offset in range(window.seen, min(timesteps, len(video) - window.start)):
            frame = window.start + offset
            tally.see(video, frame, frames[offset], masks[offset], predictions[offset])
            tally.add(video, frame, masks[offset], predictions[offset])
    return _result(tally)


def evaluate_deployed(step, data, *, vectors=False, worst=8, temporal=False):
    """Run each video from its first frame to its last with the memory carried on, as a camera would be.

    Frames without labels are stepped through, since the memory needs them, but not counted.

    Args:
        step: (image (h, w, 3), state) -> (mask (h, w), state), for example `Predictor(model).step`; None is fresh.
            Where a pixel may show several classes masks are planes (h, w, classes).
        data: a `VideoSet`.
        vectors: give the step the vector of each frame as `condition=`.
        worst: how many of the worst frames to keep.
        temporal: also measure how steady the masks are, by `Steadiness`; the optical flow takes its time.

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


def check_answers(data, card):
    """Raise unless a model with this card answers what the data asks: its classes, one or several, its vectors."""
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


class _ClipLabels:
    """frames of one window, a list of (h, w, 3), and its vectors -> predictions (t, h, w), or planes with classes."""

    def __init__(self, model, data, resizing):
        self._resizing = resizing
        # One for each place, so that its sizes are fixed when it is compiled.
        self._scorer = functools.cache(
            lambda placement: ClassScorer(model, planes=data.multi_label, placement=placement)
        )

    def __call__(self, frames, vectors):
        placement = self._resizing.place(*frames[0].shape[:2])
        clip, _ = place_clip(frames, [], placement)
        height, width = placement.tile
        tiles = np.stack([clip[:, top : top + height, left : left + width] for top, left in placement.tiles])
        batch = {"clips": tiles}
        if vectors is not None:
            batch["condition"] = np.broadcast_to(vectors, (len(tiles), *vectors.shape))
        if self._resizing.name == "native":  # compiled for the canvas, which many sizes share
            scorer = self._scorer(self._resizing.place(*placement.canvas))
            rows, columns = placement.window
            return np.asarray(scorer.predict_on_batch(batch)["classes"])[0][:, rows, columns]
        return np.asarray(self._scorer(placement).predict_on_batch(batch)["classes"])[0]


def _result(tally):
    if not tally.frames:
        raise DataError(f"no pixel of {tally.data.name} is labelled in its {tally.data.split} split; nothing to score")
    return tally.result()
