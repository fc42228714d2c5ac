import json
import shutil
from fractions import Fraction

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.cli.stream.display import Display
from seqseg.cli.stream.report import print_summary
from streams import ArraySource, MovieFrames, MovieSink, Overlay, run


@pytest.fixture(scope="module")
def movie(tmp_path_factory):
    """Seven odd-sized frames, filmed at 10 frames a second."""
    images = np.random.default_rng(0).integers(0, 256, (7, 45, 61, 3), np.uint8)
    path = tmp_path_factory.mktemp("movies") / "clip.mp4"
    overlay = Overlay([[0, 0, 0]], ["nothing"], alpha=0, legend=False)
    run(ArraySource(images, fps=10), lambda image, state: (image[..., 0] * 0, state), MovieSink(path, overlay))
    return path


def test_every_frame_gets_a_mask_of_its_size_and_time(seqseg, trained, movie, tmp_path):
    masks, report = tmp_path / "masks.mkv", tmp_path / "report.json"
    code, printed, _ = seqseg("stream", trained, "--source", movie, "--masks", masks, "--report", report)
    assert code == 0 and printed.startswith("7 frames in ")
    source, written = MovieFrames(movie), MovieFrames(masks, pixels="gray")
    assert len(written) == 7 and written[3].shape == source[3].shape[:2]
    assert list(written.times) == list(source.times) == [Fraction(number, 10) for number in range(7)]
    assert json.loads(report.read_text())["frames"] == 7


def test_the_masks_are_those_of_the_predictor_frame_by_frame(seqseg, trained, movie, tmp_path):
    from seqseg import Predictor, load_model

    seqseg("stream", trained, "--source", movie, "--masks", tmp_path / "masks.mkv", "--checkpoint", "last")
    written = MovieFrames(tmp_path / "masks.mkv", pixels="gray")
    predictor, state = Predictor(load_model(trained / "last.keras"), size="trained"), None
    for image, mask in zip(MovieFrames(movie), written, strict=True):
        expected, state = predictor.step(image, state)
        np.testing.assert_array_equal(mask, expected)


def test_overlay_and_masks_are_written_and_named(seqseg, trained, movie, tmp_path):
    overlay, masks = tmp_path / "o.mp4", tmp_path / "masks"
    code, printed, _ = seqseg("stream", trained, "--source", movie, "--save", overlay, "--masks", masks)
    assert code == 0 and str(overlay) in printed and str(masks) in printed
    assert len(MovieFrames(overlay)) == len(list(masks.glob("*.png"))) == 7


def test_a_picture_gives_a_picture_and_a_folder_a_folder(seqseg, trained, movie, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(2):
        imageio.imwrite(tmp_path / "in" / f"day {number}.png", MovieFrames(movie)[number])
    assert seqseg("stream", trained, "--source", tmp_path / "in/day 0.png", "--save", tmp_path / "out.jpg")[0] == 0
    assert imageio.imread(tmp_path / "out.jpg").shape == MovieFrames(movie)[0].shape
    assert seqseg("stream", trained, "--source", tmp_path / "in", "--save", tmp_path / "out")[0] == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["day 0.png", "day 1.png"]


def test_the_synthetic_stream_stops_at_its_limit(seqseg, trained):
    code, printed, _ = seqseg("stream", trained, "--source", "shapes", "--max-frames", "3")
    assert code == 0 and printed.startswith("3 frames")
    assert "nothing was saved; add --save" in printed


def test_a_model_file_streams_as_well(seqseg, trained, movie, tmp_path):
    model = shutil.copy(trained / "best.keras", tmp_path / "mine.keras")
    assert seqseg("stream", model, "--source", movie, "--max-frames", "2", "--size", "32x40")[0] == 0


def bad(tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    return {
        'must be HEIGHTxWIDTH such as 360x480, "native" or "trained", got "big"': ["--source", "x", "--size", "big"],
        "--max-frames must be at least 1, got 0": ["--source", "shapes", "--max-frames", "0"],
        "missing.mp4": ["--source", tmp_path / "missing.mp4"],
        "empty.mp4": ["--source", tmp_path / "empty.mp4"],
        "camera 97": ["--camera", "97"],
        "it must end in .mp4": ["--source", "shapes", "--max-frames", "2", "--save", tmp_path / "out.xyz"],
    }


@pytest.mark.parametrize("number", range(6))
def test_bad_input_is_one_line_and_nothing_is_written(number, seqseg, trained, tmp_path):
    message, words = list(bad(tmp_path).items())[number]
    out = tmp_path / "out"
    sink = [] if "--save" in words else ["--save", out / "o.mp4"]
    code, printed, complaint = seqseg("stream", trained, *words, *sink)
    assert (code, printed) == (2, "")
    assert complaint.startswith("seqseg: error: ") and message in complaint and complaint.count("\n") == 1
    assert not list(tmp_path.rglob("*.mp4")) or [path.name for path in tmp_path.rglob("*.mp4")] == ["empty.mp4"]


def test_a_movie_is_not_written_over_itself(seqseg, trained, movie):
    before = movie.read_bytes()
    code, _, complaint = seqseg("stream", trained, "--source", movie, "--save", movie)
    assert code == 2 and "give the output another name" in complaint
    assert movie.read_bytes() == before


def test_an_interrupted_stream_is_whole_and_says_so(seqseg, trained, movie, tmp_path, monkeypatch):
    def interrupt_at_the_fourth(self, stream, frame, _mask):
        if frame.index == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Display, "see", interrupt_at_the_fourth)
    code, printed, complaint = seqseg("stream", trained, "--source", movie, "--masks", tmp_path / "masks.mkv")
    assert code == 130 and "4 frames in" in printed
    assert complaint == "seqseg: stopped after 4 frames; all files are complete\n"
    assert len(MovieFrames(tmp_path / "masks.mkv", pixels="gray")) == 4


def test_events_are_all_that_stdout_gets_with_json(seqseg, trained, movie):
    code, printed, _ = seqseg("stream", trained, "--source", movie, "--null", "--json")
    events = [json.loads(line) for line in printed.splitlines()]
    assert code == 0 and [event["event"] for event in events][:2] == ["started", "status"]
    assert events[-1]["event"] == "ended" and (events[-1]["frames"], events[-1]["status"]) == (7, "ended")
    assert {event["stream"] for event in events} == {str(movie)}


def test_the_summary_leaves_out_what_never_happened(capsys):
    times = {"count": 2, "p50": 1.0, "p95": 2.0, "p99": 3.0}
    print_summary(
        {
            "frames": 2,
            "seconds": 0.04,
            "fps": 25.0,
            "stages_ms": {"infer": times, "encode": {"count": 0}},
            "age_ms": times,
            "dropped": {"stale": 3},
            "memory_mib": {"first": None, "last": None, "peak": 512.0},
        },
        ["clip.mp4: 1 frame is damaged"],
        {"overlay": "o.mp4", "masks": None},
    )
    assert capsys.readouterr().out == (
        "2 frames in 0.0 s, 25.0 frames a second\n"
        "\n"
        "  ms     p50  p95  p99\n"
        "  infer  1.0  2.0  3.0\n"
        "  age    1.0  2.0  3.0\n"
        "\n"
        "  dropped  3 stale\n"
        "  memory   512 MiB at most\n"
        "  overlay  o.mp4\n"
        "  warning: clip.mp4: 1 frame is damaged\n"
    )
