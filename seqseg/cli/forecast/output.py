"""The output of `seqseg forecast`: pictures side by side, the gauge, the plot."""

import argparse
import csv
import dataclasses
import json
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    import numpy as np

    from streams import Frame, Sink

GAP = 4
GAUGE = 6  # pixels high
FULL = 5.0  # the surprise that fills the gauge
CALM, ALARM = (90, 170, 90), (220, 60, 40)


class Side:
    """Pictures beside each other: the frame, its forecast of one frame ago, and that of `frames` frames ago.

    It is also the overlay of the sinks, so that they draw the picture itself.
    """

    def __init__(self, frames: int) -> None:
        self.horizons = (1,) if frames == 1 else (1, frames)

    def draw(self, _: "np.ndarray", picture: "np.ndarray", found: object = None) -> "np.ndarray":
        """The picture itself."""
        return picture

    def picture(
        self, came: "np.ndarray | None", expected: "Sequence[np.ndarray | None]", surprise: float | None
    ) -> "np.ndarray":
        """uint8 RGB (h, w, 3) of images (h, w, c), blank for None; below them the gauge."""
        import numpy as np

        blank = np.zeros_like(next(image for image in [came, *expected] if image is not None))
        images = [blank if image is None else image for image in [came, *expected]]
        images = [np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image for image in images]
        height, width, _ = images[0].shape
        canvas = np.full((height + GAUGE, len(images) * (width + GAP) - GAP, 3), 24, np.uint8)
        for column, image in enumerate(images):
            canvas[:height, column * (width + GAP) :][:, :width] = image
        filled = round(canvas.shape[1] * min(1.0, (surprise or 0.0) / FULL))
        canvas[height + 1 :, :filled] = ALARM if (surprise or 0.0) > FULL / 2 else CALM
        return canvas

    def write_future(self, sink: "Sink", last: "Frame", future: "np.ndarray") -> None:
        """The forecasts of the frames after the end, which have no true frame beside them."""
        step = last.duration or Fraction(1, 25)
        for ahead, image in enumerate(future, start=1):
            frame = dataclasses.replace(last, pts=last.pts + ahead * step, index=last.index + ahead)
            sink.write(frame, self.picture(None, [image] * len(self.horizons), None))


class GaugeFile:
    """A line a frame, .csv or .jsonl, or printed; flushed before the next frame. None writes nothing."""

    def __init__(self, where: str | None) -> None:
        self._where = where
        self._file: TextIO | None = None

    def __enter__(self) -> "GaugeFile":
        if self._where == "-":
            self._file = sys.stdout
        elif self._where:
            path = Path(self._where)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            if path.suffix == ".csv":
                csv.writer(self._file).writerow(("frame", "time", "error", "surprise"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None and self._file is not sys.stdout:
            self._file.close()

    def write(self, line: dict[str, Any]) -> None:
        """Add the line of a frame."""
        if self._file is None:
            return
        if self._where and self._where.endswith(".csv"):
            csv.writer(self._file).writerow("" if value is None else value for value in line.values())
        else:
            self._file.write(json.dumps(line) + "\n")
        self._file.flush()


def make_forecast_sink(args: argparse.Namespace, side: Side) -> "Sink":
    """The sinks of --save and --show."""
    from streams import MovieSink, NullSink, Overlay, Sinks, WindowSink

    overlay = cast(Overlay, side)  # it draws as an overlay does
    sinks: list[Sink] = []
    if args.save:
        sinks.append(MovieSink(args.save, overlay, sound=False))
    if args.show:
        sinks.append(WindowSink("seqseg forecast: came | predicted", overlay))
    return Sinks(sinks) if sinks else NullSink()


def plot_forecast(path: str, table: list[dict[str, Any]], lines: list[dict[str, Any]]) -> None:
    """PSNR and SSIM by horizon beside those of the last frame, and the surprise over time."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (psnr, ssim, surprise) = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
    ahead = [row["horizon"] for row in table]
    for axes, name, title in ((psnr, "psnr", "PSNR, dB"), (ssim, "ssim", "SSIM")):
        axes.plot(ahead, [row[name] for row in table], "o-", ms=3, label="predicted")
        axes.plot(ahead, [row[f"copy_{name}"] for row in table], "o--", ms=3, color="0.5", label="last frame")
        axes.set(xlabel="frames ahead", ylabel=title)
        axes.legend(frameon=False)
    rated = [line for line in lines if line["surprise"] is not None]
    surprise.plot([line["time"] for line in rated], [line["surprise"] for line in rated], lw=0.8, color="#c0392b")
    surprise.set(xlabel="seconds", ylabel="surprise", ylim=(0, None))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)
