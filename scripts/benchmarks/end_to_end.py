"""(c) `seqseg stream` from movie to overlay movie, against the model alone on the same frames."""

import contextlib
import io
import json
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np

from seqseg.cli.main import main
from seqseg.data.synthetic import shapes_stream
from seqseg.inference import Predictor
from seqseg.models import build_model, load_model, save_model
from streams import ArraySource, MovieSink, Overlay, run

HEIGHT, WIDTH, FRAMES = 360, 480, 60


def compare():
    """Frames a second, end to end, over the model's own before and after it."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        frames = list(islice(shapes_stream(size=(HEIGHT, WIDTH)), FRAMES))
        movie, trained = folder / "movie.mp4", folder / "model.keras"
        _write(movie, frames)
        save_model(build_model("unet_lstm", classes=5), trained)
        before = _model_alone(trained, frames)
        whole = _streamed(trained, movie, folder)
        after = _model_alone(trained, frames)
    alone = (before + after) / 2
    return {"ratio": whole / alone, "figures": {"end to end fps": whole, "model alone fps": [before, after]}}


def _streamed(trained, movie, folder):
    """What the command reports of itself, from the second frame on: the first one compiles the step."""
    report = folder / "report.json"
    command = ["stream", str(trained), "--source", str(movie), "--save", str(folder / "overlay.mp4")]
    with contextlib.redirect_stdout(io.StringIO()):
        code = main([*command, "--report", str(report)])
    if code:
        raise SystemExit(f"seqseg stream ended with {code}")
    return json.loads(report.read_text(encoding="utf-8"))["fps"]


def _model_alone(trained, frames):
    predictor = Predictor(load_model(trained))
    _, state = predictor.step(frames[0])
    begin = time.perf_counter()
    for frame in frames[1:]:
        _, state = predictor.step(frame, state)
    return (len(frames) - 1) / (time.perf_counter() - begin)


def _write(path, frames):
    nothing = np.full(frames[0].shape[:2], 255, "uint8")
    clean = Overlay(np.zeros((1, 3), "uint8"), ["nothing"], alpha=0, legend=False)
    run(ArraySource(frames, fps=25), lambda image, state: (nothing, state), MovieSink(path, clean))
