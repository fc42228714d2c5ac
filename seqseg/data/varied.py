"""A clip as the augmentation wants it: read along a course through its video, moved, with objects of another clip."""

import dataclasses

import numpy as np

from seqseg.data.augment import Augmentation, apply
from seqseg.data.copy_paste import Pasted
from seqseg.data.fitting import place_clip, scale_frames
from seqseg.data.reading import Clip, Reading
from seqseg.data.time_warp import Course, another, spoil
from seqseg.data.windows import Window
from seqseg.fitting import Fitting


def varied_clip(reading: Reading, window: Window, *, augment: Augmentation, rng: np.random.Generator) -> Clip:
    """The clip of a window, all of it drawn from `rng`; reads no frame in vain."""
    videos, fitting = reading.data.videos, reading.fitting
    if fitting.name == "tile":  # a tile at a random place is a crop
        augment = dataclasses.replace(augment, crop=augment.crop or fitting.size)
    course = draw_course(augment, rng, reading.timesteps)
    video = videos[window.video]
    frames, labels, vectors = reading.read(video, course.places(window.start, len(video)))
    frames, labels = _in_place(spoil(frames, course, rng, videos=videos, own=window.video), labels, fitting)
    draw = augment.draw(rng, frames[0].shape[:2], fitting.size, labels=labels)
    pasted = None
    if augment.copy_paste and rng.random() < augment.copy_paste:
        pasted = _draw_pasted(reading, window, course, augment, rng, output_size=draw.warp.size)
    return Clip(*apply(draw, frames, labels, pasted=pasted), vectors)


def draw_course(augment: Augmentation, rng: np.random.Generator, timesteps: int) -> Course:
    """The course of a clip; nothing is drawn where time does not vary."""
    return augment.time.draw(rng, timesteps) if augment.time else Course(tuple(range(timesteps)))


def _draw_pasted(reading, window, course, augment, rng, *, output_size) -> Pasted | None:
    """Objects of a clip of another video, which goes along the same course."""
    videos = reading.data.videos
    video = videos[another(rng, len(videos), window.video)]
    start = int(rng.integers(max(1, len(video) - len(course.offsets) + 1)))
    frames, labels, _ = reading._replace(vectors=False).read(video, course.places(start, len(video)))
    return augment.draw_pasted(rng, *_in_place(frames, labels, reading.fitting), output_size)


def _in_place(frames, labels, fitting: Fitting) -> tuple:
    """Frames and labels scaled as they are fitted. Padding by reflection is what the warp itself does at the edges."""
    if fitting.name in ("native", "tile"):
        return frames, labels
    placement = fitting.place(*frames[0].shape[:2])
    if placement.border == "reflect":
        return scale_frames(frames, labels, placement.inside)
    return place_clip(frames, labels, placement)  # a grey border is part of the picture, to be moved with it
