"""How clips are read, and a clip before it is stacked into a batch."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqseg.data.clips.stills import StillWalk
from seqseg.data.clips.windows import read_places, read_vectors
from seqseg.data.video import Video, VideoSet
from seqseg.geometry import Resizing


class Reading(NamedTuple):
    """How clips are read.

    `vectors` adds the conditions, `once` labels every pixel of the set once, `stills` makes a clip out of the one frame
    of each video.
    """

    data: VideoSet
    timesteps: int
    resizing: Resizing
    vectors: bool = False
    once: bool = False
    stills: StillWalk | None = None

    def read(self, video: Video, places: Sequence[int]) -> "Clip":
        """The frames, labels and vectors at any places of a video; past its end the last frame is repeated, void."""
        frames, labels = read_places(video, places, planes=self.data.planes)
        return Clip(frames, labels, read_vectors(video, places) if self.vectors else None)


class Clip(NamedTuple):
    """frames uint8 (t, h, w, 3), labels uint8 (t, h, w) or bit planes (t, h, w, bytes), vectors (t, k) or None."""

    frames: Sequence[np.ndarray] | np.ndarray
    labels: Sequence[np.ndarray] | np.ndarray
    vectors: np.ndarray | None = None
