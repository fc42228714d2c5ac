"""Learning what comes next, through the ordinary loop, from clips without labels."""

import csv
import os
import signal

import imageio.v3 as imageio
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, DataError
from seqseg.metrics import FramePSNR, frame_mae, frame_mse, psnr, ssim
from seqseg.metrics.frame_by_frame import frame_figures
from seqseg.models import load_model
from seqseg.training.fit import train
from seqseg.training.next_frames.sampled import sampled
from seqseg.training.optimizing.learner import Learner
from seqseg.training.setup import set_up
from seqseg.training.tasks.frame_validation import validate_frames

FRAMES = {
    "model__name": "frame_predictor", "model__depth": 1, "model__kernel_size": 3, "training__epochs": 2,
    "data__timesteps": 4, "training__learning_rate": 3e-3, "augment__enabled": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny):
    experiment = tiny(**FRAMES, training__sampling="scheduled", training__context=2)
    return train(experiment, tmp_path_factory.mktemp("frames") / "run")


def rows(path):
    with (path / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_is_scored_by_frames(run):
    table = rows(run.run)
    assert set(table[0]) >= {"psnr", "val_psnr", "val_ssim", "val_mse", "val_mae"} and "val_miou" not in table[0]
    assert run.score == "PSNR" and run.best_score == max(float(row["val_psnr"]) for row in table)
    assert load_model(run.run / "best.keras").card.head == "frame"
    assert imageio.imread(run.run / "samples/epoch_0001.png").shape == (4 * (19 + 2), 3 * 29, 3)


def test_interrupted_and_resumed_it_ends_with_the_same_weights(run, tiny, tmp_path, quiet, monkeypatch):
    experiment = tiny(**FRAMES, training__sampling="scheduled", training__context=2)
    taken, step = [], Learner.train_on_batch

    def interrupted(self, *batch, **options):
        taken.append(1)
        if len(taken) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, *batch, **options)

    monkeypatch.setattr(Learner, "train_on_batch", interrupted)
    with pytest.raises(KeyboardInterrupt, match="epoch 2, after step 1 of 2"):
        train(experiment, tmp_path / "run", stream=quiet)
    train(experiment, tmp_path / "run", resume=True, stream=quiet)
    with np.load(run.run / "state.npz") as expected, np.load(tmp_path / "run/state.npz") as ours:
        for name in set(expected.files) - {"progress"}:
            np.testing.assert_array_equal(ours[name], expected[name], err_msg=name)


def test_what_is_not_given_is_its_own_prediction(run):
    model = load_model(run.run / "best.keras")
    clip = np.random.default_rng(0).integers(0, 256, (2, 5, 13, 17, 3), "uint8")
    given = np.array([[True] * 3 + [False] * 2] * 2)
    ours = ops.convert_to_numpy(sampled(model, clip, given))
    rolled = ops.convert_to_numpy(model.roll_out(clip[:, :3], 3))
    np.testing.assert_allclose(ours[:, 2:], rolled, atol=2e-3)
    np.testing.assert_allclose(ops.convert_to_numpy(sampled(model, clip, given, first=3)), ours, atol=2e-3)


def test_validation_is_of_a_roll_out_where_frames_are_given(tiny):
    setup = set_up(tiny(**FRAMES, training__context=2))
    figures = validate_frames(setup).figures
    frames, predicted = [], []
    for clips, targets in setup.validation_batches():
        predicted.append(ops.convert_to_numpy(setup.network.roll_out(clips[:, :2], 2)))
        frames.append(targets[:, 1:])
    frames, predicted = np.concatenate(frames) / 255, np.concatenate(predicted) / 255
    assert figures["val_psnr"] == pytest.approx(psnr(frames, predicted, data_range=1.0), rel=1e-4)
    assert figures["val_mse"] == pytest.approx(frame_mse(frames, predicted), rel=1e-4)


def test_figures_are_openstls(run):
    pytest.importorskip("skimage")
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (2, 3, 11, 13, 3)).astype("float64")
    predicted = frames + rng.normal(0, 30, frames.shape)
    expected = [
        psnr(frames / 255, predicted / 255, data_range=1.0), ssim(frames / 255, predicted / 255, data_range=1.0),
        frame_mse(frames / 255, predicted / 255), frame_mae(frames / 255, predicted / 255),
    ]  # fmt: skip
    np.testing.assert_allclose(frame_figures(frames, predicted).mean(axis=(0, 1)), expected, rtol=1e-4)
    metric = FramePSNR()
    metric.update_state(frames, predicted)
    assert float(metric.result()) == pytest.approx(expected[0], rel=1e-4)


def test_any_segmenter_learns_frames_when_the_task_says_so(tiny):
    setup = set_up(tiny(training__task="next_frame"))
    frames, targets = next(iter(setup.batches(0)))
    assert setup.network.card.head == "frame" and frames.shape == targets.shape == (2, 1, 19, 29, 3)


def test_grey_frames_have_one_channel(tiny):
    setup = set_up(tiny(**FRAMES, model__channels=1))
    frames, targets = next(iter(setup.batches(0)))
    assert frames.shape == targets.shape == (2, 3, 19, 29, 1)
    np.testing.assert_array_equal(frames[:, 1:], targets[:, :-1])


@pytest.mark.parametrize(
    ("settings", "kind", "said"),
    [
        ({"data__timesteps": 5}, DataError, "4 of 4 videos .* shorter than a clip of 5 frames"),
        ({"data__timesteps": 1}, ConfigError, "clips of at least 2"),
        ({"training__context": 4}, ConfigError, "training.context is 4, but clips have 4 frames"),
        ({"training__loss": "dice"}, ConfigError, "is for classes, but the model predicts frames"),
        ({"training__carry_state": True}, ConfigError, "carry_state"),
        ({"training__task": "segment"}, ConfigError, "frame_predictor predicts frames"),
        ({"model__name": "simple", "training__task": "next_frame", "model__head": "sigmoid"}, ConfigError, "sigmoid"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_one_line(tiny, settings, kind, said):
    with pytest.raises(kind, match=said):
        set_up(tiny(**(FRAMES | settings)))
