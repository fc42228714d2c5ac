"""Scores from steps whose answers are known, and both ways of scoring against each other."""

import json

import numpy as np
import pytest

from seqseg.data import VideoSet, open_data
from seqseg.data.video import Video
from seqseg.errors import DataError
from seqseg.evaluation.evaluate import evaluate_clips, evaluate_deployed
from seqseg.evaluation.scores.result import Evaluation, write_worst
from seqseg.models import build_model

CLASSES = ("sky", "road", "car")


def video(masks, name="one"):
    """Frames that hold their own mask in red, so that a step can read it."""
    masks = [None if mask is None else np.array(mask, "uint8") for mask in masks]
    known = next(mask for mask in masks if mask is not None)
    frames = [np.repeat((known if mask is None else mask)[..., None], 3, axis=-1) for mask in masks]
    return Video(name, frames, masks)


def video_set(*videos):
    return VideoSet("made", "val", videos, CLASSES, np.zeros((3, 3), "uint8"))


def seeing(image, state):
    return np.where(image[..., 0] == 255, 0, image[..., 0]), state


def always_sky(image, state):
    return np.zeros(image.shape[:2], "uint8"), state


def test_a_step_that_sees_the_truth_scores_one():
    data = video_set(video([[[0, 1, 1]], [[255, 1, 0]]]))
    assert evaluate_deployed(seeing, data).miou == 1


def test_one_confusion_matrix_over_the_set_and_no_mean_of_means():
    data = video_set(video([[[0, 0, 0, 1]]]), video([[[1, 1, 255, 255]]], name="two"))
    evaluation = evaluate_deployed(always_sky, data)
    np.testing.assert_allclose(evaluation.iou, [3 / 6, 0, np.nan])
    assert evaluation.miou == pytest.approx(0.25) and evaluation.pixel_accuracy == pytest.approx(0.5)


def test_frames_without_labels_are_stepped_through_but_not_counted():
    stepped = []

    def counting(image, state):
        stepped.append(state)
        return seeing(image, (state or 0) + 1)

    data = video_set(video([None, [[0, 1]], None, [[1, 1]]]))
    assert evaluate_deployed(counting, data).frames == 2
    assert stepped == [None, 1, 2, 3]


def test_every_video_starts_from_a_fresh_memory():
    states = []

    def remembering(image, state):
        states.append(state)
        return seeing(image, "memory")

    evaluate_deployed(remembering, video_set(video([[[0]]] * 2), video([[[1]]], name="two")))
    assert states == [None, "memory", None]


def test_the_worst_frames_come_first():
    data = video_set(video([[[0, 0, 0, 1]], [[1, 1, 1, 1]], [[0, 0, 0, 0]], [[0, 1, 1, 1]]]))
    worst = evaluate_deployed(always_sky, data, worst=3).worst
    assert [(frame.video, frame.index) for frame in worst] == [("one", 1), ("one", 3), ("one", 0)]
    assert [frame.iou for frame in worst] == pytest.approx([0, 0.125, 0.375])


def test_pictures_of_the_worst_frames_are_named_by_place_video_frame_and_score(tmp_path):
    data = video_set(video([[[0, 0, 0, 1]], [[1, 1, 1, 1]]], name="val/clip"))
    paths = write_worst(evaluate_deployed(always_sky, data), data, tmp_path / "worst")
    assert [path.name for path in paths] == ["01_clip_00001_iou0.000.png", "02_clip_00000_iou0.375.png"]
    assert all(path.is_file() for path in paths)


def test_nothing_labelled_is_nothing_to_score():
    with pytest.raises(DataError, match="no pixel of made is labelled in its val split"):
        evaluate_deployed(always_sky, video_set(video([[[255, 255]]])))


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(DataError, match=r"labels are \(1, 2\), but the step gave a mask \(2, 1\)"):
        evaluate_deployed(lambda image, state: (np.zeros((2, 1), "uint8"), state), video_set(video([[[0, 1]]])))


@pytest.fixture(scope="module")
def model():
    return build_model("unet_lstm", classes=open_data("shapes:videos=1").classes, filters=2)


def test_a_clip_as_long_as_the_video_scores_as_deployed(model):
    data = open_data("shapes:videos=2,frames=3,size=19x29", split="val")

    def step(image, state):
        logits, state = model.run(image[None], state)
        return np.asarray(logits)[0].argmax(-1).astype("uint8"), state

    deployed, clips = evaluate_deployed(step, data), evaluate_clips(model, data, timesteps=3)
    np.testing.assert_array_equal(clips.confusion, deployed.confusion)


@pytest.mark.parametrize("timesteps", [2, 4])
def test_every_frame_counts_once_however_the_clips_fall(model, timesteps):
    data = open_data("shapes:videos=2,frames=3,size=19x29", split="val")
    evaluation = evaluate_clips(model, data, timesteps=timesteps)
    labelled = sum(int((video.mask(i) != 255).sum()) for video in data.videos for i in range(3))
    assert evaluation.frames == 6 and evaluation.confusion.sum() == labelled


def test_labels_are_scored_at_their_own_size_whatever_size_the_net_works_at(model):
    data = open_data("shapes:videos=1,frames=2,size=37x53", split="val")
    evaluation = evaluate_clips(model, data, timesteps=2, size=(19, 29))
    assert evaluation.confusion.sum() == sum(int((data.videos[0].mask(i) != 255).sum()) for i in range(2))
    assert evaluation.worst[0].prediction.shape == (37, 53)


def test_a_model_of_other_classes_is_refused(model):
    with pytest.raises(DataError, match="the model knows background.*, but made has sky, road, car"):
        evaluate_clips(model, video_set(video([[[0]]])), timesteps=1)


EVALUATION = Evaluation(CLASSES, np.array([[6, 2, 0], [1, 3, 0], [0, 0, 0]]), 3, [])


def test_the_table_shows_the_best_class_first_and_absent_ones_last():
    lines = EVALUATION.table().splitlines()
    assert [line.split()[:2] for line in lines[1:4]] == [["sky", "66.7"], ["road", "50.0"], ["car", "–"]]
    assert lines[4].startswith("mIoU 58.3   pixel accuracy 75.0   mean accuracy 75.0   3 frames")
    assert lines[5] == "1 of 3 classes neither labelled nor predicted (–): left out of the means"


def test_the_columns_of_the_table_are_under_their_names():
    lines = EVALUATION.table().splitlines()
    ends = [lines[0].index(name) + len(name) for name in ("IoU", "accuracy", "labelled")]
    for line in lines[1:3]:
        assert all(line[end - 1].isdigit() and not line[end : end + 1].strip() for end in ends)


def flickering(image, state):
    """Right in every other frame, and one class further in those between."""
    mask, _ = seeing(image, None)
    return ((mask + 1) % 3 if state else mask).astype("uint8"), not state


def test_flicker_is_counted_between_neighbouring_labelled_frames_of_a_video():
    moving = video([[[0, 0, 1, 255]], [[0, 1, 1, 255]], None, [[0, 1, 1, 0]]])
    evaluation = evaluate_deployed(flickering, video_set(moving, video([[[0, 0, 0, 0]]], name="two")))
    assert [tuple(counts.flicker) for counts in evaluation.videos] == [(2, 2), (0, 0)]
    assert evaluation.flicker == 1


def test_frames_that_follow_the_truth_do_not_flicker():
    evaluation = evaluate_deployed(seeing, video_set(video([[[0, 1]], [[1, 1]], [[1, 0]]])))
    assert evaluation.flicker == 0 and "flicker 0.00" in evaluation.table()


def test_where_nothing_could_flicker_it_is_no_number():
    evaluation = evaluate_deployed(seeing, video_set(video([[[0, 1]]])))
    assert evaluation.to_dict()["flicker"] is None and "flicker" not in evaluation.table()


def test_dice_and_weighted_iou_by_hand():
    assert EVALUATION.mean_dice == pytest.approx((12 / 15 + 6 / 9) / 2)
    assert EVALUATION.frequency_weighted_iou == pytest.approx((8 * 6 / 9 + 4 * 3 / 6) / 12)
    assert EVALUATION.table().splitlines()[-1] == "mean Dice 73.3   frequency-weighted IoU 61.1"


def test_videos_that_are_all_alike_leave_no_doubt_about_any_score():
    masks = [[[0, 0, 1, 2]], [[0, 1, 1, 2]]]
    evaluation = evaluate_deployed(always_sky, video_set(*(video(masks, name=str(i)) for i in range(4))))
    for name in ("miou", "pixel_accuracy", "mean_accuracy", "mean_dice", "frequency_weighted_iou", "flicker"):
        assert evaluation.intervals[name] == pytest.approx((getattr(evaluation, name),) * 2), name


def test_error_bars_span_what_single_videos_score():
    data = video_set(*(video([[[0] * (5 - wrong) + [1] * wrong]], name=str(wrong)) for wrong in range(1, 5)))
    evaluation = evaluate_deployed(always_sky, data)
    low, high = evaluation.intervals["pixel_accuracy"]
    assert 0.2 <= low < evaluation.pixel_accuracy < high <= 0.8
    assert "95 % bootstrap over 4 videos: mIoU " in evaluation.table()
    assert evaluation.to_dict()["intervals"]["pixel_accuracy"] == [low, high]


def test_one_video_has_no_error_bars():
    evaluation = evaluate_deployed(always_sky, video_set(video([[[0, 1]], [[0, 0]]])))
    assert evaluation.intervals == {} and "bootstrap" not in evaluation.table()


def test_every_video_has_its_own_scores():
    data = video_set(video([[[0, 0]], [[0, 1]]]), video([[[1, 1]]], name="two"))
    scores = evaluate_deployed(always_sky, data).to_dict()["videos"]
    assert scores[0] == {"name": "one", "frames": 2, "miou": pytest.approx(0.375), "flicker": 0.0}
    assert scores[1] == {"name": "two", "frames": 1, "miou": 0.0, "flicker": None}


def test_as_json_it_is_plain_and_absent_classes_are_null():
    scores = json.loads(json.dumps(EVALUATION.to_dict()))
    assert scores["iou"] == [pytest.approx(6 / 9), 0.5, None]
    assert scores["confusion"] == [[6, 2, 0], [1, 3, 0], [0, 0, 0]]
