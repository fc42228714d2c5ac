"""How good forecasts are, by how far ahead they look, beside simply repeating the last frame."""

from collections import deque

import numpy as np

from seqseg.metrics.frame_by_frame import frame_psnr, frame_ssim


class Horizons:
    """Keeps what was predicted until it comes, and scores it then.

    Args:
        frames: how far ahead forecasts go.
        thrifty: SSIM, which costs most, is taken at one horizon a frame, in turn, and is a mean over those frames; for
            live sources.

    Example:
        >>> horizons = Horizons(2)
        >>> for frame, future in zip(video, forecasts):   # (h, w, c), (2, h, w, c) predicted after it
        ...     horizons.came(frame)
        ...     horizons.predicted(frame, future)
        >>> horizons.table()[0]["psnr"]
    """

    def __init__(self, frames, *, thrifty=False):
        self.frames = frames
        self.thrifty = thrifty
        self._past = deque(maxlen=frames)  # the newest first: (frame, what was predicted after it)
        self._sums = np.zeros((frames, 2, 2))  # horizon; forecast, last frame; PSNR, SSIM
        self._counts = np.zeros((frames, 2), int)  # of frames whose PSNR is known, and whose SSIM
        self._came = 0

    def forget(self):
        """The stream broke off: what was predicted never comes."""
        self._past.clear()

    def waiting(self, horizon):
        """What was predicted `horizon` frames ago for the frame to come, (h, w, c); None when nothing was."""
        return self._past[horizon - 1][1][horizon - 1] if len(self._past) >= horizon else None

    def came(self, frame):
        """Score all that was predicted for this frame (h, w, c); gives the error of the newest, NaN without one.

        The error is the root of the mean square of pixels of 0 to 1.
        """
        if not self._past:
            return float("nan")
        forecasts = [future[ahead] for ahead, (_, future) in enumerate(self._past)]
        lasts = [last for last, _ in self._past]
        turn = self._came % len(forecasts)
        self._came += 1
        for kind, guesses in enumerate((forecasts, lasts)):
            for ahead, guess in enumerate(guesses):
                self._sums[ahead, kind, 0] += frame_psnr(frame, guess)
                if ahead == turn or not self.thrifty:
                    self._sums[ahead, kind, 1] += frame_ssim(frame, guess)
        self._counts[: len(forecasts), 0] += 1
        self._counts[turn if self.thrifty else slice(len(forecasts)), 1] += 1
        return float(np.sqrt(np.mean((frame / 255.0 - forecasts[0] / 255.0) ** 2)))

    def predicted(self, frame, future):
        """Keep what is expected after a frame: (frames, h, w, c)."""
        self._past.appendleft((frame, future))

    def table(self):
        """A row a horizon that was reached: its PSNR and SSIM, those of the last frame, and how many were scored."""
        rows = []
        for ahead in np.flatnonzero(self._counts[:, 0]):
            if not self._counts[ahead, 1]:
                continue  # reached just now, and its turn is yet to come
            (psnr, ssim), (copy_psnr, copy_ssim) = self._sums[ahead] / self._counts[ahead]
            rows.append(
                {
                    "horizon": int(ahead) + 1, "frames": int(self._counts[ahead, 0]), "psnr": float(psnr),
                    "copy_psnr": float(copy_psnr), "ssim": float(ssim), "copy_ssim": float(copy_ssim),
                }
            )  # fmt: skip
        return rows
