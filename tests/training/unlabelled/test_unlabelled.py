"""Learning from few labels, from an experiment to a run."""

import csv
import itertools

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.errors import ConfigError, DataError
from seqseg.models import load_model
from seqseg.training.fit import train
from seqseg.training.setup import set_up
from seqseg.training.unlabelled.consistency import Consistency
from seqseg.training.unlabelled.mean_teacher import MeanTeacher

SMALL = {"model__name": "simple", "data__labelled": "20%"}


def few(tiny, unlabelled="none", **overrides):
    return tiny(**(SMALL | {"training__unlabelled": unlabelled} | overrides))


def test_a_share_of_the_labels_trains_on_clips_that_have_one(tiny):
    setup = set_up(few(tiny))
    assert setup.steps == 2 and "3 of 16 labelled frames keep theirs (20%, draw 0)" in setup.data.notes[-1]
    for _, labels in itertools.islice(setup.batches(0), 4):
        assert ((labels != 255).reshape(2, -1).any(axis=1)).all()
    assert (next(setup.validation_batches())[1] != 255).all()


def test_a_name_or_a_table_chooses_the_method(tiny):
    assert isinstance(set_up(few(tiny, "mean_teacher")).learner.method, MeanTeacher)
    method = set_up(few(tiny, {"name": "consistency", "weight": 3.0, "batch": 5})).learner.method
    assert isinstance(method, Consistency) and method.weight == 3


def test_unlabelled_clips_come_beside_the_labelled_ones_from_any_step_on(tiny):
    setup = set_up(few(tiny, {"name": "consistency", "batch": 3}))
    whole = list(itertools.islice(setup.batches(0), 5))
    for (inputs, labels), (later, theirs) in zip(whole[3:], setup.batches(3), strict=False):
        np.testing.assert_array_equal(inputs["labelled"], later["labelled"])
        np.testing.assert_array_equal(inputs["unlabelled"], later["unlabelled"])
        np.testing.assert_array_equal(labels, theirs)
    assert whole[0][0]["unlabelled"].shape == (3, 2, 19, 29, 3)


def test_the_unlabelled_frames_are_all_of_the_training_set_unless_others_are_named(tiny, tmp_path):
    for index in range(5):
        imageio.imwrite(tmp_path / f"{index}.png", np.full((31, 23), 7 * index, np.uint8))  # another size, grey
    setup = set_up(few(tiny, "consistency"))
    assert "consistency learns from 16 frames of shapes without their labels" in setup.notes
    setup = set_up(few(tiny, "consistency", data__unlabelled=f"frames:{tmp_path}"))
    assert f"consistency learns from 5 frames of frames:{tmp_path} without their labels" in setup.notes
    inputs, _ = next(setup.batches(0))
    assert inputs["unlabelled"].shape == (2, 2, 19, 29, 3)


def test_classes_that_no_label_shows_are_reported(tiny, tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
    for index in range(6):
        mask = np.resize(np.uint8([0, 1] if index else [0, 1, 2]), (19, 29))
        imageio.imwrite(tmp_path / "images" / f"{index}.png", np.repeat(mask[..., None], 3, axis=-1))
        imageio.imwrite(tmp_path / "masks" / f"{index}.png", mask)
    (tmp_path / "kept.txt").write_text("1.png\n")
    kept = str(tmp_path / "kept.txt")
    setup = set_up(few(tiny, data__source=f"folders:{tmp_path}", data__labelled=kept))
    [note] = [note for note in setup.notes if "cannot be learned" in note]
    assert f"shows {setup.data.classes[2]}, which" in note


def test_the_model_that_is_saved_is_the_teacher_and_has_one_head(tiny, tmp_path, quiet):
    result = train(few(tiny, "mean_teacher", training__epochs=1), tmp_path / "run", stream=quiet)
    assert "keep theirs (20%, draw 0)" in quiet.getvalue() and "mean_teacher learns from 16 frames" in quiet.getvalue()
    with np.load(result.run / "state.npz") as state:
        weights = [state[name] for name in state.files if name != "progress"]
    model = load_model(result.run / "last.keras")
    for variable in model.weights:
        assert any(one.shape == variable.shape and np.array_equal(one, variable) for one in weights)
    with (result.run / "metrics.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"training__unlabelled": "mean_tutor"}, "needs a name, one of none, consistency, mean_teacher"),
        ({"training__unlabelled": {"weight": 1.0}}, "needs a name, one of none"),
        ({"training__unlabelled": {"name": "none", "weight": 1.0}}, "none takes no options, got weight"),
        ({"training__unlabelled": {"name": "mean_teacher", "decai": 1}}, "no option 'decai'; did you mean decay"),
        ({"training__unlabelled": {"name": "mean_teacher", "steps": 1}}, "has no option 'steps'"),
        ({"training__unlabelled": {"name": "consistency", "batch": 0}}, "a whole number from 1 on for batch, got 0"),
        ({"training__unlabelled": "consistency", "data__timesteps": 1}, "data.timesteps is 1; use 2 or more"),
        ({"training__unlabelled": "next_frame", "data__timesteps": 1}, "data.timesteps is 1; use 2 or more"),
        ({"training__unlabelled": "mean_teacher", "training__carry_state": True}, "turn one of them off"),
        ({"training__unlabelled": "ladder"}, "needs a ladder network, and simple is not one"),
        ({"training__unlabelled": "mean_teacher", "model__head": "frame"}, "a frame predictor needs no labels"),
        ({"model__head": "frame"}, "data.labelled keeps some labels, but a frame predictor needs none"),
        ({"data__unlabelled": "shapes"}, "data.unlabelled is shapes, but training.unlabelled is none"),
        (
            {"training__unlabelled": "mean_teacher", "data__source": "shapes:videos=4,frames=4,size=19x29,vector=1",
             "model__condition": 3},
            "mean_teacher takes no vectors beside frames yet",
        ),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_one_clear_line(tiny, settings, message):
    with pytest.raises(ConfigError, match=message):
        set_up(few(tiny, **settings))


def test_single_frames_show_no_motion(tiny, tmp_path):
    for index in range(4):
        (tmp_path / str(index)).mkdir()
        imageio.imwrite(tmp_path / str(index) / "0.png", np.zeros((31, 23, 3), np.uint8))
    with pytest.raises(DataError, match="every video of frames:.* is a single frame, so there is no motion"):
        set_up(few(tiny, "next_frame", data__unlabelled=f"frames:{tmp_path}"))
