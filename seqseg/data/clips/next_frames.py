"""Training pairs of next-frame prediction: each frame with the one after it. No labels are needed."""

from collections.abc import Iterable, Iterator

import numpy as np

from seqseg.data.video import VideoSet
from seqseg.errors import DataError


def next_frames(
    batches: Iterable[tuple[np.ndarray, np.ndarray]], *, channels: int = 3
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(clips (n, t, h, w, 3), labels) -> (frames 0…t-2, frames 1…t-1), both uint8 (n, t - 1, h, w, channels).

    With one channel frames are grey, by `grey`.
    """
    for clips, _ in batches:
        clips = grey(clips) if channels == 1 else clips
        yield clips[:, :-1], clips[:, 1:]


def grey(frames: np.ndarray) -> np.ndarray:
    """RGB uint8 (..., 3) -> luma uint8 (..., 1), by the weights of BT.601.

    >>> grey(np.array([[7, 7, 7], [255, 0, 0]], np.uint8)).tolist()
    [[7], [76]]
    """
    luma = frames[..., 0] * np.float32(0.299) + frames[..., 1] * np.float32(0.587) + frames[..., 2] * np.float32(0.114)
    return np.asarray(np.rint(luma), np.uint8)[..., None]


def require_length(data: VideoSet, timesteps: int) -> None:
    """DataError when a video has fewer frames than a clip: repeated frames must not be learned from."""
    short = [video for video in data.videos if len(video) < timesteps]
    if short:
        raise DataError(
            f"{len(short)} of {len(data.videos)} videos of {data.name} ({data.split}) are shorter than a clip of "
            f"{timesteps} frames, such as {short[0].name} with {len(short[0])}; "
            "set data.timesteps lower, or leave them out"
        )
