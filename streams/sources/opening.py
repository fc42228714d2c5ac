"""The right source for what a user typed."""

from fractions import Fraction
from pathlib import Path

from streams.errors import SourceError
from streams.sources.camera import CameraSource
from streams.sources.images import ImageSource, is_image, is_pattern
from streams.sources.movie import MovieSource
from streams.sources.source import Source


def open_source(text: str | int | Path, *, fps: float | Fraction = 25) -> Source:
    """A number is a camera; a folder, a pattern or an image file is a sequence of images; anything else is a movie.

    `fps` is the rate of image sequences; movies and cameras keep their own. The source is not yet open: use `with`.
    """
    if str(text).isdigit():
        return CameraSource(int(str(text)))
    if "://" in str(text):
        address = _without_credentials(str(text))
        raise SourceError(f"{address} is a network address; give a file, a folder or a camera index")
    path = Path(text)
    if path.is_dir() or is_image(path) or (is_pattern(str(text)) and not path.exists()):
        return ImageSource(text, fps=fps)
    return MovieSource(path)


def _without_credentials(address: str) -> str:
    scheme, rest = address.split("://", 1)
    return f"{scheme}://{rest.rpartition('@')[2]}"
