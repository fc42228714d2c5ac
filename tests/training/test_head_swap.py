"""Trained on COCO, gone on with on VOC: encoder and decoder are taken over, the head is new where the classes are."""

import keras
import numpy as np
import pytest
from PIL import Image

from seqseg.config import load_experiment
from seqseg.models import save_model
from seqseg.models.weights import score_paths, variables_by_path
from seqseg.training.setup import set_up
from tests.data.coco_sets import annotation, square, write_coco


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """(COCO with a person, VOC with a person), a picture each for train and val."""
    coco, voc = tmp_path_factory.mktemp("coco"), tmp_path_factory.mktemp("voc")
    for split in ("train", "val"):
        write_coco(coco, [annotation(1, 1, 1, square(2, 2, 9))], size=(29, 19), split=split)
        for folder in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
            (voc / folder).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (29, 19)).save(voc / "JPEGImages" / f"{split}_1.jpg")
        Image.new("L", (29, 19), 15).save(voc / "SegmentationClass" / f"{split}_1.png")
        (voc / "ImageSets/Segmentation" / f"{split}.txt").write_text(f"{split}_1\n")
    return f"coco:{coco}", f"voc:{voc}"


def network_on(source, **more):
    settings = {"data.source": source, "data.timesteps": 1, "model.name": "simple", "model.filters": 2}
    setup = set_up(load_experiment(overrides=settings | more))
    values = {path: keras.ops.convert_to_numpy(one) for path, one in variables_by_path(setup.network).items()}
    return setup, values


@pytest.mark.parametrize(("map_name", "new_head"), [("none", True), ("coco_to_voc", False)])
def test_encoder_and_decoder_are_cocos_and_the_head_is_new_unless_the_classes_are_alike(
    sources, tmp_path, map_name, new_head
):
    coco, voc = sources
    before, theirs = network_on(coco, **{"data.map": map_name, "training.seed": 1})
    save_model(before.network, tmp_path / "coco.keras")
    start = {"training.initial_weights": str(tmp_path / "coco.keras"), "training.initial_match": "matching"}
    after, ours = network_on(voc, **start)
    head = set(score_paths(ours))
    assert head == {"head/kernel", "head/bias"}
    for path in set(ours) - head:
        np.testing.assert_array_equal(ours[path], theirs[path])
    assert (ours["head/kernel"].shape == theirs["head/kernel"].shape) is not new_head
    if not new_head:
        np.testing.assert_array_equal(ours["head/kernel"], theirs["head/kernel"])
    [note] = [note for note in after.notes if "coco.keras" in note]
    assert ("new: head/kernel, head/bias; its classes differ" in note) is new_head
