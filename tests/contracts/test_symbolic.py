"""Every model takes symbolic inputs of unknown sizes, so that Keras' models, files and exports can hold it."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ModelError
from seqseg.models import PRESETS
from tests.contracts.test_models import SAMPLE, clip_of, depth_of, tiny, unsettled

CLIP = clip_of((21, 29))
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
LONG_ON_JAX = pytest.mark.slow if keras.backend.backend() == "jax" else lambda test: test
# What depends on the size is in these; slow: all others.
QUICK = ["convlstm_s", "fcn8s", "frame_predictor", "ladder", "pspnet", "segmenter", "segnet", "unet_lstm"]
NAMES = sorted(PRESETS) if ON_TENSORFLOW else SAMPLE
TRACED = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]


@pytest.fixture(scope="module")
def unet_lstm():
    return unsettled(tiny("unet_lstm"))


@pytest.mark.parametrize("name", NAMES)
def test_a_symbolic_call_keeps_what_is_known_of_the_size(name):
    model = tiny(name)
    for shape in [(None, None, None, 3), (4, None, None, 3), (None, 21, 29, 3), (None, None, 3)]:
        outputs = model(keras.Input(shape, dtype="uint8"))
        assert outputs.shape == (None, *shape[:-1], depth_of(model))
        assert outputs.dtype == "float32"


def test_symbolic_clips_of_other_channels_are_refused(unet_lstm):
    with pytest.raises(ModelError, match=r"\(n, t, h, w, 3\)"):
        unet_lstm(keras.Input((None, None, None, 4)))


@pytest.mark.skipif(not ON_TENSORFLOW, reason="only TensorFlow's graphs know sizes no sooner than they run")
@pytest.mark.parametrize("name", TRACED)
def test_a_graph_of_unknown_sizes_gives_what_known_sizes_give(name):
    import tensorflow as tf

    model = unsettled(tiny(name))
    unknown = tf.function(
        lambda clip: model(clip), input_signature=[tf.TensorSpec((None, None, None, None, 3), "uint8")], autograph=False
    )
    scale = 255 if model.card.head == "frame" else 1
    if getattr(model, "motion", False):  # the motion of noise multiplies rounding
        scale *= 100
    for clip in (CLIP, CLIP[:1, :1, :8, :13]):
        np.testing.assert_allclose(unknown(clip), model(clip), atol=1e-5 * scale, rtol=0)


def test_a_keras_model_around_it_is_summed_up_saved_and_read(unet_lstm, tmp_path):
    frames = keras.Input((None, None, None, 3), dtype="uint8")
    whole = keras.Model(frames, keras.layers.Softmax()(unet_lstm(frames)))
    lines = []
    whole.summary(print_fn=lambda line, **_: lines.append(line))
    assert "(None, None, None" in "\n".join(lines)
    expected = ops.softmax(unet_lstm(CLIP))
    np.testing.assert_allclose(whole.predict(CLIP, verbose=0), ops.convert_to_numpy(expected), atol=1e-5)
    whole.save(tmp_path / "whole.keras")
    again = keras.saving.load_model(tmp_path / "whole.keras")
    np.testing.assert_allclose(ops.convert_to_numpy(again(CLIP)), ops.convert_to_numpy(expected), atol=1e-5)


def test_a_step_with_its_state_is_a_keras_model_too():
    model = unsettled(tiny("unet_lstm"))
    frame = keras.Input((None, None, 3), dtype="uint8", name="frame")
    shapes = model.initial_state_shapes(None, None, None)
    # Keras takes no "/" in the name of an input.
    state = {name: keras.Input(shape[1:], name=name.replace("/", "_")) for name, shape in shapes.items()}
    logits, after = model(frame, state=state, return_state=True)
    step = keras.Model([frame, *state.values()], [logits, *after.values()])
    values = list(model.initial_state(2, 21, 29).values())
    for t in range(4):
        logits, *values = step([ops.convert_to_tensor(CLIP[:, t]), *values])
    expected, last = model.run(CLIP)
    np.testing.assert_allclose(ops.convert_to_numpy(logits), ops.convert_to_numpy(expected)[:, -1], atol=1e-5)
    for ours, theirs in zip(values, last.values(), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(ours), ops.convert_to_numpy(theirs), atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch exports no SavedModel")
@LONG_ON_JAX
@pytest.mark.filterwarnings("ignore:The `native_serialization` parameter:DeprecationWarning")  # Keras' call of JAX
def test_an_export_by_keras_runs_on_clips_of_any_length_and_size(unet_lstm, tmp_path):
    tensorflow = pytest.importorskip("tensorflow")
    frames = keras.Input((None, None, None, 3), dtype="uint8")
    keras.Model(frames, unet_lstm(frames)).export(tmp_path / "exported", verbose=False)
    exported = tensorflow.saved_model.load(tmp_path / "exported")
    for clip in (CLIP, CLIP[:1, :3, :9, :16]):
        np.testing.assert_allclose(exported.serve(clip), ops.convert_to_numpy(unet_lstm(clip)), atol=1e-5)


def test_a_plot_of_a_model_around_it_is_drawn(unet_lstm, tmp_path):
    pytest.importorskip("pydot", reason="plot_model needs pydot, and graphviz")
    if not keras.utils.model_visualization.check_graphviz():
        pytest.skip("plot_model needs graphviz beside pydot")
    frames = keras.Input((None, None, None, 3))
    keras.utils.plot_model(keras.Model(frames, unet_lstm(frames)), tmp_path / "plot.png", show_shapes=True)
    assert (tmp_path / "plot.png").stat().st_size > 1000
