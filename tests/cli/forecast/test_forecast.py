"""Forecasts beside the true frames."""

import csv
import json
import sys

import imageio.v3 as imageio
import keras
import numpy as np
import pytest
from keras import ops

from seqseg.evaluation.horizons import Horizons
from seqseg.inference.forecasting.forecaster import Forecaster
from seqseg.inference.forecasting.surprise import Surprise, block_errors
from seqseg.metrics import psnr
from seqseg.models import build_model, save_model


@pytest.fixture(scope="module")
def model():
    """A predictor that does not merely repeat the last frame."""
    keras.utils.set_random_seed(0)
    model = build_model("frame_predictor", filters=2, depth=1, kernel_size=3)
    for variable in model.trunk.projection.variables:
        variable.assign(np.random.default_rng(0).uniform(-0.05, 0.05, variable.shape))
    return model


@pytest.fixture(scope="module")
def file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "next.keras"
    save_model(model, path)
    return path


def read(path):
    from streams import open_source

    with open_source(str(path)) as source:
        return [frame.image for frame in source]


def test_every_horizon_is_scored_beside_the_last_frame(seqseg, file, model, write_movie, tmp_path):
    movie = write_movie(tmp_path / "movie.mp4")
    out = {name: tmp_path / name for name in ("out.mp4", "report.json", "plot.png", "gauge.csv")}
    code, printed, complaint = seqseg(
        "forecast", file, "--source", movie, "--frames", 2, "--save", out["out.mp4"], "--report", out["report.json"],
        "--plot", out["plot.png"], "--gauge", out["gauge.csv"],
    )  # fmt: skip
    assert code == 0, complaint
    frames = np.stack(read(movie)).astype("float64")
    first, second = json.loads(out["report.json"].read_text())["horizons"]
    assert (first["frames"], second["frames"]) == (6, 5)
    assert first["copy_psnr"] == pytest.approx(psnr(frames[1:], frames[:-1], data_range=255), rel=1e-4)
    assert second["copy_psnr"] == pytest.approx(psnr(frames[2:], frames[:-2], data_range=255), rel=1e-4)
    ahead = [model.roll_out(frames[None, : k + 1], 2)[0, 1] for k in range(5)]
    expected = psnr(frames[2:], np.rint(np.clip(np.stack(ahead), 0, 255)), data_range=255)
    assert second["psnr"] == pytest.approx(expected, rel=1e-3)
    assert "last frame's" in printed and f"{first['psnr']:.2f}" in printed
    pictures = read(out["out.mp4"])
    assert len(pictures) == 7 + 2 and pictures[0].shape == (46 + 6, 3 * 62 + 2 * 4, 3)
    with out["gauge.csv"].open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 7 and rows[0]["surprise"] == "" and float(rows[1]["surprise"]) == 1
    assert out["plot.png"].stat().st_size > 1000


def test_the_stream_corrects_the_network(seqseg, file, tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (2, 21, 29, 3), "uint8")
    for number in range(16):  # two pictures in turn: nothing that repeats the last one is ever right
        imageio.imwrite(tmp_path / f"{number:02d}.png", pictures[number % 2])
    scores = []
    for words in ([], ["--adapt"]):
        report = tmp_path / "report.json"
        code, _, complaint = seqseg("forecast", file, "--source", tmp_path, "--frames", 2, "--report", report, *words)
        assert code == 0, complaint
        scores.append([row["psnr"] for row in json.loads(report.read_text())["horizons"]])
    assert scores[1][0] > scores[0][0] + 5 and scores[1][1] == scores[0][1]


def test_a_forecast_is_the_roll_out_of_all_that_came(model):
    clip = np.random.default_rng(0).integers(0, 256, (4, 21, 29, 3), np.uint8)
    forecaster, state = Forecaster(model, frames=3), None
    for image in clip:
        future, state = forecaster.step(image, state)
    expected = ops.convert_to_numpy(model.roll_out(clip[None], 3))[0]
    np.testing.assert_allclose(future, np.rint(np.clip(expected, 0, 255)), atol=1)


def test_what_is_new_is_a_surprise_and_does_not_become_usual_at_once():
    gauge = Surprise(memory=50)
    usual = [gauge.rate(error) for error in np.random.default_rng(0).normal(0.05, 0.005, 200)]
    assert max(usual[20:]) < 1.5
    news = [gauge.rate(0.5) for _ in range(5)]
    assert min(news) > 7


def test_a_still_picture_is_no_surprise():
    gauge = Surprise()
    assert [gauge.rate(0.0) for _ in range(3)] == [1, 1, 1]


def test_the_error_of_a_block_is_that_of_its_pixels():
    frames = np.random.default_rng(0).integers(0, 256, (2, 35, 50, 3), np.uint8)
    errors = block_errors(*frames)
    assert errors.shape == (2, 3)
    assert errors[1, 2] == pytest.approx(10 ** (-psnr(*frames[:, None, 18:, 33:], data_range=255) / 20), rel=1e-4)


def noise(count):
    """Errors of the blocks of frames in which nothing happens, save for leaves in one corner that always move."""
    errors = np.random.default_rng(0).normal(0.02, 0.001, (count, 15, 22))
    errors[:, 0, 0] *= 8
    return errors


def test_what_is_new_in_one_block_is_a_surprise_that_the_whole_picture_hides():
    frames = noise(101)
    frames[-1, 7, 0] = 0.2
    blocks, whole = Surprise(), Surprise()
    surprises = [blocks.rate(errors) for errors in frames]
    hidden = [whole.rate(np.sqrt(np.mean(errors**2))) for errors in frames]
    assert surprises[-1] > 6 and max(surprises[:-1]) < 1.3
    assert hidden[-1] < 1.3


def test_what_always_moves_is_no_surprise_where_it_moves_but_elsewhere():
    frames = noise(102)
    frames[-1, 0, :2] = frames[-1, 0, 1::-1]
    surprises = [gauge.rate(errors) for gauge in [Surprise()] for errors in frames]
    assert max(surprises[:-1]) < 1.3 and surprises[-1] > 5


def test_after_a_long_event_the_gauge_is_as_sensitive_as_before():
    frames = noise(700)
    frames[200:400, 4:9, 3:7] += 0.2
    frames[480:, 10, 15] += 0.2
    surprises = [gauge.rate(errors) for gauge in [Surprise()] for errors in frames]
    assert surprises[480] > 0.9 * surprises[200] > 5
    assert 0.8 < min(surprises[450:480]) and max(surprises[450:480]) < 1.3


def test_a_thrifty_score_has_the_same_psnr_and_an_ssim_of_every_horizon_in_turn():
    frames = np.random.default_rng(0).integers(0, 256, (9, 11, 13, 3), np.uint8)
    futures = np.random.default_rng(1).integers(0, 256, (9, 2, 11, 13, 3), np.uint8)
    whole, thrifty = Horizons(2), Horizons(2, thrifty=True)
    for horizons in (whole, thrifty):
        for frame, future in zip(frames, futures, strict=True):
            horizons.came(frame)
            horizons.predicted(frame, future)
    for row, cheap in zip(whole.table(), thrifty.table(), strict=True):
        for name in ("frames", "psnr", "copy_psnr"):
            assert cheap[name] == pytest.approx(row[name], rel=1e-5)
        for name in ("ssim", "copy_ssim"):
            assert cheap[name] == pytest.approx(row[name], abs=0.05) and cheap[name] != 0


def test_a_break_in_the_stream_is_not_scored():
    horizons, frame = Horizons(2), np.zeros((9, 9, 3), np.uint8)
    horizons.predicted(frame, np.zeros((2, 9, 9, 3), np.uint8))
    horizons.forget()
    assert np.isnan(horizons.came(frame)) and horizons.table() == []


def test_a_movie_shorter_than_the_horizon_is_one_line(seqseg, file, write_movie, tmp_path):
    movie = write_movie(tmp_path / "movie.mp4")
    code, _, complaint = seqseg("forecast", file, "--source", movie, "--frames", 9)
    assert code == 2 and "has 7 frames, but a forecast of 9" in complaint and "--frames 6" in complaint


def test_a_run_that_finds_classes_is_one_line(seqseg, tmp_path):
    save_model(build_model("simple", classes=2, filters=2), tmp_path / "model.keras")
    code, _, complaint = seqseg("forecast", tmp_path / "model.keras", "--source", "shapes")
    assert code == 2 and "finds classes and predicts no frames" in complaint


def test_a_command_that_wants_classes_refuses_a_predictor_of_frames_in_one_line(seqseg, file):
    code, _, complaint = seqseg("stream", file, "--source", "shapes")
    assert code == 2 and "predicts frames and finds no classes" in complaint


def test_evaluate_scores_a_predictor_on_a_set_as_forecast_does_on_its_movie(seqseg, file, write_movie, tmp_path):
    movie, scores, report = write_movie(tmp_path / "movie.mp4"), tmp_path / "scores.json", tmp_path / "report.json"
    words = ("--data", f"frames:{movie}", "--split", "all", "--frames", 2, "--json", scores)
    code, printed, complaint = seqseg("evaluate", file, *words)
    assert code == 0, complaint
    seqseg("forecast", file, "--source", movie, "--frames", 2, "--report", report)
    assert json.loads(scores.read_text())["horizons"] == json.loads(report.read_text())["horizons"]
    code, _, complaint = seqseg("evaluate", file, *words, "--temporal")
    assert code == 2 and "--temporal is for models that find classes" in complaint


def test_several_sources_have_a_report_each(seqseg, file, write_movie, tmp_path):
    movies = [write_movie(tmp_path / name) for name in ("left.mp4", "right.mp4")]
    words = [word for movie in movies for word in ("--source", movie)]
    code, printed, complaint = seqseg("forecast", file, *words, "--frames", 1, "--report", tmp_path / "scores.json")
    assert code == 0, complaint
    left, right = (json.loads((tmp_path / f"scores-{name}.json").read_text()) for name in ("left", "right"))
    assert left["horizons"] == right["horizons"] and printed.count("ahead") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--source", "a", "--camera", "0"], "files, or one camera"),
        (["--source", "a", "--frames", "0"], "--frames must be at least 1"),
        (["--source", "a", "--size", "0x4"], "--size must be HEIGHTxWIDTH"),
        (["--source", "a", "--plot", "a.txt"], "--plot writes .png"),
        (["--source", "a", "--gauge", "a.txt"], "--gauge writes .csv"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_one_line(seqseg, words, said):
    code, _, complaint = seqseg("forecast", "run", *words)
    assert code == 2 and said in complaint and complaint.count("\n") == 1


def test_a_plot_without_matplotlib_is_refused_before_the_work(seqseg, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, _, complaint = seqseg("forecast", "no.keras", "--source", "no.mp4", "--plot", tmp_path / "plot.png")
    assert code == 2 and "--plot draws with matplotlib, which is not installed" in complaint
    assert "pip install 'seqseg[plot]'" in complaint
