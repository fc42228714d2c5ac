"""`seqseg stream` and what happens to a machine: disks fill, files vanish, runs are stopped or killed."""

import signal
import subprocess
import sys
import threading
import time

import cv2
import numpy as np
import pytest

from streams import ArraySource, MovieFrames, MovieSink, Overlay, run

LONG = 120  # seconds after which a test gives up what it waits for


def until(condition):
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def movie(path, images):
    overlay = Overlay([[0, 0, 0]], ["nothing"], alpha=0, legend=False)
    run(ArraySource(images, fps=10), lambda image, state: (image[..., 0] * 0, state), MovieSink(path, overlay))
    return path


@pytest.fixture
def quiet(tmp_path):
    return movie(tmp_path / "quiet.mp4", np.zeros((9, 45, 61, 3), np.uint8))


@pytest.fixture
def folder(tmp_path):
    """400 pictures, one after another."""
    (tmp_path / "pictures").mkdir()
    content = cv2.imencode(".png", np.zeros((45, 61, 3), np.uint8))[1].tobytes()
    for number in range(400):
        (tmp_path / "pictures" / f"{number:03d}.png").write_bytes(content)
    return tmp_path / "pictures"


@pytest.fixture
def small_disk():
    """No file may grow beyond 60,000 bytes, as if the disk were full there."""
    resource = pytest.importorskip("resource")
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def frames(path):
    return len(MovieFrames(path))


def test_a_disk_that_is_full_for_one_of_two_streams_ends_that_one_alone(seqseg, trained, quiet, tmp_path, request):
    loud = movie(tmp_path / "loud.mp4", np.random.default_rng(0).integers(0, 256, (300, 45, 61, 3), np.uint8))
    request.getfixturevalue("small_disk")
    out = tmp_path / "out.mp4"
    code, _, complaint = seqseg("stream", trained, "--source", loud, "--source", quiet, "--save", out)
    assert code == 2 and complaint.count("\n") == 1
    assert "out-loud.mp4 cannot be written on: File too large; what was written before can be played" in complaint
    assert frames(tmp_path / "out-quiet.mp4") == 9
    assert not (tmp_path / "out-loud.mp4").exists() and frames(tmp_path / "out-loud.part.mp4") >= 5


def test_pictures_that_vanish_while_they_are_read_end_the_run_with_the_name_of_the_first(
    seqseg, trained, folder, tmp_path
):
    masks, gone = tmp_path / "masks", sorted(folder.iterdir())[40:]

    def take_away():
        until((masks / "000.png").exists)
        for path in gone[::-1]:
            path.unlink()

    thief = threading.Thread(target=take_away)
    thief.start()
    code, _, complaint = seqseg("stream", trained, "--source", folder, "--masks", masks)
    thief.join()
    assert code == 2 and complaint.count("\n") == 1
    kept = sorted(masks.glob("*.png"))
    assert f"{len(kept):03d}.png" in complaint and 40 <= len(kept) < 400
    assert cv2.imread(str(kept[-1]), cv2.IMREAD_UNCHANGED).shape[:2] == (45, 61)


@pytest.mark.parametrize(
    "request_to_stop", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM, signal.SIGKILL]
)
def test_two_streams_that_are_asked_to_stop_or_killed_leave_movies_that_play(request_to_stop, trained, tmp_path):
    words = ["stream", str(trained), "--source", "shapes", "--source", "shapes", "--masks", str(tmp_path / "m.mkv")]
    command = [sys.executable, "-m", "seqseg.cli.main", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        parts = [tmp_path / "m-shapes.part.mkv", tmp_path / "m-shapes-2.part.mkv"]
        until(lambda: process.poll() is not None or all(p.exists() and p.stat().st_size > 4000 for p in parts))
        asked = time.monotonic()
        process.send_signal(request_to_stop)
        _, complaint = process.communicate(timeout=LONG)
    killed = request_to_stop is signal.SIGKILL
    assert process.returncode == (-signal.SIGKILL if killed else 130)
    assert killed or time.monotonic() - asked < 10
    written = [len(MovieFrames(part if killed else name(part), pixels="gray")) for part in parts]
    assert min(written) > 0
    if not killed:
        assert complaint.endswith(f"seqseg: stopped after {sum(written)} frames; all files are complete\n")


def name(part):
    return part.with_name(part.name.replace(".part", ""))
