"""How steady an evaluation finds masks whose steadiness is known."""

import numpy as np
import pytest

from seqseg.data import VideoSet, open_data
from seqseg.data.video import Video
from seqseg.errors import DataError
from seqseg.evaluation.consistency import measure_consistency
from seqseg.evaluation.evaluate import evaluate_clips, evaluate_deployed
from seqseg.metrics import video_consistency
from seqseg.models import build_model

CLASSES = ("dark", "bright")
SIZE = (33, 47)


def drifting(frames, name="one", *, labels=True, by=2):
    """A smooth texture that moves to the right; bright where it is above its middle."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1] + by * frames]
    waves = np.sin(rows / 5) + np.sin(columns / 7) + np.sin((rows + 2 * columns) / 9)
    picture = np.repeat(((waves + 3) * 42).astype("uint8")[..., None], 3, axis=-1)
    images = [picture[:, by * (frames - i) :][:, : SIZE[1]] for i in range(frames)]
    return Video(name, images, [following(image, None)[0] if labels else None for image in images])


def still(frames, name="still"):
    """One picture, again and again."""
    one = drifting(1)
    return Video(name, [one.frame(0)] * frames, [one.mask(0)] * frames)


def video_set(*videos):
    return VideoSet("made", "val", videos, CLASSES, np.zeros((2, 3), "uint8"))


def following(image, state):
    return (image[..., 0] > 126).astype("uint8"), state


def slipping(image, state):
    """Right, but for one pixel in every tenth frame."""
    mask, frame = following(image, None)[0], state or 0
    mask[0, 0] ^= frame % 10 == 9
    return mask, frame + 1


def test_it_is_measured_only_when_asked_for():
    data = video_set(still(9))
    evaluation = evaluate_deployed(following, data)
    assert evaluation.steadiness is None and "TC" not in evaluation.table()
    assert [evaluation.to_dict()[name] for name in ("tc", "vc8", "vc16")] == [None] * 3


def test_tc_is_that_of_a_step_measured_without_labels():
    data = video_set(drifting(12), drifting(3, "two"))
    measured = evaluate_deployed(slipping, data, temporal=True).steadiness
    assert measured.videos == measure_consistency(slipping, data).videos
    assert 0.9 < measured.tc < 1 and measured.tc_interval.low <= measured.tc <= measured.tc_interval.high


def test_vc_is_that_of_the_whole_video():
    data = video_set(still(20), drifting(18, "two"))
    measured = evaluate_deployed(slipping, data, temporal=True).steadiness
    expected = []
    for video in data.videos:
        state, masks = None, []
        for image in video.frames:
            mask, state = slipping(image, state)
            masks.append(mask)
        expected.append(video_consistency(video.masks, np.stack(masks), frames=8))
    np.testing.assert_array_equal(measured.clips[8], np.concatenate(expected))
    assert measured.vc(8) == pytest.approx(np.nanmean(np.concatenate(expected)))


def test_vc_by_hand():
    """Of 20 frames 13 runs of 8; frame 9 is in 8 of them and frame 19 in the last, each with one pixel wrong."""
    measured = evaluate_deployed(slipping, video_set(still(20)), temporal=True).steadiness
    pixels = SIZE[0] * SIZE[1]
    assert measured.vc(8) == pytest.approx(1 - 9 / 13 / pixels)
    assert measured.vc(16) == pytest.approx(1 - 1 / pixels)


def test_videos_without_labels_count_for_tc_and_not_for_vc():
    data = video_set(still(9), drifting(9, "unlabelled", labels=False))
    measured = evaluate_deployed(following, data, temporal=True).steadiness
    assert list(measured.videos) == ["still", "unlabelled"]
    np.testing.assert_array_equal(measured.clips[8], [1, 1, np.nan, np.nan])
    assert measured.vc(8) == 1


def test_videos_too_short_for_a_run_have_no_vc():
    evaluation = evaluate_deployed(following, video_set(still(7)), temporal=True)
    assert "TC 100.0   VC8 –   VC16 –" in evaluation.table()
    assert evaluation.to_dict()["tc"] == 1 and evaluation.to_dict()["vc8"] is None


def test_it_is_in_the_table_and_json():
    evaluation = evaluate_deployed(slipping, video_set(still(20), drifting(20, "two")), temporal=True)
    scores, table = evaluation.to_dict(), evaluation.table()
    assert f"TC {100 * scores['tc']:.1f}   VC8 {100 * scores['vc8']:.1f}   VC16 {100 * scores['vc16']:.1f}" in table
    assert "TC " in table.splitlines()[-1] and len(scores["intervals"]["tc"]) == 2
    assert [video["tc"] for video in scores["videos"]] == list(evaluation.steadiness.videos.values())


def test_a_step_may_write_its_masks_into_the_same_memory():
    shared = np.zeros(SIZE, "uint8")

    def reusing(image, state):
        shared[:], state = slipping(image, state)
        return shared, state

    data = video_set(still(12))
    assert (
        evaluate_deployed(reusing, data, temporal=True).to_dict()
        == evaluate_deployed(slipping, data, temporal=True).to_dict()
    )


def test_clips_as_long_as_the_video_are_as_steady_as_deployed():
    data = open_data("shapes:videos=2,frames=9,size=33x47", split="val")
    model = build_model("unet_lstm", classes=data.classes, filters=2)

    def step(image, state):
        logits, state = model.run(image[None], state)
        return np.asarray(logits)[0].argmax(-1).astype("uint8"), state

    deployed = evaluate_deployed(step, data, temporal=True).steadiness
    clips = evaluate_clips(model, data, timesteps=9, temporal=True).steadiness
    assert clips.videos == pytest.approx(deployed.videos, abs=1e-3)
    assert clips.vc(8) == pytest.approx(deployed.vc(8), abs=1e-3)


def test_frames_too_small_for_flow_are_refused():
    data = VideoSet("made", "val", (Video("one", [np.zeros((4, 5, 3), "uint8")] * 2, [np.zeros((4, 5), "uint8")] * 2),),
                    CLASSES, np.zeros((2, 3), "uint8"))  # fmt: skip
    with pytest.raises(DataError, match="at least 16x16, got 4x5"):
        evaluate_deployed(following, data, temporal=True)
