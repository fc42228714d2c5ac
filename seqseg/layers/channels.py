"""Input channels of a network: brightness only, or several frames at once."""

from keras import ops

from seqseg.layers.tensor import Tensor

LUMA = (0.299, 0.587, 0.114)  # BT.601


def in_channels(frames: Tensor, channels: int) -> Tensor:
    """RGB frames (..., 3) of 0–255 as brightness (..., 1) for a network of one channel; all others as they are.

    >>> import numpy as np
    >>> in_channels(np.array([[255, 0, 0]], "uint8"), 1).numpy().tolist()
    [[76.0]]
    """
    if channels != 1 or frames.shape[-1] != 3:
        return frames
    frames = ops.cast(frames, "float32")
    red, green, blue = (frames[..., k] * weight for k, weight in enumerate(LUMA))
    return ops.round(red + green + blue)[..., None]  # as a grey picture has it


def stacked(clip: Tensor, past: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Every frame with those before it as channels, the oldest first.

    Args:
        clip: (n, t, h, w, c) of 0–255.
        past: (n, h, w, (count - 1) * c): the frames before the clip, each plus 1, as 0 says that there was none. A
            missing frame is taken to look like the one after it.
        count: frames that are seen at once, at least 2.

    Returns:
        (n, t, h, w, count * c), and the past after the clip.

    >>> import numpy as np
    >>> frames, past = stacked(np.full((1, 2, 1, 1, 1), 7.0), np.zeros((1, 1, 1, 2)), 3)
    >>> frames.numpy().ravel().tolist(), past.numpy().ravel().tolist()
    ([7.0, 7.0, 7.0, 7.0, 7.0, 7.0], [8.0, 8.0])
    """
    before = ops.stack(ops.split(ops.cast(past, "float32"), count - 1, axis=-1), axis=1)
    frames = ops.concatenate([before, ops.cast(clip, "float32") + 1], axis=1)
    after = ops.concatenate([frames[:, k - count + 1] for k in range(count - 1)], axis=-1)
    known = [frames[:, count - 1]]
    for k in reversed(range(count - 1)):
        known.insert(0, ops.where(frames[:, k] > 0, frames[:, k], known[0]))
    frames = ops.concatenate([ops.stack(known[:-1], axis=1), frames[:, count - 1 :]], axis=1) - 1
    views = [frames[:, k : k - count + 1] if k < count - 1 else frames[:, k:] for k in range(count)]
    return ops.concatenate(views, axis=-1), after
