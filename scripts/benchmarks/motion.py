"""How well extrapolated motion predicts the next frame: OpenCV's DIS flow (Kroeger et al. 2016).

The motion between the last two frames is repeated, whole and half, without training. Compared with it: our own flow,
from which `frame_predictor` with motion starts, and two upper bounds that use the next frame: the best share of DIS'
flow for each frame, and the flow to the next frame itself.
"""

import cv2
import numpy as np

from seqseg.data.flow import flow_back
from seqseg.layers.motion import lucas_kanade
from seqseg.layers.sample import sample
from seqseg.metrics import psnr

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
NAMES = (
    "the last flow", "half of it", "its best share, known afterwards", "the flow to come, known afterwards",
    "the last flow by Lucas-Kanade",
)  # fmt: skip


def gains(frames):
    """Mean dB over repeating the last frame.

    Args:
        frames: uint8 RGB (t, h, w, 3), of which all but the first two are predicted.
    """
    flows = [flow_back(after, before) for before, after in zip(frames, frames[1:], strict=False)]
    rows = []
    for before, last, came, seen, real in zip(frames, frames[1:], frames[2:], flows, flows[1:], strict=False):
        shares = {share: _score(_moved(last, share * seen), came) for share in SHARES}
        row = [shares[1.0], shares[0.5], max(shares.values()), _score(_moved(last, real), came)]
        row.append(_score(_moved_by_ours(before, last), came))
        rows.append(np.subtract(row, _score(last, came)))
    return dict(zip(NAMES, np.mean(rows, axis=0).round(3).tolist(), strict=True))


def _score(guess, came):
    return psnr(came[None], guess[None], data_range=255)


def _moved(frame, flow):
    height, width = frame.shape[:2]
    across, down = np.meshgrid(np.arange(width, dtype="float32"), np.arange(height, dtype="float32"))
    across, down = across + flow[..., 0], down + flow[..., 1]
    return cv2.remap(frame, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _moved_by_ours(before, last):
    before, last = before[None] / np.float32(255), last[None] / np.float32(255)
    return 255 * np.asarray(sample(last, lucas_kanade(before, last)))[0]
