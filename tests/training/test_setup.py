"""The loss that training and validation share is the one that the experiment names; so are the first weights."""

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError, ModelError
from seqseg.losses import Dice, Focal
from seqseg.models import save_model
from seqseg.training.setup import set_up
from seqseg.training.tasks.class_validation import validate


def test_training_loss_names_the_loss(tiny):
    setup = set_up(tiny(training__loss="dice", training__class_weights=[1.0, 2.0, 2.0, 2.0, 2.0]))
    assert isinstance(setup.learner.loss, Dice)
    assert setup.learner.loss.void == setup.data.void
    assert setup.learner.loss.class_weights == [1, 2, 2, 2, 2]


def test_validation_measures_the_same_loss(tiny):
    setup = set_up(tiny(training__loss="dice"))
    frames = [
        float(Dice()(labels[i : i + 1, j], np.asarray(setup.network(clips))[i : i + 1, j]))
        for clips, labels in setup.validation_batches()
        for i, j in np.ndindex(labels.shape[:2])
        if (labels[i, j] != setup.data.void).any()
    ]
    assert validate(setup).loss == pytest.approx(np.mean(frames), rel=1e-4)


def test_a_table_gives_the_loss_its_options(tiny):
    loss = set_up(tiny(training__loss={"name": "focal", "gamma": 3.0})).learner.loss
    assert isinstance(loss, Focal) and loss.gamma == 3 and loss.void == 255


def test_memories_that_learn_alone_leave_the_rest_as_it_was(tiny):
    setup = set_up(tiny(training__learns="memories"))
    network = setup.learner.network
    remembering = {id(variable) for cell in network.temporal.values() for variable in cell.variables}
    before = [(variable, np.array(variable)) for variable in network.variables]
    clips, labels = next(setup.batches(0))
    setup.learner.train_on_batch(clips, labels)
    changed = {id(variable) for variable, value in before if not np.array_equal(np.array(variable), value)}
    assert changed and changed <= remembering


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("focal_tverski", "unknown training.loss 'focal_tverski'; did you mean focal_tversky"),
        ({"name": "focal", "gama": 3.0}, "training.loss 'focal' has no option 'gama'; did you mean gamma"),
        ({"gamma": 3.0}, r'training.loss needs a name, such as \{name = "focal", gamma = 3.0\}; got .*gamma'),
        ({"name": "focal", "void": 3}, "training.loss takes void from the data"),
        ({"name": "focal", "class_weights": [1, 2]}, "takes class_weights from training.class_weights"),
    ],
)
def test_a_loss_that_cannot_be_made_is_an_error_that_says_why(tiny, loss, message):
    with pytest.raises(ConfigError, match=message):
        set_up(tiny(training__loss=loss))


def test_training_adds_l2_to_the_loss(tiny):
    bare, held = set_up(tiny()), set_up(tiny(training__l2=0.01))
    clips, labels = next(held.batches(0))
    penalty = sum(keras.ops.convert_to_numpy(term) for term in held.network.losses)
    losses = [float(setup.learner.train_on_batch(clips, labels, return_dict=True)["loss"]) for setup in (bare, held)]
    assert losses[1] - losses[0] == pytest.approx(penalty, rel=1e-4) and penalty > 0.01
    assert held.network.card.l2 == 0.01


def test_weights_that_match_are_taken_and_reported(tiny, tmp_path):
    source = set_up(tiny(training__seed=1)).network
    save_model(source, tmp_path / "model.keras")
    start = {"training__initial_weights": str(tmp_path / "model.keras")}
    setup = set_up(tiny(**start, training__initial_match="matching", model__memory="convgru"))
    kernels = [network.head.kernel for network in (setup.network, source)]
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, kernels))
    [note] = setup.notes
    assert "weights taken; new: temporal/P1/kernel, temporal/P1/gates_kernel" in note and "model.keras" in note
    with pytest.raises(ModelError, match="temporal/P1/.*initial_match"):
        set_up(tiny(**start, model__memory="convgru"))


def test_clips_that_end_at_labels_are_for_clips_alone(tiny):
    with pytest.raises(ConfigError, match="data.clips is labelled_last, but training.carry_state"):
        set_up(tiny(data__clips="labelled_last", training__carry_state=True))


def test_brightness_and_stacked_frames_reach_the_network_and_other_channels_are_one_line(tiny):
    setup = set_up(tiny(model__channels=1, data__stack=3))
    clips, labels = next(setup.batches(0))
    assert clips.shape[-1] == 3 and setup.network.card.stack == 3
    assert setup.network.backbone.variables[0].shape[-2] == 3  # of one channel each
    assert np.isfinite(setup.learner.train_on_batch(clips, labels, return_dict=True)["loss"])
    with pytest.raises(ConfigError, match="model.channels is 4, but the frames of .* have 3, RGB"):
        set_up(tiny(model__channels=4))


def test_frames_that_do_not_belong_together_are_videos_of_their_own(tiny):
    setup = set_up(tiny(data__independent=True, data__timesteps=1))
    assert {len(video) for video in (*setup.data.videos, *setup.validation.videos)} == {1}
    with pytest.raises(ConfigError, match="set data.timesteps to 1, got 2"):
        set_up(tiny(data__independent=True))
