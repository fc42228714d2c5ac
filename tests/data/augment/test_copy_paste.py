"""Objects of one clip laid over another."""

import numpy as np

from seqseg.data.augment.copy_paste import Pasted, choose_objects, moving_or_held, objects
from seqseg.data.augment.warp import Warp, translation
from seqseg.data.labels.planes import pack_planes, unpack_planes
from seqseg.data.video import VOID

SIZE = 20, 30


def moving_square(timesteps=3):
    """A square of class 2 and colour 200 that goes 4 pixels to the right a frame, over class 1 and colour 50."""
    frames, labels = np.full((timesteps, *SIZE, 3), 50, np.uint8), np.ones((timesteps, *SIZE), np.uint8)
    for index in range(timesteps):
        frames[index, 5:10, 4 * index + 2 : 4 * index + 7] = 200
        labels[index, 5:10, 4 * index + 2 : 4 * index + 7] = 2
    return list(frames), list(labels)


def test_an_object_is_pasted_with_its_pixels_its_label_and_its_motion():
    over = Pasted(*moving_square(), Warp(np.eye(3), SIZE), (2,))
    for index in range(3):
        frame, mask = np.zeros((*SIZE, 3), np.uint8), np.zeros(SIZE, np.uint8)
        over.onto(frame, mask, index)
        wanted = np.zeros(SIZE, bool)
        wanted[5:10, 4 * index + 2 : 4 * index + 7] = True
        np.testing.assert_array_equal(mask == 2, wanted)
        np.testing.assert_array_equal(frame[..., 0], np.where(wanted, 200, 0))
        assert set(np.unique(mask)) == {0, 2}


def test_an_object_moves_by_one_warp_for_all_frames():
    over = Pasted(*moving_square(), Warp(translation((-3, 2)), SIZE), (2,))
    corners = []
    for index in range(3):
        mask = np.zeros(SIZE, np.uint8)
        over.onto(np.zeros((*SIZE, 3), np.uint8), mask, index)
        corners.append(np.argwhere(mask == 2)[0].tolist())
    assert corners == [[3, 5], [3, 9], [3, 13]]


def test_an_object_hides_void_and_what_is_void_there_hides_nothing():
    labels = np.full(SIZE, VOID, np.uint8)
    labels[0, 0] = 2
    mask = np.full(SIZE, VOID, np.uint8)
    mask[4, 4] = 0
    Pasted([np.zeros((*SIZE, 3), np.uint8)], [labels], Warp(np.eye(3), SIZE), (2,)).onto(
        np.zeros((*SIZE, 3), np.uint8), mask, 0
    )
    assert mask[0, 0] == 2 and mask[4, 4] == 0 and (mask == VOID).sum() == 20 * 30 - 2


def test_pixels_of_several_labels_are_pasted_with_all_of_them():
    planes = np.zeros((*SIZE, 11), np.uint8)
    planes[3, 4, [2, 9]] = 1
    planes[6, 6, 5] = 1
    under = np.zeros((*SIZE, 11), np.uint8)
    under[..., 0], under[3, 4, 1] = 1, VOID
    mask = pack_planes(under)
    over = Pasted([np.zeros((*SIZE, 3), np.uint8)], [pack_planes(planes)], Warp(np.eye(3), SIZE), (9,))
    over.onto(np.zeros((*SIZE, 3), np.uint8), mask, 0)
    under[3, 4] = planes[3, 4]
    np.testing.assert_array_equal(unpack_planes(mask, 11), under)


def test_objects_are_found_in_indices_and_in_planes():
    mask = np.uint8([[0, 3, 9, VOID]])
    assert objects(mask, (3, 9)).tolist() == [[0, 255, 255, 0]]
    planes = (mask[..., None] == np.arange(11)).astype(np.uint8)
    assert objects(pack_planes(planes), (3, 9)).tolist() == [[0, 255, 255, 0]]


def test_some_of_the_objects_that_are_there_are_chosen_and_one_at_least():
    rng = np.random.default_rng(0)
    drawn = {choose_objects(rng, [np.uint8([[0, 3]]), np.uint8([[5, VOID]])], (3, 4, 5)) for _ in range(60)}
    assert drawn == {(3,), (5,), (3, 5)}
    assert choose_objects(rng, [np.uint8([[0, 1]])], (3,)) == ()


def test_an_object_does_not_come_and_go_where_labels_are_sparse():
    frames, labels = moving_square()
    labels[0] = labels[2] = np.full(SIZE, VOID, np.uint8)
    held, masks = moving_or_held(np.random.default_rng(0), frames, labels)
    assert all(frame is frames[1] for frame in held) and all(mask is labels[1] for mask in masks)
    assert moving_or_held(np.random.default_rng(0), frames, [labels[0]] * 3) == ([], [])
    assert moving_or_held(np.random.default_rng(0), *moving_square())[0][2].shape == (*SIZE, 3)
