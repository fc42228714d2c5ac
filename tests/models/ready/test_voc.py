"""The ready model `voc` on photographs with labels that it has not learned from."""

import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.evaluation.evaluate import evaluate_deployed
from seqseg.inference import Predictor
from seqseg.models import load_model


@pytest.mark.slow
def test_voc_scores_at_least_72_on_vocs_validation_pictures(shared_data):
    step = Predictor(load_model("voc"), size="trained").step
    assert evaluate_deployed(step, open_data(f"voc:{shared_data / 'voc'}", split="val")).miou >= 0.72


def test_voc_finds_the_cat_on_the_picture_of_a_cat(shared_data):
    model = load_model("voc")
    cat = model.card.classes.index("cat")
    videos = open_data(f"voc:{shared_data / 'voc'}", split="val").videos
    image, labels = next(video.pair(0) for video in videos if np.mean(video.mask(0) == cat) > 0.2)
    mask, _ = Predictor(model, size="trained").step(image)
    found, there = (mask == cat) & (labels != 255), labels == cat
    assert (found & there).sum() / (found | there).sum() > 0.8
