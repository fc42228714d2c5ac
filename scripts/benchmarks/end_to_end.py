"""(c) `seqseg stream` from movie to overlay movie, against the model alone on the same frames, in turns.

On a busy machine wall-clock time is unreliable; the CPU time of a frame can be compared as long as the model alone
would keep the machine busy.
"""

import contextlib
import io
import json
import os
import statistics
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np

from seqseg.cli.main import main
from seqseg.data.kinds.shapes import shapes_stream
from seqseg.inference import BatchStepper, Predictor
from seqseg.models import build_model, load_model, save_model
from streams import ArraySource, Background, Engine, MovieSink, Overlay, run
from streams.sources import MovieSource

HEIGHT, WIDTH, FRAMES, ROUNDS = 360, 480, 60, 3


def compare(rounds=ROUNDS):
    """Frames a second, end to end, over the model's own before and after it, and the same of the processor's time."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        frames = list(islice(shapes_stream(size=(HEIGHT, WIDTH)), FRAMES))
        movie, trained = folder / "movie.mp4", folder / "model.keras"
        _write(movie, frames)
        save_model(build_model("unet_lstm", classes=5), trained)
        predictor = Predictor(load_model(trained))
        predictor.step(frames[0])
        alone, whole, processor = [_model_alone(predictor, frames)], [], []
        for _ in range(rounds):
            whole.append(_streamed(trained, movie, folder))
            alone.append(_model_alone(predictor, frames))
            processor.append(_processor_of_all(predictor, movie, folder))
    ratios = [2 * fps / (alone[k][0] + alone[k + 1][0]) for k, fps in enumerate(whole)]
    shares = [alone[k + 1][1] / used for k, used in enumerate(processor)]
    figures = {
        "end to end fps": whole, "model alone fps": [fps for fps, _ in alone], "ratios": ratios,
        "processor's seconds a frame": {"end to end": processor, "model alone": [used for _, used in alone]},
        "load": os.getloadavg(),
    }  # fmt: skip
    return {"ratio": statistics.median(ratios), "processor": statistics.median(shares), "figures": figures}


def _streamed(trained, movie, folder):
    """What the command reports of itself, from the second frame on: the first one compiles the step."""
    report = folder / "report.json"
    command = ["stream", str(trained), "--source", str(movie), "--save", str(folder / "overlay.mp4")]
    with contextlib.redirect_stdout(io.StringIO()):
        code = main([*command, "--report", str(report)])
    if code:
        raise SystemExit(f"seqseg stream ended with {code}")
    return json.loads(report.read_text(encoding="utf-8"))["fps"]


def _processor_of_all(predictor, movie, folder):
    """The processor's seconds a frame of what `seqseg stream` runs, the step compiled before."""
    palette = np.zeros((5, 3), "uint8") + np.arange(0, 250, 50, dtype="uint8")[:, None]
    sink = Background(MovieSink(folder / "again.mp4", Overlay(palette, "abcde")))
    engine = Engine(BatchStepper(predictor))
    engine.attach(MovieSource(movie), sink)
    begin = time.process_time()
    frames = engine.run()["frames"]
    return (time.process_time() - begin) / frames


def _model_alone(predictor, frames):
    """(frames a second, the processor's seconds a frame)."""
    _, state = predictor.step(frames[0])
    begin, used = time.perf_counter(), time.process_time()
    for frame in frames[1:]:
        _, state = predictor.step(frame, state)
    count = len(frames) - 1
    return count / (time.perf_counter() - begin), (time.process_time() - used) / count


def _write(path, frames):
    nothing = np.full(frames[0].shape[:2], 255, "uint8")
    clean = Overlay(np.zeros((1, 3), "uint8"), ["nothing"], alpha=0, legend=False)
    run(ArraySource(frames, fps=25), lambda image, state: (nothing, state), MovieSink(path, clean))
