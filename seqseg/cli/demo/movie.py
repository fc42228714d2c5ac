"""Write synthetic frames as a movie, as a camera would record them."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FPS = 25


def write_movie(path: Path, scene: Iterator[Any], frames: int) -> None:
    """Write the first frames uint8 (h, w, 3) of a scene."""
    from streams import ArraySource, MovieSink, Overlay, run

    plain = Overlay([[0, 0, 0]], ["nothing"], alpha=0, legend=False)
    source = ArraySource(itertools.islice(scene, frames), fps=FPS, name="shapes")
    run(source, _label_nothing, MovieSink(path, plain))


def _label_nothing(image: Any, state: Any) -> tuple[Any, Any]:
    return image[..., 0] * 0, state
