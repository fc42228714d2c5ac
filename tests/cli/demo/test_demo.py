import itertools

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.cli.demo import MOVIE_SIZE, _free_folder
from seqseg.cli.demo.movie import FPS
from streams import MovieFrames


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    from seqseg.cli.main import main

    folder = tmp_path_factory.mktemp("demo") / "demo"
    assert main(["demo", "--quick", "--out", str(folder)]) == 0
    return folder


def test_the_demo_leaves_a_movie_its_overlay_and_a_trained_model(out):
    movie, overlay = MovieFrames(out / "movie.mp4"), MovieFrames(out / "overlay.mp4")
    assert len(movie) == len(overlay) == 2 * FPS
    assert overlay[0].shape == (*MOVIE_SIZE, 3)
    assert (out / "run" / "best.keras").is_file()


def test_the_overlay_has_the_times_of_the_movie(out):
    assert list(MovieFrames(out / "overlay.mp4").times) == list(MovieFrames(out / "movie.mp4").times)


def test_the_picture_shows_four_frames_over_what_the_model_saw(out):
    height, width, _ = imageio.imread(out / "picture.png").shape
    assert (height, width) == (2 * MOVIE_SIZE[0] + 6, 4 * MOVIE_SIZE[1] + 3 * 6)


def test_a_demo_that_is_there_is_not_written_over(seqseg, out):
    code, _, complaint = seqseg("demo", "--quick", "--out", out)
    assert code == 2 and "already holds a run" in complaint


def test_the_next_free_folder_is_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(_free_folder()) == "demo"
    (tmp_path / "demo").mkdir()
    assert str(_free_folder()) == "demo-2"


def test_a_time_of_nothing_is_one_line(seqseg):
    code, _, complaint = seqseg("demo", "--seconds", "0")
    assert code == 2 and "--seconds must be more than 0" in complaint


def test_a_ready_model_comes_first_where_there_is_one(make_ready, out, seqseg, tmp_path):
    make_ready(moving=out / "run" / "best.keras")
    code, printed, _ = seqseg("demo", "--quick", "--run", out / "run", "--out", tmp_path / "demo")
    assert code == 0 and printed.startswith("first     the ready model moving")
    movie, overlay = (MovieFrames(tmp_path / "demo" / f"{name}.mp4") for name in ("moving", "moving-overlay"))
    assert len(movie) == len(overlay) == FPS and movie[0].shape == overlay[0].shape


def test_a_movie_before_a_fixed_camera_is_still_where_nothing_moves():
    from seqseg.data.kinds.shapes import shapes_stream

    moving, free = (
        np.stack(list(itertools.islice(shapes_stream(seed=11, size=(72, 96), moving=moving), 9))).astype(int)
        for moving in (True, False)
    )
    still = [np.mean(np.median(np.abs(frames[1:] - frames[0]).max(axis=-1), axis=0) < 25) for frames in (moving, free)]
    assert still[0] > 0.7 > still[1]  # the background of the other scene moves
