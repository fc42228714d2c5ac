"""Small movies made with PyAV alone, so that what reads them here is checked against something else."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest


def moving_picture(index: int, height: int, width: int) -> np.ndarray:
    """A smooth picture (h, w, 3) that is another one for every index."""
    rows, columns = np.mgrid[:height, :width]
    red = (rows * 3 + index * 7) % 256
    green = (columns * 2 + index * 5) % 256
    return np.stack([red, green, np.full_like(red, index % 256)], axis=-1).astype(np.uint8)


@pytest.fixture
def make_movie(tmp_path):
    """make_movie(name, ticks, time_base=..., size=...) -> the path of a movie with a picture at each tick."""

    def make(
        name: str,
        ticks=range(10),
        *,
        time_base=Fraction(1, 25),
        size=(48, 64),
        codec="libx264",
        pixel_format="yuv444p",
        gop=5,
        options=None,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", options=options or {}) as container:
            stream = container.add_stream(codec, rate=25)
            stream.height, stream.width, stream.pix_fmt = *size, pixel_format
            stream.codec_context.time_base, stream.codec_context.gop_size = time_base, gop
            for index, tick in enumerate(ticks):
                picture = av.VideoFrame.from_ndarray(moving_picture(index, *size)).reformat(format=pixel_format)
                picture.pts, picture.time_base = tick, time_base
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        return path

    return make


@pytest.fixture
def palette() -> np.ndarray:
    """Black and three colours (4, 3)."""
    return np.uint8([[0, 0, 0], [200, 0, 0], [0, 200, 0], [0, 0, 200]])


def decoded(path: Path) -> tuple[list[Fraction], list[np.ndarray]]:
    """Times and RGB pictures of a movie, by PyAV's plain calls."""
    with av.open(str(path)) as container:
        pictures = list(container.decode(video=0))
    return [picture.pts * picture.time_base for picture in pictures], [
        picture.to_ndarray(format="rgb24") for picture in pictures
    ]


@pytest.fixture
def decode():
    return decoded
