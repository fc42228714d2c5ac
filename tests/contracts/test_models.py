"""What every model in the registry promises, at even and odd sizes. A new preset is tested by being there."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ModelError
from seqseg.models import PRESETS, build_model, load_model, save_model
from tests.compiled import compiled

ODD, EVEN = (21, 29), (32, 16)
TOLERANCE = 1e-5
TINY = {"filters": 4}
"""Options that make a preset small enough to test in a second."""
FOUR_LEVELS = {"name": "plain", "filters": 4, "depths": [1, 1, 1, 1]}
TINY_OF = {
    "atrous_fcn_resnet50_16s": {"backbone": FOUR_LEVELS, "output_stride": None},
    "atrous_fcn_vgg16_16s": {"backbone": FOUR_LEVELS},
    "deeplabv3plus": {"backbone": FOUR_LEVELS, "output_stride": None, "filters": 8},
    "convlstm_s": {"filters": 4, "layers": 2},
    "fast_fcn8": {"width": 8},
    "fc_densenet": {"backbone": FOUR_LEVELS, "units": [1, 1], "growth": 4, "bottleneck": 1, "filters": 4},
    **dict.fromkeys(
        ["fc_densenet56", "fc_densenet67", "fc_densenet103"], {"filters": 4, "units": [1, 2, 1], "growth": 4}
    ),
    "fcn32s": {"backbone": FOUR_LEVELS, "upsampling": "nearest"},
    "fcn16s": {"backbone": FOUR_LEVELS, "upsampling": "depth_to_space"},
    "fcn8s": {"backbone": FOUR_LEVELS, "upsampling": "bilinear_deconv"},
    "fcn4s": {"backbone": FOUR_LEVELS},
    "frame_predictor": {"filters": 2, "kernel_size": 3, "motion": True},
    "fpn": {"backbone": FOUR_LEVELS, "filters": 4, "pyramid_filters": 8},
    # Little noise, so that a first step is seen to help.
    "ladder": {"filters": 4, "depth": 1, "convolutions": 1, "noise": 0.05},
    "linknet": {"backbone": FOUR_LEVELS, "filters": 4, "zero_skips": True},
    "lraspp": {"backbone": FOUR_LEVELS, "output_stride": None, "filters": 8},
    "mobilenetv2_unet": {"alpha": 0.1, "widths": [8, 8, 8, 8]},
    "moving": {"widths": [4, 8, 8], "blocks": [1, 1]},
    "pspnet": {"backbone": FOUR_LEVELS, "output_stride": None, "filters": 8},
    "segmenter": {
        "backbone": {"name": "plain", "filters": 4, "depths": [1, 1, 1]},
        "temporal": {
            "P0": {"name": "convgru", "filters": 3, "residual": True, "warp": True},
            "P2": {"name": "convlstm", "layers": 2, "norm": "group"},
            "logits": {"name": "convlstm", "filters": 2, "warp": True},
        },
    },
}
"""The same for presets that have no `filters`."""

# One process per backend runs this file; the others are held to a sample, since what differs are the operations.
SAMPLE = ["full_lstm", "ladder", "moving", "unet_lstm"]
NAMES = sorted(PRESETS) if keras.backend.backend() == "tensorflow" else SAMPLE
# On the others the one with memories that move, too.
MODELS = NAMES if NAMES is not SAMPLE else [*SAMPLE, pytest.param("segmenter", marks=pytest.mark.slow)]
# Of a family that differs in widths or strides alone, one is trained; slow: all of them.
TWINS = {"atrous_fcn_vgg16_16s", "fc_densenet67", "fc_densenet103", "fcn32s", "fcn16s", "fcn4s"}
# On JAX training is always compiled with XLA; op by op, as it never is, a step takes half a minute.
ON_JAX = keras.backend.backend() == "jax"
PUPILS = [pytest.param(name, marks=pytest.mark.slow) if name in TWINS or ON_JAX else name for name in NAMES]
# XLA takes as long to compile one of these as all other tests take; more of them where training cannot do without it.
XLA_NAMES = [
    name if name in SAMPLE and (ON_JAX or name == "unet_lstm") else pytest.param(name, marks=pytest.mark.slow)
    for name in NAMES
]


def tiny(name, **options):
    keras.utils.set_random_seed(0)
    return build_model(name, **({"classes": 5} | TINY_OF.get(name, TINY) | options))


@pytest.fixture(params=MODELS, scope="module")
def model(request):
    """For tests that only look."""
    return whole_program(unsettled(tiny(request.param)))


@pytest.fixture(params=PUPILS)
def pupil(request):
    """For tests that train it."""
    return unsettled(tiny(request.param))


@pytest.fixture
def clip():
    return clip_of(ODD)


def clip_of(size):
    return np.random.default_rng(0).integers(0, 256, (2, 4, *size, 3), "uint8")


def unsettled(model):
    """Normalization statistics as after some training, so that they cannot hide a difference."""
    rng = np.random.default_rng(1)
    for variable in model.non_trainable_variables:
        if "moving" in variable.path or variable.name in ("mean", "variance"):
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    for variable in model.trainable_variables:
        # of residual memories and of what comes down a ladder, which start at zero
        if "projection/kernel" in variable.path or variable.name == "coefficients":
            variable.assign(rng.uniform(-0.5, 0.5, variable.shape))
    return model


def whole_program(model):
    """Compiled, but where the state holds colours or moves: each program rounds differently, and 255 coarsely."""
    return model if {"background/first", "warp/grey"} & set(model.initial_state_shapes(1, 8, 8)) else compiled(model)


def depth_of(model):
    """Channels of the outputs: a logit a class, or those of the frames that are predicted."""
    return model.card.channels if model.card.head == "frame" else len(model.card.classes)


def numpy_of(tensor):
    return ops.convert_to_numpy(tensor)


def assert_same(ours, theirs, *, model=None):
    """The same; frames that a `model` predicts reach 255, where float32 has no finer steps than 1.5e-5."""
    scale = 255 if model is not None and model.card.head == "frame" else 1
    np.testing.assert_allclose(numpy_of(ours), numpy_of(theirs), atol=TOLERANCE * scale, rtol=0)


@pytest.mark.parametrize(("size", "length"), [(ODD, 1), (ODD, 2), (ODD, 4), (EVEN, 2)])
def test_a_clip_cut_in_chunks_gives_the_same_logits(model, size, length):
    clip = clip_of(size)
    whole, last = model.run(clip)
    parts, state = [], None
    for chunk in np.split(clip, clip.shape[1] // length, axis=1):
        logits, state = model.run(chunk, state)
        parts.append(numpy_of(logits))
    assert_same(np.concatenate(parts, axis=1), whole, model=model)
    assert {name: tensor.shape for name, tensor in state.items()} == {
        name: tensor.shape for name, tensor in last.items()
    }
    for name in state:
        assert_same(state[name], last[name])


def test_a_row_of_a_batch_equals_that_row_alone(model, clip):
    both, _ = model.run(clip)
    alone, _ = model.run(clip[1:])
    assert_same(alone[0], both[1], model=model)


def test_a_saved_and_loaded_model_gives_the_same(model, clip, tmp_path):
    expected, _ = model.run(clip)
    save_model(model, tmp_path / "model.keras")
    again = whole_program(load_model(tmp_path / "model.keras"))
    logits, _ = again.run(clip)
    assert_same(logits, expected)
    assert again.card == model.card


def test_a_call_gives_the_logits_of_run_at_the_size_of_the_frames(model, clip):
    logits = model(clip)
    assert tuple(logits.shape) == (*clip.shape[:-1], depth_of(model))
    assert_same(logits, model.run(clip)[0], model=model)


def test_images_are_clips_of_one_frame(model, clip):
    images = clip[:, 0]
    logits, _ = model.run(images)
    assert tuple(logits.shape) == (*images.shape[:-1], depth_of(model))
    assert_same(logits, model.run(clip[:, :1])[0][:, 0], model=model)


def test_one_frame_at_a_time_equals_the_clip(model, clip):
    whole, _ = model.run(clip)
    state = None
    for t in range(clip.shape[1]):
        logits, state = model.run(clip[:, t], state)
        assert_same(logits, whole[:, t], model=model)


def test_floats_of_0_to_255_are_the_same_as_uint8(model, clip):
    assert_same(model.run(clip.astype("float32"))[0], model.run(clip)[0])


def test_the_initial_state_is_the_fresh_state(model, clip):
    n, _, h, w, _ = clip.shape
    expected, _ = model.run(clip)
    logits, _ = model.run(clip, model.initial_state(n, h, w))
    assert_same(logits, expected)


def test_every_weight_gets_a_gradient(pupil):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("read off TensorFlow's tape; the network is the same")
    import tensorflow as tf

    clip = np.random.default_rng(0).integers(0, 256, (1, 2, 32, 40, 3), "uint8")
    with tf.GradientTape() as tape:
        # With what the model adds itself: a ladder's way down leads to its denoising costs alone.
        loss = tf.reduce_mean(pupil(clip, training=True) ** 2) + sum(pupil.losses)
    gradients = tape.gradient(loss, pupil.trainable_variables)
    still = [v.path for v, g in zip(pupil.trainable_variables, gradients, strict=True) if g is None or not np.any(g)]
    assert not still


def test_a_step_of_training_compiles(pupil):
    assert_trains(pupil, jit_compile=False)


@pytest.mark.parametrize("name", XLA_NAMES)
def test_a_step_of_training_compiles_with_xla(name):
    if keras.backend.backend() == "torch":
        pytest.skip("torch.compile fails on convolution gradients of dynamic shape (upstream)")
    assert_trains(unsettled(tiny(name)), jit_compile=True)


def assert_trains(pupil, *, jit_compile):
    clip = np.random.default_rng(0).integers(0, 256, (2, 2, 24, 20, 3), "uint8")
    if pupil.card.head == "frame":
        labels, loss = np.zeros((2, 2, 24, 20, 3), "float32"), keras.losses.MeanSquaredError()
    else:
        labels = np.zeros((2, 2, 24, 20), "int32")
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # The plainest optimizer, built beforehand: tracing one that adapts takes longer than tracing the network.
    optimizer = keras.optimizers.SGD(1e-3 / 255**2 if pupil.card.head == "frame" else 1e-3)
    optimizer.build(pupil.trainable_variables)
    pupil.compile(optimizer, loss, jit_compile=jit_compile)
    first = pupil.train_on_batch(clip, labels)
    assert np.isfinite(first)
    assert pupil.train_on_batch(clip, labels) < first


@pytest.mark.parametrize(("name", "channels"), [*((name, 4) for name in NAMES), *((name, 1) for name in SAMPLE)])
def test_any_number_of_channels(name, channels):
    model = whole_program(tiny(name, classes=2, channels=channels))
    logits, _ = model.run(np.zeros((1, 2, 33, 17, channels), "uint8"))
    assert tuple(logits.shape) == (1, 2, 33, 17, depth_of(model))


def test_a_clip_of_other_channels_is_refused(model):
    with pytest.raises(ModelError, match=r"\(1, 2, 8, 8, 4\)"):
        model.run(np.zeros((1, 2, 8, 8, 4), "uint8"))


def test_a_single_pixel_is_a_picture_too(model):
    logits, _ = model.run(np.zeros((1, 2, 1, 1, 3), "uint8"))
    assert tuple(logits.shape) == (1, 2, 1, 1, depth_of(model))
