"""Score a model at the labels' own size: in clips as it was trained, or as deployed, frame after frame."""

import numpy as np

from seqseg.data.fitting import fit_frames
from seqseg.data.windows import read_window, windows
from seqseg.errors import DataError
from seqseg.losses import CrossEntropy
from seqseg.training.evaluation import Evaluation
from seqseg.training.labeller import Labeller
from seqseg.training.tally import Tally


def evaluate_clips(model, data, *, timesteps, size=None, worst=8, temporal=False):
    """Cut each video into clips of `timesteps`, each from a fresh memory, and score every frame once.

    Args:
        model: a `Segmenter`.
        data: a `VideoSet`.
        timesteps: frames of a clip.
        size: (height, width) that frames are shrunk to fit into, keeping their shape; None is their own. Logits are
            resized back to the labels before the class is chosen.
        worst: how many of the worst frames to keep.
        temporal: also measure how steady the masks are, by `Steadiness`; the optical flow takes its time.

    Raises:
        DataError: nothing is labelled, or the model knows other classes.

    Example:
        >>> evaluate_clips(model, open_data("camvid:CamVid", split="val"), timesteps=8, size=(360, 480)).miou
        0.61
    """
    _check_classes(data, model.card.classes)
    labeller = Labeller(model, CrossEntropy(void=data.void))
    tally = Tally(data, worst=worst, temporal=temporal)
    for window in windows(data.videos, timesteps):
        video = data.videos[window.video]
        frames, labels = read_window(video, window.start, timesteps)
        clip, _ = fit_frames(frames, [], size or frames[0].shape[:2])
        batch = {"clips": np.stack(clip)[None], "labels": np.stack(labels)[None]}
        predictions = np.asarray(labeller.predict_on_batch(batch)["classes"])[0]
        # Past a video's end there is nothing to count, and what the window before holds is counted already.
        for offset in range(window.seen, min(timesteps, len(video) - window.start)):
            frame = window.start + offset
            tally.see(video, frame, frames[offset], labels[offset], predictions[offset])
            tally.add(video, frame, labels[offset], predictions[offset])
    return _result(tally)


def evaluate_deployed(step, data, *, worst=8, temporal=False):
    """Run each video from its first frame to its last with the memory carried on, as a camera would be.

    Frames without labels are stepped through, since the memory needs them, but not counted.

    Args:
        step: (image (h, w, 3), state) -> (mask (h, w), state), for example `Predictor(model).step`; None is fresh.
        data: a `VideoSet`.
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
            image, labels = video.pair(index)
            mask, state = step(image, state)
            if labels is not None and mask.shape != labels.shape:
                raise DataError(
                    f"{video.describe(index)}: labels are {labels.shape}, but the step gave a mask {mask.shape}; "
                    "it must give masks of the frame's own size"
                )
            tally.see(video, index, image, labels, mask)
            if labels is not None:
                tally.add(video, index, labels, mask)
    return _result(tally)


def _check_classes(data, classes):
    if tuple(classes) != tuple(data.classes):
        raise DataError(
            f"the model knows {', '.join(classes)}, but {data.name} has {', '.join(data.classes)}; "
            "they must be the same to be scored"
        )


def _result(tally) -> Evaluation:
    if not tally.frames:
        raise DataError(f"no pixel of {tally.data.name} is labelled in its {tally.data.split} split; nothing to score")
    return tally.result()
