"""Holding back videos for validation."""

import numpy as np
import pytest

from seqseg.data import Video
from seqseg.data.selection.splitting import split_videos
from seqseg.errors import DataError

MASK = np.zeros((4, 6), np.uint8)


def video(name, labels):
    """One frame a letter of `labels`: x has a mask."""
    frames = np.zeros((len(labels), 4, 6, 3), np.uint8)
    return Video(name, frames, [MASK if letter == "x" else None for letter in labels])


def test_the_last_fifth_of_the_videos_is_val_and_that_is_said():
    videos = [video(f"v{number}", "xx") for number in range(10)]
    train, note = split_videos(videos, "train", "here")
    val, _ = split_videos(videos, "val", "here")
    assert [one.name for one in train] == [f"v{number}" for number in range(8)]
    assert [one.name for one in val] == ["v8", "v9"]
    assert "the last 2 of 10 labelled videos are val (v8, v9)" in note


def test_videos_without_labels_train_and_are_never_val():
    videos = [video("a", "xx"), video("b", "x."), video("c", "...")]
    assert [one.name for one in split_videos(videos, "val", "here")[0]] == ["b"]
    assert [one.name for one in split_videos(videos, "train", "here")[0]] == ["a", "c"]


def test_of_one_video_the_last_fifth_of_its_labelled_frames_is_val():
    one = video("a", "x..x..x..x..x..")
    train, note = split_videos([one], "train", "here")
    val, _ = split_videos([one], "val", "here")
    assert len(train[0]) == 12 and len(val[0]) == 3
    assert val[0].labelled == (0,)
    assert "frames 12–14 of a are val" in note


def test_one_labelled_frame_cannot_be_split():
    with pytest.raises(DataError, match="one labelled frame only"):
        split_videos([video("a", "..x..")], "train", "here")
