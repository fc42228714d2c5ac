import dataclasses

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.inference import Predictor
from seqseg.inference.ensemble import Ensemble
from seqseg.models import build_model

FRAMES = np.random.default_rng(0).integers(0, 256, (3, 31, 45, 3), "uint8")


def small(seed, **options):
    keras.utils.set_random_seed(seed)
    model = build_model("shallow_lstm", classes=4, filters=4, **options)
    model.card = dataclasses.replace(model.card, timesteps=2, size=(24, 32))
    return model


def run(step):
    state, masks = None, []
    for frame in FRAMES:
        mask, state = step(frame, state)
        masks.append(mask)
    return np.stack(masks)


def test_one_model_and_one_view_is_the_predictor():
    model = small(0)
    np.testing.assert_array_equal(run(Ensemble([model]).step), run(Predictor(model, size="trained").step))


def test_two_models_and_their_mirrored_views_are_averaged_with_a_memory_each():
    models = [small(0), small(1)]
    clips = np.stack([FRAMES, FRAMES[:, :, ::-1]])
    shares = [ops.convert_to_numpy(ops.softmax(model(clips))) for model in models]
    mean = sum(one[0] + one[1][:, :, ::-1] for one in shares) / 4
    ensemble = Ensemble(models, flip=True, size=None)
    assert ensemble.views == 4
    masks, two = run(ensemble.step), np.sort(mean, -1)[..., -2:]
    sure = two[..., 1] - two[..., 0] > 1e-4
    assert sure.mean() > 0.9
    np.testing.assert_array_equal(masks[sure], mean.argmax(-1)[sure])


def test_a_scale_is_the_network_at_another_size():
    model = small(0)
    twice = Ensemble([model], scales=[2.0]).step(FRAMES[0])[0]
    resizing = dataclasses.replace(Predictor(model, size="trained").resizing, size=(48, 64))
    np.testing.assert_array_equal(twice, Predictor(model, size=resizing).step(FRAMES[0])[0])


def test_several_labels_a_pixel_are_those_above_one_half():
    planes = Ensemble([small(0, head="multi_label")], flip=True).step(FRAMES[0])[0]
    assert planes.shape == (31, 45, 4) and set(np.unique(planes)) <= {0, 1}


def test_what_cannot_be_averaged_is_one_line():
    with pytest.raises(ModelError, match="need the same classes"):
        Ensemble([small(0), build_model("simple", classes=2, filters=2)])
    with pytest.raises(ConfigError, match="a scale is from 0.25 to 4, got 9"):
        Ensemble([small(0)], scales=[9.0])
    with pytest.raises(ModelError, match="predicts frames"):
        Ensemble([build_model("frame_predictor", filters=2, depth=1)])
