"""Going through a set."""

import threading

import numpy as np
import pytest

from seqseg.data.every_frame import Place, every_frame, sample_places
from seqseg.data.video import Video


def videos(*lengths):
    return tuple(
        Video(f"v{number}", np.full((length, 2, 3, 3), number, np.uint8)) for number, length in enumerate(lengths)
    )


def test_every_frame_comes_once_and_in_order():
    found = list(every_frame(videos(35, 1, 20), lambda video, index: (video.name, index)))
    assert [place for place, _ in found] == [Place(v, i) for v, n in enumerate((35, 1, 20)) for i in range(n)]
    assert [result for _, result in found] == [(f"v{place.video}", place.index) for place, _ in found]


def test_only_a_few_frames_are_read_ahead():
    read, lock = [], threading.Lock()

    def look(_, index):
        with lock:
            read.append(index)

    walk = every_frame(videos(10_000), look)
    next(walk)
    assert len(read) <= 200
    walk.close()
    assert len(read) <= 200


def test_two_frames_are_read_at_the_same_time():
    together = threading.Barrier(2, timeout=20)
    looks = every_frame(videos(17), lambda _, index: together.wait() if index in (0, 16) else None)
    assert len(list(looks)) == 17


def test_what_reading_raises_comes_out():
    def look(_, index):
        if index == 3:
            raise ValueError("frame 3")

    with pytest.raises(ValueError, match="frame 3"):
        list(every_frame(videos(40), look))


def test_progress_ends_with_all_frames():
    calls = []
    list(every_frame(videos(40, 3), lambda *_: None, progress=lambda done, total: calls.append((done, total))))
    assert calls[-1] == (43, 43) and calls == sorted(calls)


def test_a_sample_is_even_and_never_more_than_there_is():
    assert sample_places(videos(5, 6), 3) == [Place(0, 0), Place(1, 0), Place(1, 5)]
    assert len(set(sample_places(videos(2, 1), 50))) == 3
