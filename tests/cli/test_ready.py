"""Models by their names on the command line: ready ones, pulled ones, the one that is taken when none is named."""

import hashlib
import json

import numpy as np
import pytest

from seqseg.cli.main import build_parser
from streams import MovieFrames
from streams.sources import camera


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQSEG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def ready(make_ready, trained):
    """`voc` and `coast` are ready; both are the tiny run's model."""
    return make_ready(voc=trained / "best.keras", coast=trained / "best.keras")


def masks_of(path):
    return np.stack(list(MovieFrames(path, pixels="gray")))


def test_a_ready_model_streams_by_its_name_as_its_file_does(seqseg, ready, trained, write_movie, tmp_path):
    movie = write_movie(tmp_path / "movie.mp4")
    for model, name in ((trained / "best.keras", "file"), ("coast", "name")):
        code, printed, _ = seqseg("stream", model, "--source", movie, "--masks", tmp_path / f"{name}.mkv")
        assert code == 0 and printed.startswith("7 frames")
    np.testing.assert_array_equal(masks_of(tmp_path / "name.mkv"), masks_of(tmp_path / "file.mkv"))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--camera", "0"], "voc"),
        (["--camera", "0", "moving"], "moving"),
        (["moving", "--camera", "0"], "moving"),
        (["--show", "--source", "x.mp4", "runs/cells", "--fresh"], "runs/cells"),
    ],
)
def test_without_a_model_streams_take_voc_and_a_name_may_be_anywhere(words, name):
    assert build_parser().parse(["stream", *words]).trained == name


def test_two_names_are_one_too_many(seqseg):
    code, _, complaint = seqseg("stream", "coast", "--camera", "0", "voc")
    assert code == 2 and "seqseg stream does not take 'voc'" in complaint


def test_a_camera_is_all_it_takes(seqseg, ready, tmp_path, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (5, 45, 61, 3), np.uint8)

    class Capture:
        """A camera that gives five pictures and is then unplugged."""

        def __init__(self, *_):
            self.left = list(images)

        def isOpened(self):
            return True

        def read(self):
            return (True, self.left.pop(0)) if self.left else (False, None)

        def get(self, _):
            return 0.0

        def set(self, *_):
            return True

        def getBackendName(self):
            return "injected"

        def release(self):
            pass

    monkeypatch.setattr(camera.cv2, "VideoCapture", Capture)
    monkeypatch.setattr(camera, "_device", lambda _: tmp_path)  # which is there
    masks = tmp_path / "masks.mkv"
    code, _, complaint = seqseg("stream", "--camera", "0", "--max-frames", "5", "--stale", "60", "--masks", masks)
    assert code == 0, complaint
    assert masks_of(masks).shape == (5, 45, 61)


@pytest.mark.parametrize(
    "command",
    [("stream", "voice", "--source", "shapes"), ("evaluate", "voice"), ("forecast", "voice", "--source", "shapes")],
)
def test_an_unknown_name_is_one_line_that_offers_the_nearest(seqseg, ready, command):
    code, printed, complaint = seqseg(*command)
    assert (code, printed) == (2, "")
    assert complaint.startswith("seqseg: error: no run folder at voice, and no model of that name; did you mean voc?")
    assert "the ready models are: voc, coast" in complaint and complaint.count("\n") == 1


def test_a_ready_model_is_scored_by_its_name_on_data_that_is_named(seqseg, ready):
    code, _, complaint = seqseg("evaluate", "coast")
    assert code == 2 and "coast is a model file, which does not say its data; name it with --data" in complaint
    code, printed, _ = seqseg("evaluate", "coast", "--data", "shapes:videos=1,frames=3,size=45x61", "--as", "clips")
    assert code == 0 and "coast on shapes" in printed


def test_a_run_folder_of_the_name_goes_before_a_ready_model(seqseg, ready, trained, tmp_path, monkeypatch):
    (tmp_path / "coast").symlink_to(trained)
    monkeypatch.chdir(tmp_path)
    code, printed, _ = seqseg("evaluate", "coast", "--as", "clips")
    assert code == 0 and "coast on shapes:videos=2" in printed  # a run knows its data


def test_a_folder_of_data_of_the_name_does_not_interfere(seqseg, ready, tmp_path, monkeypatch):
    (tmp_path / "voc").mkdir()
    monkeypatch.chdir(tmp_path)
    assert seqseg("stream", "--source", "shapes", "--max-frames", "1")[0] == 0


def test_the_ready_and_the_pulled_are_listed_with_scores(seqseg, ready, trained):
    assert seqseg("pull", trained / "best.keras", "--name", "street")[0] == 0
    code, printed, _ = seqseg("models", "--ready")
    assert code == 0
    for text in ("voc", "coast", "IoU 1", "about coast", "street", str(trained / "best.keras")):
        assert text in printed
    listed = json.loads(seqseg("models", "--ready", "--json")[1])
    assert [one["name"] for one in listed["ready"]] == ["voc", "coast"] and listed["pulled"][0]["name"] == "street"


@pytest.mark.parametrize("more", [("unet",), ("--classes", 3), ("--size", "24x32")])
def test_ready_models_are_listed_as_they_are(seqseg, more):
    code, _, complaint = seqseg("models", "--ready", *more)
    assert code == 2 and "--ready lists trained models as they are" in complaint


def test_what_was_pulled_from_an_address_streams_by_its_name(seqseg, trained, serve_folder, write_movie, tmp_path):
    digest = hashlib.sha256((trained / "best.keras").read_bytes()).hexdigest()
    address = f"http://{serve_folder(trained)}/best.keras"
    code, printed, _ = seqseg("pull", address, "--sha256", digest, "--name", "street")
    assert code == 0 and digest in printed and "street" in printed
    movie = write_movie(tmp_path / "movie.mp4")
    assert seqseg("stream", "street", "--source", movie)[1].startswith("7 frames")


def test_a_pulled_file_that_was_changed_is_one_line(seqseg, trained, tmp_path):
    seqseg("pull", trained / "best.keras", "--name", "street")
    with (tmp_path / "cache" / "street.keras").open("ab") as file:
        file.write(b"more")
    code, _, complaint = seqseg("stream", "street", "--source", "shapes")
    assert code == 2 and "has changed since it was pulled: expected sha256" in complaint and complaint.count("\n") == 1


def test_an_address_without_sha256_is_one_line(seqseg):
    code, _, complaint = seqseg("pull", "https://example.org/street.keras")
    assert code == 2 and "needs the sha256 of its file" in complaint and complaint.count("\n") == 1


def test_a_training_starts_from_a_model_by_its_name(seqseg, ready, tiny, trained, tmp_path):
    words = ["--set", "training.initial_weights=coast", "--set", "training.learning_rate=1e-9"]
    assert seqseg("train", *tiny, *words, "--run", tmp_path / "run")[0] == 0
    from seqseg.models import load_model

    mine, theirs = load_model(tmp_path / "run" / "last.keras"), load_model(trained / "best.keras")
    for one, other in zip(mine.trainable_weights, theirs.trainable_weights, strict=True):
        np.testing.assert_allclose(np.array(one), np.array(other), atol=1e-6)


def test_a_ready_model_brings_its_own_defaults_which_any_of_the_options_turns_off(seqseg, ready, write_movie, tmp_path):
    index = json.loads((ready / "index.json").read_text())
    (ready / "index.json").write_text(json.dumps([one | {"stream": {"smooth": 0.9}} for one in index]))
    movie, masks, printed = write_movie(tmp_path / "movie.mp4"), {}, {}
    for name, words in {"default": (), "same": ("--smooth", 0.9), "off": ("--smooth", 0)}.items():
        path = tmp_path / f"{name}.mkv"
        code, printed[name], _ = seqseg("stream", "coast", "--source", movie, "--masks", path, *words)
        assert code == 0
        masks[name] = masks_of(path)
    np.testing.assert_array_equal(masks["default"], masks["same"])
    assert (masks["default"] != masks["off"]).any()
    assert "smooth 0.9: coast's own, --smooth 0 turns it off" in printed["default"]
    assert "coast's own" not in printed["same"] + printed["off"]
