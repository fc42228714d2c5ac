"""Batches: which frames are in them, and that they depend on their number alone."""

import itertools

import numpy as np
import pytest

from seqseg.data import VOID, Video, VideoSet, open_data
from seqseg.data.augment.augmentation import Augmentation
from seqseg.data.augment.time_warp import TimeWarp
from seqseg.data.clips.pipeline import clip_batches, clip_steps, feed, stream_batches, stream_steps
from seqseg.errors import ConfigError, DataError


def numbered(*lengths, size=(6, 10)):
    """Videos whose every pixel says 20 times the video's number plus the frame's, in the image and in the mask."""
    videos = []
    for number, length in enumerate(lengths):
        values = (20 * number + np.arange(length)).astype(np.uint8)[:, None, None] * np.ones((1, *size), np.uint8)
        videos.append(Video(str(number), np.repeat(values[..., None], 3, axis=-1), values))
    return VideoSet("numbered", "train", tuple(videos), ("a", "b"), np.zeros((2, 3), np.uint8))


def frame_numbers(clips):
    return clips[:, :, 0, 0, 0].astype(int)


@pytest.fixture(scope="module")
def shapes():
    return open_data("shapes:videos=3,frames=9,size=45x61")


def equal(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_batch_is_clips_and_labels_in_bytes(shapes):
    clips, labels = clip_batches(shapes, timesteps=4, batch=2, augment=Augmentation())[0]
    assert clips.shape == (2, 4, 45, 61, 3) and clips.dtype == np.uint8
    assert labels.shape == (2, 4, 45, 61) and labels.dtype == np.uint8


@pytest.mark.parametrize("threads", [1, 4])
def test_batch_i_is_the_same_from_the_set_and_from_any_number_of_threads(shapes, threads):
    dataset = clip_batches(shapes, timesteps=4, batch=2, seed=3, augment=Augmentation())
    for index, batch in enumerate(itertools.islice(feed(dataset, threads=threads), 6)):
        equal(batch, dataset[index])


def test_feeding_from_number_i_begins_with_batch_i(shapes):
    dataset = clip_batches(shapes, timesteps=4, batch=2, seed=3, augment=Augmentation())
    for index, batch in enumerate(itertools.islice(feed(dataset, start=7), 2), start=7):
        equal(batch, dataset[index])


EVERYTHING_ON = Augmentation(
    flip_vertical=0.5, shear=10.0, perspective=0.1, elastic=(2.0, 8.0), hue=20.0, saturation=0.3, blur=1.0, noise=8.0,
    jpeg=(30, 90), cutout=0.3, crop=(32, 40), balanced_crop=0.5, copy_paste=0.7, paste_classes=(1, 2),
    time=TimeWarp(speed=(0.5, 5.0), reverse=0.5, pause=0.5, drop=0.2, noise_frame=0.3),
)  # fmt: skip


@pytest.fixture(scope="module")
def all_batches(shapes):
    dataset = clip_batches(shapes, timesteps=4, batch=2, seed=3, augment=EVERYTHING_ON)
    return dataset, [dataset[index] for index in range(8)]


@pytest.mark.parametrize("threads", [1, 4])
def test_with_everything_on_the_batches_are_the_same_from_any_number_of_threads(all_batches, threads):
    dataset, wanted = all_batches
    for batch, other in zip(feed(dataset, threads=threads), wanted, strict=False):
        equal(batch, other)


def test_with_everything_on_a_resumed_feed_goes_on_with_the_same_batches(shapes, all_batches):
    anew = clip_batches(shapes, timesteps=4, batch=2, seed=3, augment=EVERYTHING_ON)
    for batch, other in zip(feed(anew, start=5, threads=4), all_batches[1][5:], strict=False):
        equal(batch, other)


def test_with_everything_on_no_two_passes_are_alike(shapes):
    dataset = clip_batches(shapes, timesteps=9, batch=3, seed=3, augment=EVERYTHING_ON)
    assert (dataset[0][0] != dataset[1][0]).any()


def test_a_clip_at_another_speed_keeps_labels_with_frames_and_within_a_video():
    still = {"flip": 0.0, "scale": (1.0, 1.0), "rotate": 0.0, "shift": 0.0, "colour": 0.0}
    augment = Augmentation(**still, time=TimeWarp(speed=(0.3, 4.0), reverse=0.5, pause=0.5, drop=0.3))
    dataset = clip_batches(numbered(9, 12, 15), timesteps=4, batch=4, augment=augment)
    for index in range(20):
        clips, labels = dataset[index]
        np.testing.assert_array_equal(clips[..., 0], labels)
        assert (np.ptp(frame_numbers(clips) // 20, axis=1) == 0).all()


def test_only_frames_of_the_clip_are_read():
    class Counted:
        def __init__(self, frames):
            self.frames, self.read = frames, []

        def __len__(self):
            return len(self.frames)

        def __getitem__(self, index):
            self.read.append(index)
            return self.frames[index]

    frames = Counted(np.zeros((40, 6, 10, 3), np.uint8))
    data = VideoSet("one", "train", (Video("one", frames),), ("a", "b"), np.zeros((2, 3), np.uint8))
    slow = Augmentation(time=TimeWarp(speed=(0.5, 0.5)))
    dataset = clip_batches(data, timesteps=6, batch=1, size=(6, 10), augment=slow, shuffle=False)
    frames.read.clear()
    dataset[1]
    assert frames.read == [6, 7, 8]


def test_a_damaged_frame_keeps_its_label():
    augment = Augmentation(flip=0, scale=(1, 1), rotate=0, shift=0, colour=0, time=TimeWarp(noise_frame=1.0))
    clips, labels = clip_batches(numbered(4), timesteps=4, batch=1, augment=augment)[0]
    assert labels[0, :, 0, 0].tolist() == [0, 1, 2, 3]
    spoilt = (clips[0, ..., 0] != labels[0]).any((1, 2))
    assert not spoilt[3] and 1 <= spoilt.sum() <= 2


def test_objects_of_another_video_are_pasted_in_step():
    """Video 1 shows a bar of class 1 that moves a column a frame; it keeps moving where it is pasted."""
    masks = np.zeros((2, 5, 6, 10), np.uint8)
    for index in range(5):
        masks[1, index, :, index] = 1
    videos = tuple(
        Video(str(number), np.repeat(mask[..., None] * 200, 3, axis=-1), mask) for number, mask in enumerate(masks)
    )
    data = VideoSet("bars", "train", videos, ("a", "b"), np.zeros((2, 3), np.uint8))
    augment = Augmentation(flip=0, scale=(1, 1), rotate=0, shift=0, colour=0, copy_paste=1.0, paste_classes=(1,))
    clips, labels = clip_batches(data, timesteps=4, batch=2, shuffle=False, augment=augment)[0]
    column = labels[0, :, 0].argmax(axis=1)
    assert (labels[0] == 1).sum() == 4 * 6 and np.diff(column).tolist() == [1, 1, 1]
    np.testing.assert_array_equal(clips[0, ..., 0] > 100, labels[0] == 1)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"time": TimeWarp(reverse=0.5)}, "reverse"),
        ({"time": TimeWarp(noise_frame=0.5)}, "noise_frame"),
        ({"balanced_crop": 0.5}, "balanced_crop"),
        ({"copy_paste": 0.5, "paste_classes": (1,)}, "copy_paste"),
    ],
)
def test_what_varies_from_clip_to_clip_does_not_go_with_a_carried_memory(shapes, options, name):
    with pytest.raises(ConfigError, match=f"augment.{name} .*training.carry_state"):
        stream_batches(shapes, timesteps=2, batch=1, augment=Augmentation(**options))


def test_the_same_seed_makes_the_same_batches_and_another_seed_others(shapes):
    first, again, other = (
        clip_batches(shapes, timesteps=4, batch=2, seed=seed, augment=Augmentation())[5] for seed in (1, 1, 2)
    )
    equal(first, again)
    assert (first[0] != other[0]).any()


def test_every_pass_has_another_order_and_other_augmentations(shapes):
    dataset = clip_batches(shapes, timesteps=3, batch=9, augment=Augmentation())
    assert clip_steps(shapes, timesteps=3, batch=9) == 1
    assert (dataset[0][0] != dataset[1][0]).any()
    plain = clip_batches(shapes, timesteps=3, batch=9)
    assert (plain[0][0] != plain[1][0]).any()
    assert plain[0][0].sum(dtype=np.int64) == plain[1][0].sum(dtype=np.int64)


def test_one_pass_holds_every_frame():
    dataset = clip_batches(numbered(7, 3), timesteps=3, batch=2, repeat=False, drop_remainder=False)
    seen = np.concatenate([frame_numbers(clips).ravel() for clips, _ in dataset])
    assert set(seen) == {*range(7), 20, 21, 22}
    assert len(dataset) == clip_steps(numbered(7, 3), timesteps=3, batch=2) == 2


def test_each_frame_counts_once_when_asked():
    dataset = clip_batches(
        numbered(7, 2), timesteps=3, batch=1, shuffle=False, repeat=False, drop_remainder=False, once=True
    )
    labels = np.concatenate([labels[:, :, 0, 0].ravel() for _, labels in dataset])
    assert sorted(labels[labels != VOID]) == [0, 1, 2, 3, 4, 5, 6, 20, 21]


def test_masks_stay_with_their_frames_under_augmentation():
    dataset = clip_batches(
        numbered(9, 9, 9, size=(24, 32)), timesteps=3, batch=4, augment=Augmentation(colour=0.0, crop=(20, 20))
    )
    for index in range(5):
        clips, labels = dataset[index]
        known = labels != VOID
        np.testing.assert_array_equal(clips[..., 0][known], labels[known])


def test_frames_are_fitted_into_the_size_asked_for(shapes):
    clips, labels = clip_batches(shapes, timesteps=2, batch=1, size=(23, 61))[0]
    assert clips.shape == (1, 2, 23, 61, 3)
    assert (labels[..., 0] == VOID).all()  # 45x61 shrinks to 23x31, in the middle


def test_rows_of_a_stream_go_on_where_they_stopped():
    data = numbered(7, 4, 9)
    dataset = stream_batches(data, timesteps=3, batch=2, seed=1)
    (before, _), _ = dataset[0]
    for index in range(1, 12):
        (clips, fresh), _ = dataset[index]
        for row in range(2):
            first, last = frame_numbers(clips)[row, 0], frame_numbers(before)[row, -1]
            assert fresh[row] == (first % 20 == 0)
            if not fresh[row]:
                assert first == last + 1
        before = clips


def test_everything_is_fresh_at_the_start_of_a_stream():
    (_, fresh), _ = stream_batches(numbered(30), timesteps=3, batch=3)[0]
    assert fresh.tolist() == [True, True, True]


def test_the_rows_of_a_stream_share_one_pass():
    data = numbered(6, 9, 3)
    dataset = stream_batches(data, timesteps=3, batch=2, shuffle=False)
    steps = stream_steps(data, timesteps=3, batch=2)
    assert steps == 3
    seen = np.concatenate([frame_numbers(dataset[index][0][0]).ravel() for index in range(steps)])
    assert sorted(seen) == [*range(6), *range(20, 29), *range(40, 43)]


def test_the_end_of_a_video_in_a_stream_is_filled_with_void():
    (clips, _), labels = stream_batches(numbered(2), timesteps=3, batch=1)[0]
    assert frame_numbers(clips)[0].tolist() == [0, 1, 1]
    assert labels[0, :, 0, 0].tolist() == [0, 1, VOID]


def test_the_augmentation_of_a_stream_is_drawn_once_a_video():
    still = np.repeat(np.random.default_rng(0).integers(0, 255, (1, 24, 32, 3), np.uint8), 6, axis=0)
    data = VideoSet("still", "train", (Video("still", still),), ("a", "b"), np.zeros((2, 3), np.uint8))
    dataset = stream_batches(data, timesteps=2, batch=1, augment=Augmentation())
    first, second, third, next_walk = (dataset[index][0][0] for index in (0, 1, 2, 3))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)
    assert (first != next_walk).any()


def test_a_stream_can_be_fed_from_any_number():
    dataset = stream_batches(numbered(7, 4), timesteps=2, batch=2, augment=Augmentation())
    (clips, fresh), labels = next(iter(feed(dataset, start=1000)))
    (again, fresh_again), labels_again = dataset[1000]
    equal((clips, fresh, labels), (again, fresh_again, labels_again))


def test_an_error_in_a_thread_arrives_as_it_was():
    bad = Video("bad", np.zeros((2, 6, 10, 3), np.uint8), np.zeros((2, 5, 10), np.uint8))
    data = VideoSet("bad", "train", (bad,), ("a", "b"), np.zeros((2, 3), np.uint8))
    with pytest.raises(DataError, match="bad, mask 0 is 5x10"):
        next(iter(feed(clip_batches(data, timesteps=2, batch=1))))


def test_a_crop_larger_than_the_frames_is_refused(shapes):
    with pytest.raises(ConfigError, match="augment.crop 64x64 exceeds the frames, 45x61"):
        clip_batches(shapes, timesteps=2, batch=1, augment=Augmentation(crop=(64, 64)))


def test_an_empty_batch_is_refused(shapes):
    with pytest.raises(ConfigError, match="training.batch"):
        clip_batches(shapes, timesteps=2, batch=0)


def test_clips_that_end_at_labels_reach_the_batches():
    frames = np.zeros((30, 8, 8, 3), np.uint8)
    video = Video("v", frames, [np.ones((8, 8), np.uint8) if index in (2, 19) else None for index in range(30)])
    data = VideoSet("set", "train", (video,), ("a", "b"), np.zeros((2, 3), np.uint8))
    batches = clip_batches(data, timesteps=8, batch=2, shuffle=False, clips="labelled_last")
    assert clip_steps(data, timesteps=8, batch=2, clips="labelled_last") == 1
    labelled = (batches[0][1] == 1).all(axis=(2, 3))
    assert [np.flatnonzero(row).tolist() for row in labelled] == [[2], [7]]
