"""Clips out of single pictures: labels move with the crop, and a batch depends on its number alone."""

import dataclasses
import itertools

import numpy as np
import pytest

from seqseg.config import load_experiment
from seqseg.data import VOID, Video, VideoSet, open_data
from seqseg.data.augment.augmentation import Augmentation
from seqseg.data.augment.faults import Faults
from seqseg.data.clips.pipeline import clip_batches, feed
from seqseg.data.clips.stills import StillWalk, labelled_stills, make_still_walk
from seqseg.data.denoising import Denoiser
from seqseg.errors import ConfigError, DataError

STILL = Augmentation(flip=0, scale=(1, 1), rotate=0, shift=0, colour=0, crop=(40, 56))


def coloured_by_label(size=(90, 120)):
    """One picture of flat areas whose colour is 10 times their label, so that a frame shows its labels."""
    labels = np.kron(np.random.default_rng(0).integers(0, 12, (6, 8)), np.ones((15, 15), int)).astype("uint8")
    labels = labels[: size[0], : size[1]]
    frame = np.repeat(10 * labels[..., None], 3, axis=-1)
    names = tuple(f"c{k}" for k in range(12))
    return VideoSet("flat", "train", (Video("a", frame[None], labels[None]),), names, np.zeros((12, 3), np.uint8))


def test_labels_move_with_the_crop_to_the_pixel():
    dataset = clip_batches(coloured_by_label(), timesteps=6, batch=1, augment=STILL, stills=StillWalk(zoom=0))
    moved = set()
    for index in range(5):
        clips, labels = dataset[index]
        assert clips.shape == (1, 6, 40, 56, 3)
        known = labels[0] != VOID
        # Away from the areas' edges, where a pixel of the frame is a mixture of two, both are equal.
        flat = np.ones_like(known)
        for move in itertools.product((-1, 0, 1), repeat=2):
            flat &= np.roll(labels[0], move, (1, 2)) == labels[0]
        flat[:, [0, -1]] = flat[:, :, [0, -1]] = False
        np.testing.assert_array_equal(clips[0, ..., 0][flat & known], 10 * labels[0][flat & known])
        assert known.mean() > 0.9 and flat.mean() > 0.5
        moved.add(not np.array_equal(labels[0, 0], labels[0, -1]))
    assert moved == {True}


def test_the_crop_travels_at_one_speed_and_shakes_by_no_more_than_it_may():
    places = []
    for seed in range(30):
        steps = StillWalk(speed=5, shake=0.5, zoom=0).draw(np.random.default_rng(seed), 12, (40, 56))
        places.append([step[:2, 2] for step in steps])
    moves = np.diff(places, axis=1)
    mean = moves.mean(axis=1, keepdims=True)
    assert np.linalg.norm(mean, axis=-1).max() <= 5 + 1 and np.abs(moves - mean).max() <= 1 + 0.1
    assert np.abs(np.mean(places, axis=1)).max() < 0.5  # about where the clip's crop stands


def test_the_zoom_is_the_same_every_frame_and_about_the_middle():
    steps = StillWalk(speed=0, shake=0, zoom=0.01).draw(np.random.default_rng(1), 5, (41, 57))
    sizes = np.array([step[0, 0] for step in steps])
    np.testing.assert_allclose(sizes[1:] / sizes[:-1], sizes[1] / sizes[0])
    middle = np.array([28, 20, 1])
    for step in steps:
        np.testing.assert_allclose(step @ middle, middle)


@pytest.mark.parametrize("threads", [1, 4])
def test_batches_are_the_same_for_any_number_of_threads_and_from_any_number_on(threads):
    augment = Augmentation(
        elastic=(2, 8), crop=(32, 40), faults=Faults(low_light=(0.3, 1), sensor_noise=(14, 30), frame_damage=0.3)
    )
    data = open_data("shapes:videos=3,frames=4,size=45x61")
    dataset = clip_batches(data, timesteps=4, batch=2, seed=3, augment=augment, stills=StillWalk())
    for start in (0, 4):
        for index, batch in enumerate(itertools.islice(feed(dataset, start=start, threads=threads), 4), start=start):
            for one, other in zip(batch, dataset[index], strict=True):
                np.testing.assert_array_equal(one, other)


def test_frames_of_a_clip_are_damaged_independently():
    augment = Augmentation(flip=0, scale=(1, 1), rotate=0, shift=0, colour=0, faults=Faults(sensor_noise=(20, 20)))
    data = coloured_by_label()
    still = StillWalk(speed=0, shake=0, zoom=0)
    frames = clip_batches(data, timesteps=3, batch=1, augment=augment, stills=still)[0][0][0].astype(float)
    noise = frames - data.videos[0].frame(0)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.1


def test_frames_of_a_clip_are_cleaned_in_order_from_its_first_on():
    noise = Augmentation(
        flip=0, scale=(1, 1), rotate=0, shift=0, colour=0, faults=Faults(sensor_noise=(20, 20), frame_damage=0.3)
    )
    clips = [
        clip_batches(coloured_by_label(), timesteps=5, batch=1, augment=augment, stills=StillWalk(speed=2))[0]
        for augment in (noise, dataclasses.replace(noise, denoise=True))
    ]
    clean = Denoiser()
    for noisy, cleaned in zip(clips[0][0][0], clips[1][0][0], strict=True):
        np.testing.assert_array_equal(cleaned, clean(noisy))
    np.testing.assert_array_equal(clips[0][1], clips[1][1])


def test_without_augmentation_the_picture_is_only_moved():
    frames, labels = clip_batches(coloured_by_label(), timesteps=1, batch=1, stills=StillWalk(shake=0, zoom=0))[0]
    np.testing.assert_array_equal(frames[0, 0], coloured_by_label().videos[0].frame(0))
    np.testing.assert_array_equal(labels[0, 0], coloured_by_label().videos[0].mask(0))


def test_every_labelled_frame_is_a_still():
    frames = np.zeros((3, 20, 20, 3), np.uint8)
    video = Video("one", frames, [None, frames[1, ..., 0], None])
    data = VideoSet("one", "train", (video,), ("a",), np.zeros((1, 3), np.uint8))
    assert [still.name for still in labelled_stills(data).videos] == ["one frame 1"]


def test_a_still_smaller_than_the_crop_is_named():
    dataset = clip_batches(
        coloured_by_label((30, 50)), timesteps=2, batch=1, size=(90, 120), augment=STILL, stills=StillWalk()
    )
    with pytest.raises((DataError, ValueError), match="30x50.*smaller than the crop of 40x56"):
        dataset[0]


def test_the_config_takes_true_or_a_table_and_nothing_else():
    config = load_experiment(overrides={"data.stills_as_clips": "true"}).data
    assert make_still_walk(config.stills_as_clips) == StillWalk()
    assert make_still_walk({"speed": 3.0}).speed == 3.0
    assert make_still_walk(False) is None
    with pytest.raises(ConfigError, match="data.stills_as_clips must be"):
        load_experiment(overrides={"data.stills_as_clips": "3"})
    with pytest.raises(ConfigError, match="zoom a frame, from 0 to below 0.1"):
        StillWalk(zoom=0.5)
    with pytest.raises(ConfigError, match="augment.frame_damage must be at most 1"):
        load_experiment(overrides={"augment.frame_damage": "1.5"})
