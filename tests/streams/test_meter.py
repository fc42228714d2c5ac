import mmap
import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from streams.frame import Frame
from streams.meter import REMEMBERED, Meter, resident_memory


def a_frame(captured=None):
    return Frame(np.zeros((1, 1, 3), np.uint8), Fraction(0), 0, captured=captured or time.perf_counter())


def test_percentiles_are_those_of_numpy():
    meter, samples = Meter(), np.random.default_rng(0).random(1000)
    for sample in samples:
        meter.add("infer", sample)
    summary = meter.report()["stages_ms"]["infer"]
    wanted = np.percentile(samples * 1000, (50, 95, 99))
    np.testing.assert_allclose([summary["p50"], summary["p95"], summary["p99"]], wanted, atol=0.001)


def test_old_samples_are_forgotten_but_counted():
    meter = Meter()
    for sample in [1000.0] * 10 + [1.0] * REMEMBERED:
        meter.add("decode", sample)
    summary = meter.report()["stages_ms"]["decode"]
    assert (summary["count"], summary["max"]) == (REMEMBERED + 10, 1000.0)


def test_frames_a_second_counts_the_intervals_between_frames():
    meter = Meter()
    for _ in range(3):
        meter.shown(a_frame())
        threading.Event().wait(0.05)
    report = meter.report()
    assert report["fps"] == pytest.approx(2 / report["seconds"], rel=1e-3)


def test_the_age_of_a_frame_runs_from_its_capture():
    meter = Meter()
    meter.shown(a_frame(captured=time.perf_counter() - 2))
    assert 2000 <= meter.report()["age_ms"]["p50"] < 2500


def test_drops_are_counted_by_cause():
    meter = Meter()
    meter.drop("stale", 2)
    meter.drop("overflow")
    meter.drop("stale")
    assert meter.report()["dropped"] == {"stale": 3, "overflow": 1}


def test_stages_are_in_the_order_a_frame_passes_them():
    meter = Meter()
    for stage in ("encode", "decode", "infer"):
        meter.add(stage, 0.1)
    assert list(meter.report()["stages_ms"]) == ["decode", "infer", "encode"]


def test_threads_lose_no_samples():
    meter = Meter()
    threads = [
        threading.Thread(target=lambda: [meter.add("infer", 0.001) for _ in range(2000)], daemon=True) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.report()["stages_ms"]["infer"]["count"] == 8000


def test_resident_memory_grows_with_what_is_held():
    before = resident_memory()
    with mmap.mmap(-1, 64 * 2**20) as held:
        held.write(bytes(len(held)))
        assert before is None or resident_memory() - before >= 60


def test_the_recent_latency_is_that_of_the_screen_where_there_is_one():
    meter = Meter()
    assert meter.recent_p95() is None
    for _ in range(9000):
        meter.add("screen", 9.0)
    for seconds in range(1, 251):
        meter.add("screen", seconds / 1000)
    assert meter.recent_p95() == pytest.approx(np.percentile(np.arange(1, 251) / 1000, 95))
    meter = Meter()
    meter.shown(Frame(None, 0, 0, captured=time.perf_counter() - 2))
    assert meter.recent_p95() == pytest.approx(2, abs=0.1)
