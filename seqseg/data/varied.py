"""A clip as the augmentation wants it: read along a course through its video, moved, with objects of another clip."""

from collections.abc import Sequence

import numpy as np

from seqseg.data.augment import Augmentation, apply
from seqseg.data.copy_paste import Pasted
from seqseg.data.fitting import fit_frames
from seqseg.data.time_warp import Course, another, spoil
from seqseg.data.video import Video
from seqseg.data.windows import Window, read_places


def varied_clip(
    videos: Sequence[Video], window: Window, timesteps: int, *, size, augment: Augmentation, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Clip uint8 (t, h, w, 3) and labels (t, h, w) of a window, all of it drawn from `rng`; reads no frame in vain."""
    course = draw_course(augment, rng, timesteps)
    video = videos[window.video]
    frames, labels = read_places(video, course.places(window.start, len(video)))
    frames, labels = fit_frames(spoil(frames, course, rng, videos=videos, own=window.video), labels, size)
    draw = augment.draw(rng, frames[0].shape[:2], size, labels=labels)
    pasted = None
    if augment.copy_paste and rng.random() < augment.copy_paste:
        pasted = _draw_pasted(videos, window, course, augment, rng, size=size, output_size=draw.warp.size)
    return apply(draw, frames, labels, pasted=pasted)


def draw_course(augment: Augmentation, rng: np.random.Generator, timesteps: int) -> Course:
    """The course of a clip; nothing is drawn where time does not vary."""
    return augment.time.draw(rng, timesteps) if augment.time else Course(tuple(range(timesteps)))


def _draw_pasted(videos, window, course, augment, rng, *, size, output_size) -> Pasted | None:
    """Objects of a clip of another video, which goes along the same course."""
    video = videos[another(rng, len(videos), window.video)]
    start = int(rng.integers(max(1, len(video) - len(course.offsets) + 1)))
    frames, labels = fit_frames(*read_places(video, course.places(start, len(video))), size)
    return augment.draw_pasted(rng, frames, labels, output_size)
