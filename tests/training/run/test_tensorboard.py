"""Event files as TensorBoard itself reads them."""

import numpy as np
import pytest

from seqseg.evaluation.pictures import encode_png
from seqseg.training.run.tensorboard import EventFile

pytest.importorskip("tensorboard", reason="reads the files with TensorBoard's own reader")


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder)).Reload()


def test_curves_come_back(tmp_path):
    with EventFile(tmp_path / "events", step=0) as events:
        for epoch in (1, 2):
            events.scalars(epoch, {"loss/train": 1 / epoch, "miou/train": epoch / 4})
    scalars = read(tmp_path / "events").Scalars("loss/train")
    assert [(entry.step, entry.value) for entry in scalars] == [(1, 1.0), (2, 0.5)]


def test_pictures_come_back(tmp_path):
    image = np.zeros((5, 7, 3), "uint8")
    with EventFile(tmp_path / "events", step=0) as events:
        events.picture(1, "sample", image, encode_png(image))
    [picture] = read(tmp_path / "events").Images("sample")
    assert (picture.height, picture.width, picture.encoded_image_string) == (5, 7, encode_png(image))


def test_epochs_done_again_after_a_resume_are_there_once(tmp_path):
    with EventFile(tmp_path / "events", step=0) as events:
        for epoch in (1, 2, 3):
            events.scalars(epoch, {"loss/train": epoch})
    with EventFile(tmp_path / "events", step=1) as events:
        events.scalars(2, {"loss/train": 20})
    assert [(entry.step, entry.value) for entry in read(tmp_path / "events").Scalars("loss/train")] == [(1, 1), (2, 20)]
