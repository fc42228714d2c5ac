"""Every block of the README and of docs/streaming.md runs as it stands, in an empty folder after `seqseg demo`."""

import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from seqseg.cli.main import main
from seqseg.config import load_experiment
from seqseg.models import build_model
from streams import MovieFrames
from tests.cli.drawn_folders import write_drawn_folders

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CORRECTING = (ROOT / "docs" / "correct_and_retrain.md").read_text(encoding="utf-8")
STREAMING = (ROOT / "docs" / "streaming.md").read_text(encoding="utf-8")
NEEDS_A_SCREEN_A_CAMERA_OR_A_BROWSER = ("--camera", "--show", "--serve")  # those have tests of their own
# Only the length of training and the width of the net are cut, so that the test takes seconds.
SHORT = {"train": ["--epochs", "1", "--set", "model.filters=4", "--set", "training.steps_per_epoch=2"]}


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def commands(text=README):
    return [line for block in blocks("sh", text) for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readme")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["demo", "--quick", "--out", "demo"]) == 0
        write_drawn_folders(folder / "mydata")
    return folder


@pytest.fixture(autouse=True)
def in_the_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)


def test_every_python_block_runs():
    assert len(blocks("python")) >= 2
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})
    assert Path("overlay.mp4").stat().st_size > 1000


def test_every_config_builds():
    for block in blocks("toml"):
        Path("config.toml").write_text(block, encoding="utf-8")
        model = load_experiment("config.toml").model
        assert build_model(model.name, classes=3, **model.options).temporal


def test_every_command_runs(capsys):
    for line in commands():
        program, *arguments = shlex.split(line)
        assert program == "seqseg"
        if not any(flag in arguments for flag in NEEDS_A_SCREEN_A_CAMERA_OR_A_BROWSER):
            assert main([*arguments, *SHORT.get(arguments[0], [])]) == 0, line
    assert Path("runs/mine/best.keras").is_file()
    assert len(list(Path("masks_of_monday").rglob("*.png"))) == 10
    shutil.rmtree("runs")


def test_what_the_page_about_streams_says_runs_and_is_true():
    for line in commands(STREAMING):
        program, *arguments = shlex.split(line)
        if program == "seqseg" and not any(flag in arguments for flag in NEEDS_A_SCREEN_A_CAMERA_OR_A_BROWSER):
            assert main(arguments) == 0, line
    assert sorted(path.name for path in Path().glob("two*.mkv")) == [
        "two-movie-2.mkv",
        "two-movie.mkv",
    ]
    masks = {name: list(MovieFrames(f"{name}.mkv", pixels="gray")) for name in ("live", "again", "first", "rest")}
    np.testing.assert_array_equal(masks["again"], masks["live"])
    np.testing.assert_array_equal(masks["first"], masks["live"])
    assert len(masks["first"]) == 6 and len(masks["rest"]) == len(MovieFrames("demo/movie.mp4")) - 6
    (stream,) = json.loads(Path("report.json").read_text())["streams"]
    assert 0 <= stream["masks"]["flicker"] <= 1 and sum(stream["masks"]["areas"].values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
def test_what_the_page_about_correcting_says_runs_and_goes_on_with_the_models_classes():
    from seqseg.models import load_model

    for line in commands(CORRECTING):
        _, *arguments = shlex.split(line)
        more = ["--epochs", "1", "--set", "training.steps_per_epoch=2"] if arguments[0] == "train" else []
        assert main([*arguments, *more]) == 0, line
    before, after = (load_model(Path(name)) for name in ("demo/run/best.keras", "runs/corrected/best.keras"))
    assert after.card.classes == before.card.classes
    shutil.rmtree("runs")


def test_the_engine_of_the_page_about_streams_runs():
    (example,) = blocks("python", STREAMING)
    exec(compile(example, "docs/streaming.md", "exec"), {})
    assert all(Path(name).is_file() for name in ("left.mkv", "right.mkv", "left.csv", "engine.jsonl"))


def test_no_example_is_longer_than_six_lines_but_the_loop():
    loop, *others = blocks("python")
    assert "for frame in source" in loop
    assert all(len(block.splitlines()) <= 6 for block in others + blocks("sh") + blocks("toml"))


def test_the_picture_is_there():
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README) + re.findall(r'src="(.*?)"', README):
        assert (Path(__file__).parents[1] / path).is_file()
