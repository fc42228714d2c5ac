import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from streams import ArraySource, MovieFrames, MovieSink, Overlay, run

FRAMES = 40


@pytest.fixture(scope="module")
def movie(tmp_path_factory):
    images = np.random.default_rng(0).integers(0, 256, (FRAMES, 45, 61, 3), np.uint8)
    path = tmp_path_factory.mktemp("movies") / "clip.mp4"
    overlay = Overlay([[0, 0, 0]], ["nothing"], alpha=0, legend=False)
    run(ArraySource(images, fps=10), lambda image, state: (image[..., 0] * 0, state), MovieSink(path, overlay))
    return path


def masks_of(path):
    return np.array(list(MovieFrames(path, pixels="gray")))


@pytest.fixture(scope="module")
def whole(trained, movie, tmp_path_factory):
    """The masks of the movie, streamed from its beginning to its end."""
    from seqseg.cli.main import main

    path = tmp_path_factory.mktemp("whole") / "masks.mkv"
    assert main(["stream", str(trained), "--source", str(movie), "--masks", str(path)]) == 0
    return masks_of(path)


def test_a_stream_goes_on_from_its_saved_state_with_the_frame_after(seqseg, trained, movie, whole, tmp_path):
    state, rest = tmp_path / "state.npz", tmp_path / "rest.mkv"
    assert seqseg("stream", trained, "--source", movie, "--max-frames", 17, "--null", "--save-state", state)[0] == 0
    assert seqseg("stream", trained, "--source", movie, "--load-state", state, "--masks", rest)[0] == 0
    np.testing.assert_array_equal(masks_of(rest), whole[17:])


def test_the_masks_depend_on_the_state_that_was_loaded(seqseg, trained, movie, whole, tmp_path):
    rest = tmp_path / "rest.mkv"
    assert seqseg("stream", trained, "--source", movie, "--start", "1.7", "--masks", rest)[0] == 0
    assert len(masks_of(rest)) == FRAMES - 17 and not np.array_equal(masks_of(rest), whole[17:])


def test_a_run_resumes_from_the_disk_at_any_moment_bit_for_bit(seqseg, trained, movie, whole, tmp_path):
    state, rest, seen = tmp_path / "state.npz", tmp_path / "rest.mkv", tmp_path / "seen.npz"
    over = threading.Event()

    def look():
        while not state.exists() and not over.is_set():
            time.sleep(0.001)
        seen.write_bytes(state.read_bytes())  # what a kill would leave, since files appear complete

    looker = threading.Thread(target=look)
    looker.start()
    saving = ["--save-state", state, "--snapshot", "0.01", "--max-frames", FRAMES // 2]
    code = seqseg("stream", trained, "--source", movie, "--null", *saving)[0]
    over.set()
    looker.join()
    assert code == 0
    assert seqseg("stream", trained, "--source", movie, "--load-state", seen, "--masks", rest)[0] == 0
    written = masks_of(rest)
    assert FRAMES // 2 <= len(written) < FRAMES
    np.testing.assert_array_equal(written, whole[-len(written) :])


def test_a_state_for_another_picture_size_ends_its_own_stream_alone(seqseg, trained, movie, write_movie, tmp_path):
    state, report = tmp_path / "state.npz", tmp_path / "report.json"
    other = ArraySource(np.zeros((4, 33, 47, 3), np.uint8), fps=10)
    overlay = Overlay([[0, 0, 0]], ["nothing"], alpha=0, legend=False)
    run(other, lambda image, state: (image[..., 0] * 0, state), MovieSink(tmp_path / "other.mp4", overlay))
    native = ["--size", "native", "--null"]
    two = ["--source", movie, "--source", tmp_path / "other.mp4"]
    assert seqseg("stream", trained, *two, *native, "--max-frames", 2, "--save-state", state)[0] == 0
    write_movie(tmp_path / "other.mp4")  # of 46x62
    code, _, complaint = seqseg("stream", trained, *two, *native, "--load-state", state, "--report", report)
    assert code == 2 and "1 of 2 streams failed" in complaint and "Traceback" not in complaint
    assert "state.npz holds a state for pictures of another size or other options, this source gives 46x62" in complaint
    saved = json.loads(report.read_text())["streams"]
    assert [(stream["status"], stream["frames"]) for stream in saved] == [("ended", FRAMES - 2), ("failed", 0)]


@pytest.mark.slow
def test_a_killed_stream_goes_on_from_its_last_snapshot(seqseg, trained, movie, whole, tmp_path):
    state, rest = tmp_path / "state.npz", tmp_path / "rest.mkv"
    command = [sys.executable, "-m", "seqseg.cli.main", "stream", str(trained), "--source", str(movie), "--null"]
    process = subprocess.Popen(
        [*command, "--pace", "--save-state", str(state), "--snapshot", "0.01"], env=os.environ | {"PYTHONPATH": "."}
    )
    try:
        deadline = time.monotonic() + 120
        while not state.exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    finally:
        process.kill()
        process.wait()
    assert seqseg("stream", trained, "--source", movie, "--load-state", state, "--masks", rest)[0] == 0
    written = masks_of(rest)
    assert 0 < len(written) < FRAMES
    np.testing.assert_array_equal(written, whole[-len(written) :])


def test_states_of_several_streams_are_found_by_their_names(seqseg, trained, movie, whole, tmp_path):
    state, rest = tmp_path / "state.npz", tmp_path / "rest.mkv"
    two = ["--source", movie, "--source", movie]
    assert seqseg("stream", trained, *two, "--max-frames", 9, "--null", "--save-state", state)[0] == 0
    with np.load(state) as arrays:
        streams = json.loads(str(arrays["facts"]))["streams"]
    assert [entry[0] for entry in streams] == [str(movie), f"{movie} 2"]
    assert seqseg("stream", trained, *two, "--load-state", state, "--masks", rest)[0] == 0
    for path in sorted(tmp_path.glob("rest-*.mkv")):
        assert (masks_of(path) != whole[9:]).mean() < 0.002
    assert len(list(tmp_path.glob("rest-*.mkv"))) == 2


@pytest.mark.parametrize("recording", ["frames.mkv", "frames"])
@pytest.mark.parametrize("extra", [[], ["--smooth", "0.6"], ["--smooth", "0.6", "--along-motion", "--denoise"]])
def test_a_recorded_run_is_replayed_bit_for_bit(recording, extra, seqseg, trained, movie, tmp_path):
    frames, journal, masks = tmp_path / recording, tmp_path / "run.jsonl", [tmp_path / "a.mkv", tmp_path / "b.mkv"]
    live = ["--source", movie, "--max-frames", 12, "--record", frames, "--journal", journal, "--masks", masks[0]]
    assert seqseg("stream", trained, *live, *extra)[0] == 0
    again = ["--replay", journal, "--source", frames, "--masks", masks[1]]
    assert seqseg("stream", trained, *again, *extra)[0] == 0
    np.testing.assert_array_equal(masks_of(masks[1]), masks_of(masks[0]))
    times = [(tmp_path / f"{name}.mkv.times.csv").read_text() for name in "ab"]
    assert times[0] == times[1] and times[0].count("\n") == 13


def test_pictures_that_were_kept_go_on_bit_for_bit(seqseg, trained, movie, tmp_path):
    options = [trained, "--source", movie, "--smooth", "0.6", "--along-motion", "--denoise"]
    whole, first, rest = (tmp_path / f"{name}.mkv" for name in ("whole", "first", "rest"))
    state = tmp_path / "state.npz"
    assert seqseg("stream", *options, "--masks", whole, "--max-frames", 12)[0] == 0
    assert seqseg("stream", *options, "--masks", first, "--max-frames", 5, "--save-state", state)[0] == 0
    assert seqseg("stream", *options, "--masks", rest, "--max-frames", 7, "--load-state", state)[0] == 0
    np.testing.assert_array_equal(np.concatenate([masks_of(first), masks_of(rest)]), masks_of(whole))


def test_a_replay_with_other_options_is_refused(seqseg, trained, movie, tmp_path):
    journal = tmp_path / "run.jsonl"
    seqseg("stream", trained, "--source", movie, "--max-frames", 2, "--journal", journal, "--null")
    code, _, complaint = seqseg("stream", trained, "--replay", journal, "--source", movie, "--smooth", "0.5")
    assert code == 2 and "was written with smooth 0.0, this run has 0.5" in complaint


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--snapshot", "5"], "say where with --save-state"),
        (["--save-state", "x.npz", "--snapshot", "0"], "--snapshot must be greater than 0"),
        (["--save-state", "x.pt"], "--save-state must end in .npz"),
        (["--load-state", "none.npz"], "none.npz does not exist"),
        (["--on-gap", "drop"], 'cannot be "drop"'),
        (["--on-gap", "reset:3", "--decay", "0.5"], "but --on-gap reset:3 does not use it"),
        (["--smooth", "1"], "smooth must be from 0"),
        (["--along-motion"], "give --smooth 0.6, too"),
        (["--slots", "0"], "slots must be at least 1"),
        (["--duration", "0"], "--duration must be greater than 0"),
        (["--replay", "none.jsonl"], "none.jsonl cannot be read as a journal"),
        (["--replay", "x.jsonl", "--loop"], "--replay takes everything from its journal"),
        (["--record", "frames.mp4"], "must end in .mkv"),
    ],
)
def test_bad_options_are_one_line(words, message, seqseg, trained, movie, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, printed, complaint = seqseg("stream", trained, "--source", movie, "--null", *words)
    assert (code, printed) == (2, "") and message in complaint and complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_one_bad_stream_of_two_lets_the_other_finish_and_is_reported(seqseg, trained, movie, whole, tmp_path):
    masks = tmp_path / "m.mkv"
    sources = ["--source", movie, "--source", tmp_path / "none.mp4"]
    code, printed, complaint = seqseg("stream", trained, *sources, "--masks", masks)
    assert code == 2 and f"{FRAMES} frames" in printed and "1 of 2 streams failed" in complaint
    (written,) = tmp_path.glob("m-*.mkv")
    np.testing.assert_array_equal(masks_of(written), whole)


def test_the_report_has_each_stream(seqseg, trained, movie, tmp_path):
    report = tmp_path / "r.json"
    two = ["--source", movie, "--source", movie]
    assert seqseg("stream", trained, *two, "--max-frames", 5, "--null", "--report", report)[0] == 0
    saved = json.loads(report.read_text())
    assert saved["frames"] == 10 and [stream["frames"] for stream in saved["streams"]] == [5, 5]
    assert [stream["masks"] for stream in saved["streams"]] == [None, None]  # no one asked for their figures
    assert {"stages_ms", "age_ms", "dropped", "state_age", "epoch"} <= set(saved["streams"][0])


def test_the_report_has_figures_of_each_streams_masks(seqseg, trained, movie, tmp_path):
    report, table = tmp_path / "r.json", tmp_path / "areas.csv"
    words = ["--max-frames", 6, "--report", report, "--areas", table, "--areas-as", "share"]
    assert seqseg("stream", trained, "--source", movie, *words)[0] == 0
    (saved,) = json.loads(report.read_text())["streams"]
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert saved["masks"]["frames"] == len(rows) == 6
    for name, share in saved["masks"]["areas"].items():
        assert share == pytest.approx(np.mean([float(row[name]) for row in rows]), abs=2e-6)
    assert saved["masks"]["steadiness"] is None  # of noise nothing stands still
