"""A soak: 100,000 frames of two cameras that die and come back, through one model into files and onto a page.

`scripts/bench soak`, or `soak.py [--frames N]`. What must hold: memory grows by no more than 2 % after the warm-up,
the last tenth is no slower than the first, threads and descriptors do not grow, every loss is counted, and every frame
that comes out is one that a camera gave, to the pixel.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
from measure import in_a_process, memory_now

from streams import AreasSink, Background, Engine, Frame, NullSink, Sinks, SourceError
from streams.sources.reconnecting import Reconnecting
from streams.sources.source import Source

FRAMES, WARM = 100_000, 0.1
SIZE, OTHER_SIZES = (48, 64), {1: (40, 56), 9: (56, 80)}  # of the first camera: which opening has another size
OPENINGS = 20  # of each camera
IN_FLIGHT = 2  # frames that a camera gives ahead of what is shown
BURST, BURSTS_EVERY = 24, 1009  # frames given at once, whether they are read or not
CLASSES = ("ground", "a", "b", "c", "d")
WINDOW = 500  # frames a latency window
STUCK = 60.0  # seconds without a frame after which the soak has failed


def compare():
    """The whole soak, in a process of its own."""
    return in_a_process("soak.py")


def pictures_of(camera, size):
    """16 pictures of noise; each frame is one of them, with its number written into it."""
    return np.random.default_rng([camera, *size]).integers(0, 256, (16, *size, 3), "uint8")


def numbered(bank, number):
    picture = bank[number % len(bank)].copy()
    picture[0, :2] = np.frombuffer(int(number).to_bytes(6, "little"), np.uint8).reshape(2, 3)
    return picture


def number_in(picture):
    return int.from_bytes(picture[0, :2].tobytes(), "little")


class Camera(Source):
    """A live source that dies every few thousand frames, cannot be opened the first time after that, and comes back."""

    live = True

    def __init__(self, index, frames_each, other_sizes):
        super().__init__(f"camera {index}")
        self.index, self.frames_each, self.other_sizes = index, frames_each, other_sizes
        self.given = self.openings = self.deaths = 0
        self.refuse = False
        self.free = threading.Condition()
        self.waiting = lambda: 0  # how many frames are on their way

    def open(self):
        if self.refuse:
            self.refuse = False
            raise SourceError(f"{self.name} is not there yet")
        self.size = self.other_sizes.get(self.openings, SIZE)
        self.openings += 1

    def frames(self):
        bank = pictures_of(self.index, self.size)
        for index in range(self.frames_each):
            if self.given % BURSTS_EVERY >= BURST and not self._wait():
                return
            picture, pts = numbered(bank, self.given), Fraction(index, 100)
            self.given += 1
            yield Frame(picture, pts, index, self.name, time_base=Fraction(1, 100))
        self.deaths += 1
        self.refuse = True
        raise SourceError(f"{self.name} went away")

    def stop(self):
        super().stop()
        with self.free:
            self.free.notify_all()

    def close(self):
        pass

    def _wait(self):
        """Waits until there is room for one more frame; False when asked to stop."""
        with self.free:
            room = self.free.wait_for(lambda: self.waiting() < IN_FLIGHT or self._stopping.is_set(), STUCK)
        if not room:
            raise RuntimeError(f"{self.name}: {self.waiting()} frames are on their way and none came in {STUCK:g} s")
        return not self._stopping.is_set()


class Watch:
    """The output of one stream: whether it equals the camera's frames, and its latency."""

    def __init__(self, camera, total):
        self.camera, self.shown, self.invented, self.last = camera, 0, 0, -1
        self.latency, self.at = np.zeros(total), np.zeros(total)
        self._banks = {}

    def done(self, frame):
        """All sinks have written the frame."""
        now, size = time.perf_counter(), frame.image.shape[:2]
        if size not in self._banks:
            self._banks[size] = pictures_of(self.camera.index, size)
        number = number_in(frame.image)
        true = self.last < number < self.camera.given
        if not (true and np.array_equal(frame.image, numbered(self._banks[size], number))):
            self.invented += 1
        self.last = number
        if self.shown < len(self.latency):
            self.latency[self.shown], self.at[self.shown] = now - frame.captured, now
        with self.camera.free:
            self.shown += 1
            self.camera.free.notify_all()


class Samples:
    """Memory, threads, descriptors and the processor's seconds at every hundredth of the way."""

    def __init__(self, total):
        self._every, self.rows = max(total // 100, 1), []

    def see(self, count):
        if count % self._every == 0:
            descriptors = len(os.listdir("/proc/self/fd"))
            self.rows.append((count, memory_now(), threading.active_count(), descriptors, time.process_time()))

    def column(self, index, *, after):
        return [row[index] for row in self.rows if row[0] >= after]


def alone(total):
    from seqseg.inference import BatchStepper, Predictor
    from seqseg.models import build_model

    stepper = BatchStepper(Predictor(build_model("unet_lstm", classes=len(CLASSES), filters=4), size=SIZE))
    before = threading.active_count(), len(os.listdir("/proc/self/fd"))
    samples, each = Samples(total), total // 2
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(stepper)
        cameras = [Camera(k, each // OPENINGS, OTHER_SIZES if k == 0 else {}) for k in range(2)]
        watches = [_attach(engine, camera, each, Path(folder)) for camera in cameras]
        seen = [0]

        def on_frame(*_):
            seen[0] += 1
            samples.see(seen[0])

        begin = time.perf_counter()
        viewed = _with_page(engine, on_frame)
        seconds = time.perf_counter() - begin
        lines = [(Path(folder) / f"{k}.csv").read_text().count("\n") - 1 for k in range(2)]
    after = threading.active_count(), len(os.listdir("/proc/self/fd"))
    return _result(engine, cameras, watches, samples, total) | {
        "seconds": round(seconds, 1),
        "fps": round(total / seconds, 1),
        "lines in the tables": lines,
        "pictures a page has drawn": viewed,
        "threads and descriptors before and after": [before, after],
        "load": os.getloadavg(),
    }


def _attach(engine, camera, count, folder):
    sinks = Sinks([Background(AreasSink(folder / f"{camera.index}.csv", CLASSES)), NullSink()])
    watch = Watch(camera, count)
    stream = engine.attach(Reconnecting(camera), sinks, name=camera.name, max_frames=count)

    def done(frame):
        stream.meter.shown(frame)
        watch.done(frame)

    sinks.done = done
    camera.waiting = lambda: camera.given - watch.shown - sum(stream.dropped.values())
    return watch


def _with_page(engine, on_frame):
    """Runs the engine with a page that a program in another process looks at; how many pictures that has drawn."""
    from streams.web import Looks, Page

    palette = np.random.default_rng(0).integers(0, 256, (len(CLASSES), 3), "uint8")
    with Page(engine, Looks(CLASSES, palette), port=0) as page:

        def both(stream, frame, mask):
            page.show(stream, frame, mask)
            on_frame()

        engine.on_frame = both
        script = str(Path(__file__).parent / "page_viewer.py")
        with subprocess.Popen([sys.executable, script, page.url], stdout=subprocess.PIPE, text=True) as viewer:
            try:
                engine.run()
            finally:
                viewer.terminate()
                printed = viewer.communicate()[0]
    return json.loads(printed)["pictures"]


def _result(engine, cameras, watches, samples, total):
    warm = int(total * WARM)
    memory = samples.column(1, after=warm)
    threads, descriptors = (samples.column(index, after=warm) for index in (2, 3))
    half = len(threads) // 2
    settled = slice(int(len(watches[0].latency) * WARM), None)
    tenths = [_tenths(watch.latency[settled]) for watch in watches]
    dropped = [stream.dropped for stream in engine.streams]
    return {
        "frames": sum(watch.shown for watch in watches),
        "growth": memory[-1] / memory[0] - 1,
        "MiB": [round(value, 1) for value in memory[:: max(len(memory) // 15, 1)]],
        "latency": max(tenth["ratio of p99"] for tenth in tenths),
        "latency of windows": max(tenth["ratio of windows"] for tenth in tenths),
        "latency ms": tenths,
        "processor ms a frame": _tenths_of_work(samples.column(4, after=warm), total),
        "threads": [max(threads[:half]), max(threads[half:])],
        "descriptors": [max(descriptors[:half]), max(descriptors[half:])],
        "invented": sum(watch.invented for watch in watches),
        "lost": [
            camera.given - watch.shown - _sum(drops)
            for camera, watch, drops in zip(cameras, watches, dropped, strict=True)
        ],
        "dropped": dropped,
        "deaths": [camera.deaths for camera in cameras],
        "reconnects": [stream.source.counts["reconnected"] for stream in engine.streams],
        "fresh starts": [stream.fresh_starts for stream in engine.streams],
        "programs": len(engine._step.predictor._compiled),
    }


def _tenths_of_work(used, total):
    """The processor's milliseconds a frame in the first and in the last tenth: what no other program's load changes."""
    tenth = len(used) // 10
    return [round(1000 * (used[k + tenth] - used[k]) / (tenth * (total // 100)), 3) for k in (0, -1 - tenth)]


def _sum(drops):
    return sum(drops.values())


def _tenths(latency):
    """p99 of the first and of the last tenth as they are, and as medians of the p99 of windows of 500 frames."""
    count = len(latency) // 10
    first, last = latency[:count], latency[-count:]
    plain = [np.percentile(part, 99) for part in (first, last)]
    windows = [np.median([np.percentile(w, 99) for w in _windows(part)]) for part in (first, last)]
    medians = [np.median(part) for part in (first, last)]
    return {
        "p50": [round(1000 * value, 2) for value in medians],
        "p99": [round(1000 * value, 2) for value in plain],
        "p99 of windows": [round(1000 * value, 2) for value in windows],
        "ratio of p99": plain[1] / plain[0],
        "ratio of windows": windows[1] / windows[0],
    }


def _windows(latency):
    return np.array_split(latency, max(len(latency) // WINDOW, 1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=FRAMES, metavar="N")
    print(json.dumps(alone(parser.parse_args().frames)))
