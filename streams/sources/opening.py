"""The right source for what a user typed."""

import glob
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlsplit

from streams.errors import SourceError
from streams.sources.camera import CameraSource
from streams.sources.chain import Chain
from streams.sources.images import ImageSource, is_hidden, is_image, is_pattern, natural_key
from streams.sources.movie import MovieSource
from streams.sources.network import NetworkSource
from streams.sources.reading.addresses import is_address
from streams.sources.reconnecting import Reconnecting
from streams.sources.source import Source
from streams.sources.standard_input import StandardInput

MOVIES = (
    ".mp4 .m4v .mov .mkv .webm .avi .mpg .mpeg .ts .mts .m2ts .mjpeg .mjpg .wmv .flv .3gp .ogv .gif .h264 .h265 .y4m"
).split()


def open_source(
    text: str | int | Path,
    *,
    fps: float | Fraction = 25,
    start: float | None = None,
    end: float | None = None,
    stream: int | None = None,
    raw: tuple[int, int, str] | None = None,
    transport: str = "tcp",
    timeout: float = 5.0,
    retries: int | None = None,
    late: bool = False,
    deinterlace: bool = False,
) -> Source:
    """The source for a number (a camera), an address, `-` (standard input), a folder, a pattern or a file.

    A folder or pattern of images is a sequence at `fps`, as is standard input that has no times of its own; a folder or
    pattern of movies is these movies one after the other. Cameras and live addresses are connected again when they are
    lost, `retries` times in a row (None: without limit); `late` ones need not be available yet. The sources describe
    the other options. The source is not yet open: use `with`.

    Raises:
        SourceError: nothing matches a pattern, or a folder holds movies as well as images.
    """
    if str(text).isdigit():
        return Reconnecting(CameraSource(int(str(text))), retries=retries, late=late)
    if text == "-":
        return StandardInput(raw=raw, fps=fps, stream=stream, start=start, end=end, deinterlace=deinterlace)
    if is_address(str(text)):
        source = NetworkSource(
            str(text),
            timeout=timeout,
            transport=transport,
            stream=stream,
            start=start,
            end=end,
            deinterlace=deinterlace,
        )
        return Reconnecting(source, retries=retries, late=late)
    path = Path(_local(str(text)))
    if path.parent == Path("/dev") and path.name.startswith("video"):
        return Reconnecting(CameraSource(path), retries=retries, late=late)
    movies = _movies(path)
    if movies:
        each = [MovieSource(movie, stream=stream, start=start, end=end, deinterlace=deinterlace) for movie in movies]
        return Chain(each, name=str(path))
    if path.is_dir() or is_image(path) or (is_pattern(str(path)) and not path.exists()):
        return ImageSource(path, fps=fps, start=start, end=end)
    return MovieSource(path, stream=stream, start=start, end=end, deinterlace=deinterlace)


def _local(text: str) -> str:
    """The path in a file:// address, as browsers copy it, or the text itself."""
    return unquote(urlsplit(text).path) if text.lower().startswith("file://") else text


def _movies(path: Path) -> list[Path]:
    """The movies of a folder or pattern; none where it holds images."""
    if path.is_dir():
        found = list(path.iterdir())
    elif is_pattern(str(path)) and not path.exists():
        found = [Path(match) for match in glob.glob(str(path), recursive=True)]
        if not found:
            raise SourceError(
                f"nothing matches {path}; check the pattern, and quote it so that the shell leaves it alone"
            )
    else:
        return []
    found = [file for file in found if not is_hidden(file.name)]
    images = [file for file in found if is_image(file)]
    movies = sorted((file for file in found if file.suffix.lower() in MOVIES and file.is_file()), key=natural_key)
    if movies and images:
        raise SourceError(
            f"{path} holds {len(movies)} movies and {len(images)} images ({movies[0].name}, {images[0].name} …); "
            "give a pattern for either, such as '*.mp4'"
        )
    return movies
