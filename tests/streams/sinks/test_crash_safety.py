"""What is left when the machine, not the program, ends a run."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from streams import (
    AreasSink,
    ArraySource,
    MaskFolderSink,
    MaskLinesSink,
    MaskMovieSink,
    MovieFrames,
    MovieSink,
    MovieSource,
    Overlay,
    SinkError,
    run,
)

REPOSITORY = Path(__file__).resolve().parents[3]
PALETTE = np.uint8([[0, 0, 0], [200, 0, 0]])

ENDLESS_RUN = """
import sys
from itertools import count
import numpy as np
from streams import AreasSink, ArraySource, Background, MaskLinesSink, MaskMovieSink, MovieSink, Overlay, Sinks, run

def pictures():
    for index in count():
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, index % 64] = 255
        yield picture

def step(image, state):
    return (image[..., 0] > 0).astype(np.uint8), None

def tell(frame, mask):
    print(frame.index, flush=True)

overlay = Overlay(np.uint8([[0, 0, 0], [200, 0, 0]]), ["ground", "car"])
folder, names = sys.argv[1], overlay.names
sinks = [MovieSink(folder + "/overlay.mp4", overlay), MaskMovieSink(folder + "/masks.mkv")]
sinks = Sinks([*sinks, MaskLinesSink(folder + "/masks.jsonl", names), AreasSink(folder + "/areas.csv", names)])
run(ArraySource(pictures(), fps=25), step, Background(sinks) if sys.argv[2] == "background" else sinks, on_frame=tell)
"""


@pytest.mark.parametrize("mode", ["direct", "background"])
def test_a_run_that_is_killed_leaves_movies_that_can_be_played(tmp_path, mode, decode):
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS_RUN, str(tmp_path), mode], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    with process:
        while int(process.stdout.readline()) < 300:
            pass
        process.send_signal(signal.SIGKILL)
    times, _ = decode(tmp_path / "overlay.part.mp4")
    assert len(times) > 300 - 16  # a fifth of a second, what the encoder held, and frames on their way
    assert times == [index / ArraySource([]).rate for index in range(len(times))]
    masks = MovieFrames(tmp_path / "masks.part.mkv", pixels="gray")
    assert len(masks) > 300 - 30
    for index in (0, len(masks) // 2, len(masks) - 1):
        assert (masks[index][:, index % 64] == 1).all() and masks[index].sum() == 48
    table = (tmp_path / "masks.mkv.times.part.csv").read_text()
    assert table.endswith("\n") and table.count("\n") > len(masks)
    lines = (tmp_path / "masks.part.jsonl").read_text()
    assert lines.endswith("\n") and [json.loads(line)["frame"] for line in lines.splitlines()] == [
        *range(lines.count("\n"))
    ]
    areas = (tmp_path / "areas.part.csv").read_text()
    assert areas.endswith("\n") and areas.count("\n") >= 300 - 8
    assert not (tmp_path / "overlay.mp4").exists() and not (tmp_path / "masks.mkv").exists()


def red_picture(count):
    return ArraySource(np.full((count, 48, 64, 3), (200, 0, 0), np.uint8))


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv"])
@pytest.mark.parametrize(("fps", "written"), [(5, 8), (25, 12), (60, 36)])
def test_what_is_shorter_than_a_second_can_be_played_as_well(tmp_path, decode, name, fps, written):
    path = tmp_path / name
    shown = tmp_path / f"killed{path.suffix}"
    picture = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    pictures = ArraySource([np.roll(picture, index, 1) for index in range(written)], fps=fps)
    with MovieSink(path, Overlay(PALETTE, ["a", "b"])) as sink, pictures as source:
        for frame in source:
            sink.write(frame, np.zeros((120, 160), np.uint8))
        shown.write_bytes(path.with_suffix(f".part{path.suffix}").read_bytes())  # what a kill would leave
    times, _ = decode(shown)
    assert 0 < written - len(times) <= max(6, fps * 0.34)
    assert len(decode(path)[0]) == written


def test_what_a_killed_run_left_is_kept_and_told(tmp_path, decode):
    (tmp_path / "out.part.mp4").write_bytes(b"precious")
    sink = MovieSink(tmp_path / "out.mp4", Overlay(PALETTE, ["a", "b"]))
    assert run(red_picture(4), red, sink).warnings == (
        f"{tmp_path / 'out.part.mp4'} is what an earlier run wrote before it was killed; it was kept",
    )
    assert (tmp_path / "out.part.mp4").read_bytes() == b"precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "out.part.mp4"]
    assert len(decode(tmp_path / "out.mp4")[0]) == 4


def test_a_file_that_was_there_stays_whole_until_the_new_one_is(tmp_path):
    (tmp_path / "out.mp4").write_bytes(b"precious")
    with MovieSink(tmp_path / "out.mp4", Overlay(PALETTE, ["a", "b"])) as sink, red_picture(4) as source:
        for frame in source:
            sink.write(frame, red(frame.image, None)[0])
            assert (tmp_path / "out.mp4").read_bytes() == b"precious"
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    with MovieSource(tmp_path / "out.mp4") as source:
        assert len(list(source)) == 4


def test_a_link_still_leads_to_its_file(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out.mkv").symlink_to(tmp_path / "disk" / "real.mkv")
    run(red_picture(2), red, MaskMovieSink(tmp_path / "out.mkv"))
    assert (tmp_path / "out.mkv").is_symlink() and len(MovieFrames(tmp_path / "disk" / "real.mkv", pixels="gray")) == 2


@pytest.mark.parametrize("mode", ["direct", "background"])
def test_ctrl_c_ends_a_run_at_once_with_everything_saved(tmp_path, mode, decode):
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS_RUN, str(tmp_path), mode],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        while int(process.stdout.readline()) < 50:
            pass
        process.send_signal(signal.SIGINT)
        told, stderr = process.stdout.read(), process.stderr.read()  # communicate() would lose lines read ahead
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    last = int(told.split()[-1]) if told.split() else 50
    assert last <= len(decode(tmp_path / "overlay.mp4")[0]) - 1 <= last + 1
    assert last <= len(MovieFrames(tmp_path / "masks.mkv", pixels="gray")) - 1 <= last + 1


def noise(count):
    random = np.random.default_rng(0)
    for _ in range(count):
        yield random.integers(0, 256, (120, 160, 3), dtype=np.uint8)


def red(image, state):
    return image[..., 0] >> 1, None


@pytest.fixture
def half_a_megabyte():
    """No file may grow beyond 500,000 bytes in this test, as if the disk were full there."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "masks.mkv"])
def test_a_full_disk_is_one_line_and_what_was_written_can_be_played(tmp_path, half_a_megabyte, name):
    path = tmp_path / name
    sink = MovieSink(path, Overlay(PALETTE, ["a", "b"])) if name.startswith("out") else MaskMovieSink(path)
    with pytest.raises(SinkError, match=r"cannot be written on: File too large; what was written.*part") as caught:
        run(ArraySource(noise(400)), red, sink)
    assert "\n" not in str(caught.value)
    assert not path.exists()
    with MovieSource(path.with_suffix(f".part{path.suffix}")) as source:
        assert len(list(source)) > 15


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("name", ["out.mp4", "masks.mkv", "masks.jsonl", "areas.csv", "folder"])
def test_a_disk_that_is_full_from_the_start_is_one_line(tmp_path, name):
    if name == "folder":
        (tmp_path / name).mkdir()
        (tmp_path / name / "000000.png.part").symlink_to("/dev/full")
        sink = MaskFolderSink(tmp_path / name, PALETTE)
    else:
        (tmp_path / name).symlink_to("/dev/full")
        sinks = {"out.mp4": lambda path: MovieSink(path, Overlay(PALETTE, "ab")), "masks.mkv": MaskMovieSink}
        sinks |= {
            "masks.jsonl": lambda path: MaskLinesSink(path, "ab"),
            "areas.csv": lambda path: AreasSink(path, "ab"),
        }
        sink = sinks[name](tmp_path / name)
    with pytest.raises(SinkError, match="No space left on device"):
        run(ArraySource(noise(60)), red, sink)


def test_a_full_disk_leaves_whole_masks_in_the_folder(tmp_path, half_a_megabyte):
    big = (np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8) for size in (100, 200, 900))
    with pytest.raises(
        SinkError, match=r"000002\.png cannot be written: File too large; the 2 masks before it are whole"
    ):
        run(ArraySource(big), red, MaskFolderSink(tmp_path / "masks", PALETTE))
    assert sorted(path.name for path in (tmp_path / "masks").iterdir()) == ["000000.png", "000001.png", "times.csv"]


@pytest.mark.parametrize("name", ["masks.jsonl", "areas.csv"])
def test_a_full_disk_leaves_whole_lines(tmp_path, half_a_megabyte, name):
    path = tmp_path / name
    sink = MaskLinesSink(path, "ab") if name == "masks.jsonl" else AreasSink(path, [f"class {i}" for i in range(999)])
    with pytest.raises(SinkError, match=rf"{name} cannot be written: File too large; the lines before are whole"):
        run(ArraySource(noise(400)), red, sink)
    content = (path.with_suffix(f".part{path.suffix}")).read_bytes()
    assert content.endswith(b"\n") and 400_000 < len(content) <= 500_000 and not path.exists()
