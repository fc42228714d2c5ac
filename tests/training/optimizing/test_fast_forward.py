"""Frames that only update the memory, ahead of those that are trained on."""

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.losses import CrossEntropy
from seqseg.models import build_model
from seqseg.training.optimizing.fast_forward import fast_forward, run_window, without_labels
from seqseg.training.optimizing.learner import Learner
from seqseg.training.setup import set_up

MODELS = {
    "unet_lstm": {"filters": 2},
    "moving": {"widths": [4, 8], "blocks": [1]},
}


@pytest.fixture(params=MODELS)
def network(request):
    keras.utils.set_random_seed(3)
    return build_model(request.param, classes=2, **MODELS[request.param])


@pytest.fixture
def clip():
    return np.random.default_rng(5).integers(0, 256, (2, 7, 17, 23, 3), dtype="uint8")


def numpy_of(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_the_memory_is_where_it_would_be_after_the_frames(network, clip):
    _, expected = network.run(clip)
    state = fast_forward(network, keras.ops.convert_to_tensor(clip), None)
    assert set(state) == set(expected)
    for name in expected:
        np.testing.assert_allclose(numpy_of(state[name]), numpy_of(expected[name]), atol=1e-3, rtol=1e-5)


def test_the_frames_after_them_get_the_logits_of_the_whole_clip(network, clip):
    whole = numpy_of(network(clip))
    logits, _ = run_window(network, keras.ops.convert_to_tensor(clip), 5, state=None, condition=None, training=False)
    np.testing.assert_allclose(numpy_of(logits)[:, 5:], whole[:, 5:], atol=1e-4)
    assert not numpy_of(logits)[:, :5].any()


def test_each_frame_has_its_own_condition():
    model = build_model("unet_lstm", classes=2, filters=2, condition=3)
    rng = np.random.default_rng(1)
    clip, given = rng.integers(0, 256, (1, 4, 9, 11, 3), dtype="uint8"), rng.normal(size=(1, 4, 3)).astype("float32")
    whole = numpy_of(model(clip, condition=given))
    tensors = [keras.ops.convert_to_tensor(part) for part in (clip, given)]
    logits, _ = run_window(model, tensors[0], 3, state=None, condition=tensors[1], training=False)
    np.testing.assert_allclose(numpy_of(logits)[:, 3:], whole[:, 3:], atol=1e-5)


def test_only_the_frames_after_them_are_trained_on(network, clip):
    labels = np.random.default_rng(0).integers(0, 2, clip.shape[:4]).astype("int32")
    ((_, voided),) = without_labels([(clip, labels)], 5)
    assert (voided[:, :5] == 255).all()
    np.testing.assert_array_equal(voided[:, 5:], labels[:, 5:])
    planes = np.zeros((1, 4, 5, 6, 3), "uint8")  # several classes a pixel
    ((_, voided_planes),) = without_labels([(clip, planes)], 2)
    assert (voided_planes[:, :2] == 255).all() and not voided_planes[:, 2:].any()
    state = fast_forward(network, keras.ops.convert_to_tensor(clip[:, :5]), None)
    loss, weights = CrossEntropy(), network.get_weights()
    expected = float(loss(labels[:, 5:], network(clip[:, 5:], state=state, training=True)))
    network.set_weights(weights)  # the statistics moved
    learner = Learner(network, forward=5)
    learner.compile(optimizer=keras.optimizers.SGD(0.0), loss=CrossEntropy(), jit_compile=False)
    assert learner.train_on_batch(clip, voided)[0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data__timesteps": 4, "training__forward_frames": 4}, "data.timesteps = 4 frames in all"),
        ({"model__name": "unet", "data__timesteps": 4, "training__forward_frames": 2}, "no memory to move on"),
        (
            {"training__forward_frames": 1, "training__unlabelled": "mean_teacher"},
            "does not go with training.unlabelled",
        ),
    ],
)
def test_what_cannot_be_gone_through_is_refused(tiny, settings, words):
    with pytest.raises(ConfigError, match=words) as caught:
        set_up(tiny(**settings))
    assert "\n" not in str(caught.value)


def test_a_run_with_carried_state_goes_through_frames_and_learns(tiny, tmp_path):
    setup = set_up(tiny(data__timesteps=4, training__forward_frames=3, training__carry_state=True))
    inputs, labels = next(iter(setup.batches(0)))
    assert (labels[:, :3] == 255).all()
    assert np.isfinite(setup.learner.train_on_batch(inputs, labels)).all()
