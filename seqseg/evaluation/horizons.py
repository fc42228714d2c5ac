"""Scores of forecasts by how far ahead they are, compared with repeating the last frame."""

from collections import deque
from typing import Any

import numpy as np

from seqseg.metrics.frame_by_frame import frame_psnr, frame_ssim


class Horizons:
    """Keeps forecasts until their frames come, and scores them then.

    Args:
        frames: how far ahead forecasts go.
        thrifty: measure SSIM, the most expensive score, at one horizon a frame, in turn; for live sources.

    Example:
        >>> horizons = Horizons(2)
        >>> for frame, future in zip(video, forecasts):   # (h, w, c), (2, h, w, c) predicted after it
        ...     horizons.came(frame)
        ...     horizons.predicted(frame, future)
        >>> horizons.table()[0]["psnr"]
    """

    def __init__(self, frames: int, *, thrifty: bool = False) -> None:
        self.frames = frames
        self.thrifty = thrifty
        self._past: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=frames)  # newest first: (frame, its forecast)
        self._sums = np.zeros((frames, 2, 2))  # horizon; forecast, last frame; PSNR, SSIM
        self._counts = np.zeros((frames, 2), int)  # of frames whose PSNR is known, and whose SSIM
        self._came = 0

    def forget(self) -> None:
        """Drop all forecasts: the stream was interrupted and their frames never come."""
        self._past.clear()

    def waiting(self, horizon: int) -> np.ndarray | None:
        """The forecast (h, w, c) of the next frame made `horizon` frames ago; None without one."""
        return self._past[horizon - 1][1][horizon - 1] if len(self._past) >= horizon else None

    def came(self, frame: np.ndarray) -> float:
        """Score all forecasts of this frame (h, w, c); gives the error of the newest, NaN without one.

        The error is the root mean square error of pixels of 0 to 1.
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

    def predicted(self, frame: np.ndarray, future: np.ndarray) -> None:
        """Keep the forecast (frames, h, w, c) that was made after a frame."""
        self._past.appendleft((frame, future))

    def table(self) -> list[dict[str, Any]]:
        """A row for each horizon with scores: PSNR and SSIM of the forecasts and of the repeated last frame, counts."""
        rows: list[dict[str, Any]] = []
        for ahead in np.flatnonzero(self._counts[:, 0]):
            if not self._counts[ahead, 1]:
                continue  # no SSIM yet
            (psnr, ssim), (copy_psnr, copy_ssim) = self._sums[ahead] / self._counts[ahead]
            rows.append(
                {
                    "horizon": int(ahead) + 1, "frames": int(self._counts[ahead, 0]), "psnr": float(psnr),
                    "copy_psnr": float(copy_psnr), "ssim": float(ssim), "copy_ssim": float(copy_ssim),
                }
            )  # fmt: skip
        return rows
