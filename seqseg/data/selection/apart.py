"""Unrelated images: every frame becomes a video of its own."""

import dataclasses

from seqseg.data.video import VideoSet, size_text

LOOKED_AT = 3  # videos whose frames are compared


def apart(data: VideoSet) -> VideoSet:
    """The set with a video for each frame, so that no memory crosses from one to the next.

    >>> from seqseg.data.opening import open_data
    >>> videos = apart(open_data("shapes:videos=1,frames=3,size=20x30")).videos
    >>> [(video.name, len(video)) for video in videos][-1][1], len(videos)
    (1, 3)
    """
    videos = [
        video if len(video) == 1 else video.part(index, index + 1, f"{video.name}/{index:06d}")
        for video in data.videos
        for index in range(len(video))
    ]
    return dataclasses.replace(data, videos=tuple(videos))


def looks_apart(data: VideoSet) -> str | None:
    """What suggests that the frames of a video do not belong together: sizes that differ; None where nothing does."""
    for video in data.videos[:LOOKED_AT]:
        sizes = {video.frame(index).shape[:2]: index for index in (0, len(video) // 2, len(video) - 1)}
        if len(sizes) > 1:
            return f"frames of {video.name} have several sizes, such as {' and '.join(map(size_text, list(sizes)[:2]))}"
    return None
