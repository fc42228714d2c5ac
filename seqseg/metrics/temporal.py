"""Temporal consistency of a segmentation. Time is the third axis from the end: (..., t, h, w)."""

import numpy as np
from numpy.typing import ArrayLike

from seqseg.metrics.confusion import confusion_matrix, iou_from_confusion, mean_present


def flicker_counts(labels: ArrayLike | None, predictions: ArrayLike, *, void: int = 255) -> np.ndarray:
    """Pixels whose label stays from a frame to the next, and how many of them change in the predictions.

    Args:
        labels: integers (..., t, h, w); None takes every pixel as one that should stay.
        predictions: integers of the same shape.
        void: a label that does not count, in either frame.

    Returns:
        int64 (2,): changed, steady. Counts of several videos add up.

    Example:
        >>> flicker_counts([[[0, 0]], [[0, 1]]], [[[0, 0]], [[1, 1]]])
        array([1, 1])

    Raises:
        ValueError: the shapes differ.
    """
    predictions = np.asarray(predictions)
    changed = _after(predictions) != _before(predictions)
    steady = np.ones(changed.shape, bool)
    if labels is not None:
        labels = _same_shape(labels, predictions)
        steady = (_after(labels) == _before(labels)) & (_after(labels) != void)
    return np.array([(changed & steady).sum(), steady.sum()], "int64")


def flicker_rate(labels: ArrayLike | None, predictions: ArrayLike, *, void: int = 255) -> float:
    """The share of label changes that ground truth does not make; NaN where nothing should stay.

    Example:
        >>> flicker_rate([[[0, 0]], [[0, 1]]], [[[0, 0]], [[1, 1]]])
        1.0
    """
    changed, steady = flicker_counts(labels, predictions, void=void)
    return float(changed / steady) if steady else float("nan")


def warp_labels(labels: ArrayLike, flow: ArrayLike, *, void: int = 255) -> np.ndarray:
    """Warp a label image (h, w) along a flow, by the nearest pixel.

    Args:
        labels: integers (h, w) of the frame that is sampled.
        flow: float (h, w, 2): pixel (y, x) of the result is found at (y + flow[..., 1], x + flow[..., 0]).
        void: the label where that is outside the picture.

    Example:
        >>> to_the_right = np.tile([-1.0, 0.0], (1, 4, 1))
        >>> warp_labels([[1, 2, 3, 4]], to_the_right)
        array([[255,   1,   2,   3]])
    """
    labels, flow = np.asarray(labels), np.asarray(flow)
    if flow.shape != (*labels.shape, 2):
        raise ValueError(f"flow must be {(*labels.shape, 2)} for labels {labels.shape}, got {flow.shape}")
    height, width = labels.shape
    rows = np.rint(np.arange(height)[:, None] + flow[..., 1]).astype("int64")
    columns = np.rint(np.arange(width) + flow[..., 0]).astype("int64")
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    looked_up = labels[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return np.where(inside, looked_up, np.asarray(void, looked_up.dtype))


def consistency_confusion(predictions: np.ndarray, flows: np.ndarray, classes: int, *, void: int = 255) -> np.ndarray:
    """Each frame's prediction against the one before it, warped: int64 (classes, classes), row = the warped one.

    Args:
        predictions: integers (t, h, w) of one video.
        flows: (t - 1, h, w, 2), from each frame but the first back to the one before it: `seqseg.data.flow.flow_back`.
        classes: how many.
        void: a prediction that does not count.
    """
    if len(flows) != len(predictions) - 1:
        raise ValueError(f"{len(predictions)} frames need {len(predictions) - 1} flows between them, got {len(flows)}")
    confusion = np.zeros((classes, classes), "int64")
    for before, after, flow in zip(predictions[:-1], predictions[1:], flows, strict=True):
        warped = warp_labels(before, flow, void=void)
        warped = np.where(np.asarray(after) == void, np.asarray(void, warped.dtype), warped)
        confusion += confusion_matrix(warped, np.where(warped == void, 0, after), classes, void=void)
    return confusion


def temporal_consistency(predictions: np.ndarray, flows: np.ndarray, classes: int, *, void: int = 255) -> float:
    """TC of one video: the mIoU of each frame's prediction with the one before, warped by optical flow.

    Liu et al. 2020, "Efficient Semantic Video Segmentation with Per-frame Inference". Arguments as in
    `consistency_confusion`; a set's TC is the mean over its videos. Pixels that come from outside the picture do not
    count. It does not measure accuracy: a constant prediction scores 1.

    Example:
        >>> masks, flows = np.ones((8, 24, 31), int), np.zeros((7, 24, 31, 2))
        >>> temporal_consistency(masks, flows, 2)
        1.0
    """
    return mean_present(iou_from_confusion(consistency_confusion(predictions, flows, classes, void=void)))


def video_consistency(labels: ArrayLike, predictions: ArrayLike, *, frames: int = 8, void: int = 255) -> np.ndarray:
    """VC8 (or VC16, ...): the share of pixels with a constant label over `frames` frames whose prediction is constant.

    Miao et al. 2021, "VSPW: A Large-scale Dataset for Video Scene Parsing in the Wild"; as in its code the prediction
    need not be right. Here void does not count, and the last clip of a video does.

    Returns:
        The value of each run of `frames` frames of one video, float64 (t - frames + 1,), NaN where nothing stays: a
        set's VC is `numpy.nanmean` over the clips of all its videos together. Empty for a shorter video.

    Args:
        labels: integers (t, h, w).
        predictions: the same.
        frames: the length of a clip.
        void: a label that does not count.

    Example:
        >>> labels = np.zeros((9, 1, 2), int)
        >>> predictions = labels.copy()
        >>> predictions[8, 0, 0] = 1
        >>> video_consistency(labels, predictions)
        array([1. , 0.5])
    """
    predictions = np.asarray(predictions)
    labels = _same_shape(labels, predictions)
    values = []
    for start in range(len(labels) - frames + 1):
        clip, guess = labels[start : start + frames], predictions[start : start + frames]
        steady = (clip == clip[0]).all(axis=0) & (clip[0] != void)
        kept = steady & (guess == guess[0]).all(axis=0)
        values.append(kept.sum() / steady.sum() if steady.any() else np.nan)
    return np.array(values, "float64")


def dtssd(truth: ArrayLike, predictions: ArrayLike) -> float:
    """dtSSD: how far changes from frame to frame are from those of the truth, 100 x root mean square, mean over time.

    Erofeev et al. 2015, "Perceptually Motivated Benchmark for Video Matting", scaled as RobustVideoMatting prints it.

    Args:
        truth: mattes or probabilities from 0 to 1, (..., t, h, w), t >= 2.
        predictions: the same.

    Example:
        >>> dtssd([[[0.0]], [[1.0]]], [[[0.0]], [[0.5]]])
        50.0
    """
    predictions = np.asarray(predictions, "float64")
    truth = _same_shape(truth, predictions).astype("float64")
    if truth.ndim < 3 or truth.shape[-3] < 2:
        raise ValueError(f"dtSSD needs (..., t, h, w) with at least 2 frames, got {truth.shape}")
    error = (_after(predictions) - _before(predictions)) - (_after(truth) - _before(truth))
    return float(100 * np.sqrt((error**2).mean(axis=(-2, -1))).mean())


def _before(frames: np.ndarray) -> np.ndarray:
    return frames[..., :-1, :, :]


def _after(frames: np.ndarray) -> np.ndarray:
    return frames[..., 1:, :, :]


def _same_shape(labels: ArrayLike, predictions: np.ndarray) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.shape != predictions.shape:
        raise ValueError(f"labels {labels.shape} and predictions {predictions.shape} must be of one shape")
    return labels
