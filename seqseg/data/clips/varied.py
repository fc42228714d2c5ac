"""An augmented clip: read along a course through its video, moved, with objects of another clip."""

import dataclasses

import numpy as np

from seqseg.data.augment.augmentation import Augmentation, Clips, apply
from seqseg.data.augment.copy_paste import Pasted
from seqseg.data.augment.time_warp import Course, another, spoil
from seqseg.data.clips.lazy_clip import PlacePair, lazy_clip, whole_clip
from seqseg.data.clips.placing import Arrays, place_clip, scale_frames
from seqseg.data.clips.reading import Clip, Reading
from seqseg.data.clips.stills import StillWalk
from seqseg.data.clips.windows import Window, read_vectors
from seqseg.data.video import Video, size_of, size_text
from seqseg.errors import DataError
from seqseg.geometry import Resizing


def varied_clip(reading: Reading, window: Window, *, augment: Augmentation, rng: np.random.Generator) -> Clip:
    """The augmented clip of a window, drawn from `rng`; only frames that are used are read."""
    videos, resizing = reading.data.videos, reading.resizing
    if resizing.name == "tile":  # a tile at a random place is a crop
        augment = dataclasses.replace(augment, crop=augment.crop or resizing.size)
    course = draw_course(augment, rng, reading.timesteps)
    video = videos[window.video]
    places = course.places(window.start, len(video)) if reading.stills is None else (0,) * reading.timesteps
    frames: Clips
    labels: Clips
    frames, labels = lazy_clip(video, places, planes=reading.data.planes, place=_place_pair(resizing))
    if course.spoilt or augment.balanced_crop:  # both need several frames before the first is moved
        frames, labels = whole_clip(frames, labels)
        frames = spoil(frames, course, rng, videos=videos, own=window.video)
    draw = augment.draw(rng, size_of(frames[0]), resizing.size, labels=labels)
    walk = (
        None if reading.stills is None else _draw_walk(reading, reading.stills, video, frames[0], draw.warp.size, rng)
    )
    pasted = None
    if augment.copy_paste and rng.random() < augment.copy_paste:
        pasted = _draw_pasted(reading, window, course, augment, rng, output_size=draw.warp.size)
    vectors = read_vectors(video, places) if reading.vectors else None
    return Clip(*apply(draw, frames, labels, pasted=pasted, walk=walk, first=window.start), vectors)


def _draw_walk(
    reading: Reading, stills: StillWalk, video: Video, frame: np.ndarray, crop: tuple[int, int],
    rng: np.random.Generator,
) -> list[np.ndarray]:  # fmt: skip
    if any(there < wanted for there, wanted in zip(size_of(frame), crop, strict=True)):
        raise DataError(
            f"{video.describe(0)} is {size_text(frame.shape)} (height x width), smaller than the crop of "
            f"{size_text(crop)} that data.stills_as_clips moves over it; take a smaller augment.crop or data.size"
        )
    return stills.draw(rng, reading.timesteps, crop)


def draw_course(augment: Augmentation, rng: np.random.Generator, timesteps: int) -> Course:
    """The course of a clip; nothing is drawn if time does not vary."""
    return augment.time.draw(rng, timesteps) if augment.time else Course(tuple(range(timesteps)))


def _draw_pasted(
    reading: Reading, window: Window, course: Course, augment: Augmentation, rng: np.random.Generator, *,
    output_size: tuple[int, int],
) -> Pasted | None:  # fmt: skip
    """Objects of a clip of another video on the same course."""
    videos = reading.data.videos
    video = videos[another(rng, len(videos), window.video)]
    start = int(rng.integers(max(1, len(video) - len(course.offsets) + 1)))
    places = course.places(start, len(video))
    clip = lazy_clip(video, places, planes=reading.data.planes, place=_place_pair(reading.resizing))
    return augment.draw_pasted(rng, *whole_clip(*clip), output_size)


def _place_pair(resizing: Resizing) -> PlacePair:
    """Frame and mask -> both at their size on the canvas; the warp pads by reflection itself."""

    def place(frame: np.ndarray, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
        placement = resizing.place(*size_of(frame))
        masks: Arrays = [] if mask is None else [mask]
        if placement.border == "reflect":
            frames: Arrays
            frames, masks = scale_frames([frame], masks, placement.inside)
        else:  # a grey border is part of the picture and moves with it
            frames, masks = place_clip([frame], masks, placement)
        return frames[0], None if mask is None else masks[0]

    return (lambda frame, mask: (frame, mask)) if resizing.name in ("native", "tile") else place
