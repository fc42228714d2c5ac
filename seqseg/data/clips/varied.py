"""A clip as the augmentation wants it: read along a course through its video, moved, with objects of another clip."""

import dataclasses
from collections.abc import Callable

import numpy as np

from seqseg.data.augment.augmentation import Augmentation, apply
from seqseg.data.augment.copy_paste import Pasted
from seqseg.data.augment.time_warp import Course, another, spoil
from seqseg.data.clips.lazy_clip import lazy_clip, whole_clip
from seqseg.data.clips.placing import place_clip, scale_frames
from seqseg.data.clips.reading import Clip, Reading
from seqseg.data.clips.windows import Window, read_vectors
from seqseg.geometry import Resizing


def varied_clip(reading: Reading, window: Window, *, augment: Augmentation, rng: np.random.Generator) -> Clip:
    """The clip of a window, all of it drawn from `rng`; reads no frame in vain."""
    videos, resizing = reading.data.videos, reading.resizing
    if resizing.name == "tile":  # a tile at a random place is a crop
        augment = dataclasses.replace(augment, crop=augment.crop or resizing.size)
    course = draw_course(augment, rng, reading.timesteps)
    video = videos[window.video]
    places = course.places(window.start, len(video))
    frames, labels = lazy_clip(video, places, planes=reading.data.planes, fit=_fit(resizing))
    if course.spoilt or augment.balanced_crop:  # which look at several of them before the first is moved
        frames, labels = whole_clip(frames, labels)
        frames = spoil(frames, course, rng, videos=videos, own=window.video)
    draw = augment.draw(rng, frames[0].shape[:2], resizing.size, labels=labels)
    pasted = None
    if augment.copy_paste and rng.random() < augment.copy_paste:
        pasted = _draw_pasted(reading, window, course, augment, rng, output_size=draw.warp.size)
    vectors = read_vectors(video, places) if reading.vectors else None
    return Clip(*apply(draw, frames, labels, pasted=pasted), vectors)


def draw_course(augment: Augmentation, rng: np.random.Generator, timesteps: int) -> Course:
    """The course of a clip; nothing is drawn where time does not vary."""
    return augment.time.draw(rng, timesteps) if augment.time else Course(tuple(range(timesteps)))


def _draw_pasted(reading, window, course, augment, rng, *, output_size) -> Pasted | None:
    """Objects of a clip of another video, which goes along the same course."""
    videos = reading.data.videos
    video = videos[another(rng, len(videos), window.video)]
    start = int(rng.integers(max(1, len(video) - len(course.offsets) + 1)))
    places = course.places(start, len(video))
    clip = lazy_clip(video, places, planes=reading.data.planes, fit=_fit(reading.resizing))
    return augment.draw_pasted(rng, *whole_clip(*clip), output_size)


def _fit(resizing: Resizing) -> Callable:
    """Frame and mask -> both as they are fitted; padding by reflection is what the warp itself does at the edges."""

    def fit(frame: np.ndarray, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
        placement = resizing.place(*frame.shape[:2])
        masks = [] if mask is None else [mask]
        if placement.border == "reflect":
            frames, masks = scale_frames([frame], masks, placement.inside)
        else:  # a grey border is part of the picture, to be moved with it
            frames, masks = place_clip([frame], masks, placement)
        return frames[0], None if mask is None else masks[0]

    return (lambda frame, mask: (frame, mask)) if resizing.name in ("native", "tile") else fit
