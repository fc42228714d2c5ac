"""The motion between the frames of a clip, found once for all memories that move along with the picture."""

from keras import ops

from seqseg.layers.motion import lucas_kanade
from seqseg.layers.unroll import fold, unfold
from seqseg.layers.warp import flow_at
from seqseg.models.levels import level_size

GREY, SEEN, LOST = NAMES = "warp/grey", "warp/seen", "warp/lost"
LEVEL = "P2"
"""Motion is looked for at a quarter of the size, up to 64 pixels of the whole frame."""
TINY = 1e-6


class Motion:
    """The flow of every frame of a clip to the frame before it, at any size: folded, (n * t, h, w, 2)."""

    def __init__(self, flow):
        self._flow = flow
        self._at = {}

    def at(self, size):
        """In pixels of maps of `size`, made once for each size."""
        key = tuple(map(str, size))
        if key not in self._at:
            self._at[key] = flow_at(self._flow, size)
        return self._at[key]


def motion_shapes(batch, height, width):
    """The state that motion needs: the last frame, small and grey, how much of it is left, and a count.

    Returns:
        {"warp/grey": (n, h, w, 1), "warp/seen": (n, 1, 1, 1), "warp/lost": (n, 1, 1, 1)}. Seen is 0 in a fresh state,
        in which nothing moves; lost counts frames whose motion was no number, which do not move either.
    """
    return {GREY: (batch, *level_size(LEVEL, height, width), 1), SEEN: (batch, 1, 1, 1), LOST: (batch, 1, 1, 1)}


def motion_of(frames, timesteps, state):
    """The `Motion` of folded frames (n * t, h, w, c) of 0–255, and the state of it after them."""
    stride = 2 ** int(LEVEL[1:])
    grey = ops.mean(ops.cast(frames, "float32"), axis=-1, keepdims=True) / 255
    grey = ops.average_pool(grey, stride, strides=stride, padding="same", data_format="channels_last")
    known = ops.isfinite(grey)
    grey, lost = _numbers(grey, known)
    clip = unfold(grey, timesteps)
    last = state[GREY] / ops.maximum(state[SEEN], TINY)
    before = ops.concatenate([ops.expand_dims(last, 1), clip[:, :-1]], axis=1)
    flow = lucas_kanade(fold(before), grey)
    flow, lost_too = _numbers(flow, ops.isfinite(flow))
    lost = unfold(ops.maximum(lost, lost_too), timesteps)
    # Nothing moves into the first frame of a stream.
    begun = ops.ones_like(clip[:, 1:, :1, :1])
    begun = ops.concatenate([ops.cast(ops.expand_dims(state[SEEN], 1) > 0, "float32"), begun], axis=1)
    after = {GREY: clip[:, -1], SEEN: ops.ones_like(state[SEEN]), LOST: state[LOST] + ops.sum(lost, axis=1)}
    return Motion(flow * fold(begun)), after


def _numbers(maps, known):
    """The maps with 0 for what is no number, and 1 for the frames that hold any: (n, 1, 1, 1)."""
    lost = 1 - ops.cast(ops.all(known, axis=(1, 2, 3), keepdims=True), "float32")
    return ops.where(known, maps, 0.0) * (1 - lost), lost
