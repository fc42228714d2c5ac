"""Clips as they are read: several labels, vectors, tiles, native sizes; the same from any number of threads."""

import dataclasses
import itertools

import numpy as np
import pytest

from seqseg.data import VOID, Video, VideoSet, open_data
from seqseg.data.augment.augmentation import Augmentation
from seqseg.data.clips.pipeline import clip_batches, feed, stream_batches
from seqseg.data.labels.planes import pack_planes
from seqseg.errors import ConfigError, DataError
from seqseg.geometry import Resizing

CLASSES = tuple("abcdefghijk")  # eleven take more channels than OpenCV warps at once


def several(*sizes, frames=5, labelled=True):
    """A multi-label set with vectors; each frame's planes are read off its red channel's bits and its green one's."""
    rng, videos = np.random.default_rng(0), []
    for number, size in enumerate(sizes):
        images = rng.integers(0, 256, (frames, *size, 3), np.uint8)
        masks = [pack_planes(planes_of(image)) if labelled else None for image in images]
        vectors = [np.float32([100 * number + index, 0.5]) for index in range(frames)]
        videos.append(Video(str(number), images, masks, vectors=vectors))
    palette = np.zeros((len(CLASSES), 3), np.uint8)
    return VideoSet("several", "train", tuple(videos), CLASSES, palette, multi_label=True, vector_names=("n", "half"))


def planes_of(image):
    return np.concatenate(
        [np.unpackbits(image[..., :1], axis=-1), np.unpackbits(image[..., 1:2], axis=-1)[..., :3]], -1
    )


def equal(first, second):
    (inputs, labels), (others, other_labels) = first, second
    np.testing.assert_array_equal(labels, other_labels)
    for name in inputs:
        np.testing.assert_array_equal(inputs[name], others[name])


def test_planes_are_unpacked_when_the_batch_is_made():
    clips, labels = clip_batches(several((9, 13)), timesteps=2, batch=2)[0]
    assert labels.shape == (2, 2, 9, 13, 11) and labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, planes_of(clips))


def test_planes_stay_with_their_pixels_under_augmentation_and_are_void_outside():
    still = Augmentation(scale=(1, 1), rotate=0, shift=0.5, colour=0)  # moved by fractions: the image interpolates
    moved = dataclasses.replace(still, flip=0.0, shift=0.0, crop=(7, 9))
    for index in range(4):
        clips, labels = clip_batches(several((13, 17)), timesteps=2, batch=2, augment=moved)[index]
        assert set(np.unique(labels)) <= {0, 1, VOID} and labels.shape[2:] == (7, 9, 11)
    _, labels = clip_batches(several((13, 17)), timesteps=2, batch=8, augment=still)[0]
    assert set(np.unique(labels)) == {0, 1, VOID}
    void = labels == VOID
    assert (void.any(axis=-1) == void.all(axis=-1)).all()


def test_a_frame_without_a_label_is_void_in_every_plane():
    _, labels = clip_batches(several((9, 13), labelled=False), timesteps=2, batch=1)[0]
    assert (labels == VOID).all()


def test_vectors_go_with_their_frames_and_the_last_one_is_repeated():
    inputs, _ = clip_batches(several((9, 13), frames=3), timesteps=4, batch=1, vectors=True)[0]
    assert inputs["condition"].dtype == np.float32
    assert inputs["condition"][0].tolist() == [[0, 0.5], [1, 0.5], [2, 0.5], [2, 0.5]]


def test_a_carried_memory_is_given_vectors_too():
    inputs, _ = stream_batches(several((9, 13)), timesteps=2, batch=2, vectors=True)[1]
    assert inputs["clip"].shape == (2, 2, 9, 13, 3) and inputs["condition"].shape == (2, 2, 2)
    assert inputs["fresh"].dtype == bool


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize(
    "resizing", [Resizing("native", multiple=8), Resizing("tile", (8, 8)), Resizing("resize", (8, 8))]
)
def test_batch_i_is_the_same_from_any_number_of_threads(threads, resizing):
    data = several((9, 13), (21, 11), (16, 16))
    make = {"timesteps": 2, "batch": 3, "seed": 4, "resizing": resizing, "vectors": True, "augment": Augmentation()}
    dataset = clip_batches(data, **make)
    for index, batch in enumerate(itertools.islice(feed(dataset, threads=threads), 5)):
        equal(batch, clip_batches(data, **make)[index])


def test_native_clips_are_padded_to_the_largest_of_their_batch_rounded_up():
    data = several((9, 13), (21, 11), frames=2)
    clips, labels = clip_batches(data, timesteps=2, batch=2, resizing=Resizing("native", multiple=8), shuffle=False)[0]
    assert clips.shape == (2, 2, 24, 16, 3)
    np.testing.assert_array_equal(clips[0, :, :9, :13], data.videos[0].frames)
    np.testing.assert_array_equal(labels[1, :, :21, :11], planes_of(data.videos[1].frames))
    assert (labels[0, :, 9:] == VOID).all() and (labels[1, :, :, 11:] == VOID).all()


def test_a_clip_of_a_tiled_frame_is_a_piece_of_it_pixel_for_pixel():
    data = several((21, 17), frames=1)
    dataset = clip_batches(data, timesteps=1, batch=1, resizing=Resizing("tile", (8, 8)))
    frame, places = data.videos[0].frame(0), set()
    for index in range(12):
        clips, labels = dataset[index]
        np.testing.assert_array_equal(labels, planes_of(clips))
        (place,) = [(y, x) for y in range(14) for x in range(10) if (frame[y : y + 8, x : x + 8] == clips[0, 0]).all()]
        places.add(place)
    assert len(places) > 5


def test_all_tiles_together_label_every_pixel_once():
    data = open_data("shapes:videos=2,frames=3,size=45x61", split="val")
    dataset = clip_batches(
        data, timesteps=2, batch=1, resizing=Resizing("tile", (32, 32)), shuffle=False, repeat=False, once=True
    )
    counts = sum(np.bincount(labels.ravel(), minlength=256)[:5] for _, labels in dataset)
    masks = [video.mask(index) for video in data.videos for index in range(3)]
    np.testing.assert_array_equal(counts, sum(np.bincount(mask.ravel(), minlength=5) for mask in masks))


def test_a_carried_memory_has_one_size():
    with pytest.raises(ConfigError, match="data.size is native; give data.size a HEIGHTxWIDTH"):
        stream_batches(several((9, 13)), timesteps=2, batch=1, resizing=Resizing("native"))


def test_a_mask_of_the_other_kind_is_named():
    video = Video("odd", np.zeros((1, 4, 5, 3), np.uint8), np.zeros((1, 4, 5), np.uint8))
    data = dataclasses.replace(several((4, 5)), videos=(video,))
    with pytest.raises(DataError, match=r"odd, mask 0 is of shape \(4, 5\), but masks of this set are bit planes"):
        clip_batches(data, timesteps=1, batch=1)[0]


def test_a_video_without_vectors_among_others_is_named():
    data = several((4, 5))
    bare = dataclasses.replace(data.videos[0], vectors=None)
    with pytest.raises(DataError, match="video 0 has no vectors"):
        clip_batches(dataclasses.replace(data, videos=(bare,)), timesteps=1, batch=1, vectors=True)[0]
