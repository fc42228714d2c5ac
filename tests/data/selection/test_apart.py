import dataclasses

import numpy as np

from seqseg.data.opening import open_data
from seqseg.data.selection.apart import apart, looks_apart
from seqseg.data.video import Video


def test_every_frame_is_a_video_with_its_mask():
    data = open_data("shapes:videos=2,frames=3,size=20x30")
    parts = apart(data).videos
    assert len(parts) == 6 and {len(video) for video in parts} == {1} and len({video.name for video in parts}) == 6
    for number, video in enumerate(parts):
        whole, index = data.videos[number // 3], number % 3
        for mine, theirs in zip(video.pair(0), whole.pair(index), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_frames_of_several_sizes_suggest_that_they_do_not_belong_together():
    data = open_data("shapes:videos=2,frames=3,size=20x30")
    assert looks_apart(data) is None
    photos = [np.zeros((5, 7, 3), np.uint8), np.zeros((5, 7, 3), np.uint8), np.zeros((9, 4, 3), np.uint8)]
    mixed = dataclasses.replace(data, videos=(Video("photos", photos),))
    assert looks_apart(mixed) == "frames of photos have several sizes, such as 5x7 and 9x4"
