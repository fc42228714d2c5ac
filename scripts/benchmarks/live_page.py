"""(h) From a camera's picture to the page that shows it, and (i) what a page costs, all on loopback."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
from measure import in_a_process

from seqseg.inference import BatchStepper, Predictor
from seqseg.models import build_model
from streams import ArraySource, Engine, NullSink
from streams.sources.network import NetworkSource
from streams.sources.reconnecting import Reconnecting
from streams.web import Looks, Page

CLASSES = ("ground", "a", "b", "c", "d")
PALETTE = np.uint8([[0, 0, 0], [200, 0, 0], [0, 200, 0], [0, 0, 200], [200, 200, 0]])
LIVE_SIZE, FPS, SECONDS = (240, 320), 10, 20
COST_SIZE, FRAMES, ROUNDS = (360, 480), 60, 3


def compare_latency():
    """p95 of the time from a picture's stamp to the page, less the model's own p95, in milliseconds."""
    return in_a_process("live_page.py", "latency")


def compare_cost():
    """Share of the frames a second, and of the processor's time, that a page which draws every picture takes."""
    return in_a_process("live_page.py", "cost")


def latency():
    stepper = BatchStepper(Predictor(build_model("unet_lstm", classes=len(CLASSES), filters=4)))
    stepper([np.zeros((*LIVE_SIZE, 3), "uint8")], [None])  # compiled before anything is timed
    script = [sys.executable, str(Path(__file__).parent / "mjpeg_camera.py")]
    engine = Engine(stepper)
    with (
        subprocess.Popen([*script, str(FPS), *map(str, LIVE_SIZE)], stdout=subprocess.PIPE, text=True) as camera,
        Page(engine, Looks(CLASSES, PALETTE), port=0) as page,
    ):
        try:
            engine.on_frame = page.show
            stream = engine.attach(Reconnecting(NetworkSource(camera.stdout.readline().strip())), NullSink())
            with viewer(page.url, "--decode") as seen:
                engine.run(seconds=SECONDS)
        finally:
            camera.terminate()
    ages = 1000 * np.array(seen["ages"][FPS:])  # the first second is of a queue that empties
    stages = stream.meter.report()["stages_ms"]
    model = stages["infer"]
    p50, p95 = np.percentile(ages, (50, 95))
    return {
        "beyond the model": p95 - model["p95"],
        "beyond the model, p50": p50 - model["p50"],
        "figures": {
            "shown": len(ages), "segmented": stream.frames, "p50 ms": p50, "p95 ms": p95, "model ms": model,
            "dropped": stream.dropped, "load": os.getloadavg(),
        },
    }  # fmt: skip


@contextlib.contextmanager
def viewer(url, *options):
    """A viewer in a process of its own; what it saw is in the dictionary afterwards."""
    seen, script = {}, str(Path(__file__).parent / "page_viewer.py")
    with subprocess.Popen([sys.executable, script, url, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield seen
        finally:
            process.terminate()
            seen.update(json.loads(process.communicate()[0]))


def cost():
    noise = np.random.default_rng(0).integers(0, 256, (16, *COST_SIZE, 3), "uint8")
    stepper = BatchStepper(Predictor(build_model("unet_lstm", classes=len(CLASSES), filters=8)))
    stepper([noise[0]], [None])
    without, with_page, drawn = [], [], 0
    for _ in range(ROUNDS):
        without.append(_run(stepper, noise, look=False)[0])
        figures, pictures = _run(stepper, noise, look=True)
        with_page.append(figures)
        drawn += pictures
    shares = [1 - after[0] / before[0] for before, after in zip(without, with_page, strict=True)]
    processor = [1 - before[1] / after[1] for before, after in zip(without, with_page, strict=True)]
    return {
        "share": statistics.median(shares),
        "processor": statistics.median(processor),
        "figures": {
            "fps without": [fps for fps, _ in without], "fps with": [fps for fps, _ in with_page], "shares": shares,
            "processor's shares": processor, "drawn": drawn, "frames": ROUNDS * FRAMES, "load": os.getloadavg(),
        },
    }  # fmt: skip


def _run(stepper, noise, *, look):
    """((frames a second, seconds of processor a frame), pictures drawn) of a run whose page is served either way."""
    engine, times = Engine(stepper), []
    looked_at = threading.Event()
    frames = (noise[k % len(noise)] for k in range(10**9))
    with Page(engine, Looks(CLASSES, PALETTE), port=0) as page:

        def on_frame(stream, frame, mask):
            page.show(stream, frame, mask)
            if looked_at.is_set() or not look:
                times.append((time.perf_counter(), time.process_time()))

        engine.on_frame = on_frame
        engine.attach(ArraySource(frames), NullSink())
        with viewer(page.url) if look else contextlib.nullcontext({"pictures": 0}) as seen:
            threading.Thread(target=_when_seen, args=(page.hub, looked_at), daemon=True).start()
            engine.run(until=lambda: len(times) > FRAMES)
    (begin, used), (end, used_then) = times[0], times[-1]
    count = len(times) - 1
    return (count / (end - begin), (used_then - used) / count), seen["pictures"]


def _when_seen(hub, event):
    """Sets the event once there is a viewer."""
    while not hub.viewers and not event.wait(0.01):
        pass
    event.set()


if __name__ == "__main__":
    print(json.dumps({"latency": latency, "cost": cost}[sys.argv[1]]()))
