import time

import numpy as np
import pytest

from streams import ArraySource, CutDetector, Known, MovieSource, SceneCuts, open_source

# Looked up in the pictures, each the first frame of another place: a car park from above, a man at his car, a taxi's
# window, a fence, a wall with a bicycle, a bicycle's wheels. Between 95 and 101 a car drives through, close up.
TRUE_CUTS = {"scene_cuts.mp4": [30, 76, 137, 187, 242], "bikes.mp4": [30, 76, 137, 187, 242], "nasa_13013.mp4": [240]}
UNCUT = ["carphone_pristine.mp4", "cockatoo.mp4", "example.mp4", "flipping_a_pancake.mkv", "fire2.mp4", "chaplin.mp4"]


def cuts_of(source):
    detector = CutDetector()
    with source:
        return [frame.index for frame in source if detector.is_cut(frame.image)]


@pytest.mark.parametrize("name", [*TRUE_CUTS, *UNCUT])
def test_the_cuts_of_real_movies_are_found_to_the_frame_and_no_others(shared_data, name):
    assert cuts_of(open_source(shared_data / "movies" / name)) == TRUE_CUTS.get(name, [])


@pytest.mark.parametrize("folder", ["cdnet/highway/input", "davis/JPEGImages/480p/motocross-jump"])
def test_fast_movement_of_things_and_of_the_camera_is_no_cut(shared_data, folder):
    assert cuts_of(open_source(shared_data / folder, end=16)) == []


def scenes(*shades, frames=6):
    noise = np.random.default_rng(0).integers(0, 20, (len(shades) * frames, 45, 61, 3), dtype=np.uint8)
    return noise + np.repeat(np.uint8(shades), frames)[:, None, None, None]


def test_a_cut_is_told_counted_and_left_in_its_epoch():
    source, events = SceneCuts(ArraySource(scenes(0, 150, 50), fps=10)), []
    source.watch(events.append)
    with source:
        assert {frame.epoch for frame in source} == {0}
    assert [(event.kind, event.pts) for event in events] == [("scene cut", 0.6), ("scene cut", 1.2)]
    assert events[0].message == "array: scene cut at 0.600 s (frame 6)"
    assert source.counts["scene cuts"] == 2


def test_with_reset_each_cut_begins_a_new_epoch():
    with SceneCuts(ArraySource(scenes(0, 150, 50)), reset=True) as source:
        assert [frame.epoch for frame in source] == [0] * 6 + [1] * 6 + [2] * 6


def test_an_epoch_of_the_source_is_no_cut_on_top():
    images = [*scenes(0), "reset", *scenes(150)]
    with SceneCuts(ArraySource(images), reset=True) as source:
        assert [frame.epoch for frame in source] == [0] * 6 + [1] * 6
    assert not source.counts


def test_looking_at_a_picture_of_480_lines_takes_less_than_a_millisecond():
    images = np.random.default_rng(0).integers(0, 256, (20, 480, 854, 3), dtype=np.uint8)
    detector, best = CutDetector(), 1.0
    for image in images:  # the best of many, as other programs use this machine, too
        start = time.thread_time()
        detector.is_cut(image)
        best = min(best, time.thread_time() - start)
    assert best < 0.001


def test_cuts_are_judged_by_what_was_before_so_a_movie_is_read_from_its_beginning(make_movie):
    path = make_movie("clip.mp4", range(20))
    with MovieSource(path) as source:
        known = Known.of(list(source)[13])
    cuts = SceneCuts(MovieSource(path))
    cuts.go_on_from(known)
    with cuts:
        assert [frame.index for frame in cuts] == list(range(20))
