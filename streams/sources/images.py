"""Frames from image files: a folder, a pattern, a list, a stack of pages."""

import glob
import math
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from streams.engine.known import Known
from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.reading.seconds import exact_seconds
from streams.sources.source import Source

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
DEEP_MODES = ("I;16", "I;16B", "I;16L", "I", "F")  # what Pillow calls more than 8 bits a pixel
SAMPLED = 16  # pictures looked at to find the range of deep ones


class ImageSource(Source):
    """Frames from a folder, a pattern, a file or a list of files, in natural order (2 before 10), at a steady rate.

    The pages of a TIFF are frames of their own. EXIF rotation is honoured. Pictures deeper than 8 bits are stretched
    between the darkest and the brightest 0.1 % found in up to 16 pictures spread over the sequence, the same for all.
    Another picture size than the one before begins a new epoch. `start` and `end` are seconds, at the given rate.
    """

    def __init__(
        self,
        files: str | Path | Sequence[str | Path],
        *,
        fps: float | Fraction = 25,
        start: float | None = None,
        end: float | None = None,
    ) -> None:
        listed = not isinstance(files, (str, Path))
        super().__init__(f"{len(files)} images" if listed else str(files))
        self.rate = Fraction(fps).limit_denominator(1001)
        self._files, self._start, self._end = files, exact_seconds(start), exact_seconds(end)
        self._reader = _Reader()
        self._pages: list[tuple[Path, int]] = []
        self._range: tuple[float, float] | None = None
        self._known: Known | None = None

    def go_on_from(self, known: Known) -> None:
        self._known = known

    def open(self) -> None:
        files = find_images(self._files)
        self.paths = (*files, *{path.parent for path in files})
        self._pages = [(path, page) for path in files for page in range(self._reader.pages(path))]
        self._chosen = self._span()
        self.length = len(self._chosen)
        first = self._reader.read(*self._pages[self._chosen[0]])
        if first.dtype != np.uint8:
            self._range = _range_of(self._pages, self._reader)
        self.size = first.shape[:2]

    def frames(self) -> Iterator[Frame]:
        epoch, size, tick = -1, None, 1 / self.rate
        names = self._names()
        first = self._place_of(self._known)
        for index, number in enumerate(self._chosen[first:], start=first):
            path, page = self._pages[number]
            start = time.perf_counter()
            image = self._rgb(self._reader.read(path, page), path)
            self.meter.add("decode", time.perf_counter() - start)
            if image.shape[:2] != size:
                epoch, size = epoch + 1, image.shape[:2]
            pts, name = number * tick, names[number]
            yield Frame(image, pts, index, self.name, epoch, duration=tick, time_base=tick, name=name)

    def close(self) -> None:
        self._reader.close()

    def _span(self) -> range:
        """The numbers of the pictures from `start` on and before `end`."""
        count = len(self._pages)
        first = math.ceil((self._start or 0) * self.rate)
        last = count if self._end is None else min(count, math.ceil(self._end * self.rate))
        if first >= count:
            seconds = float(count / self.rate)
            raise SourceError(f"{self.name} ends after {seconds:.2f} s; there is nothing at {float(self._start):g} s")
        if first >= last:
            raise SourceError(
                f"{self.name} has no picture from {float(self._start or 0):g} s to {float(self._end):g} s"
            )
        return range(first, last)

    def _place_of(self, known: Known | None) -> int:
        """Where among the chosen pictures reading begins: at the known one where it is in its place, else at 0."""
        if known is None or not known.can_be_found or known.index >= len(self._chosen):
            return 0
        number = self._chosen[known.index]
        path, page = self._pages[number]
        return known.index if known.is_at(number / self.rate, self._rgb(self._reader.read(path, page), path)) else 0

    def _names(self) -> list[str]:
        """The files' stems, with the page where there are several; empty when two would be the same."""
        pages = {path: page for path, page in self._pages}
        names = [f"{path.stem}_{page:06d}" if pages[path] else path.stem for path, page in self._pages]
        return names if len(set(names)) == len(names) else [""] * len(names)

    def _rgb(self, image: np.ndarray, path: Path) -> np.ndarray:
        if image.dtype != np.uint8:
            if self._range is None:
                raise SourceError(f"{path} is deeper ({image.dtype}) than the first picture (8 bits); use one depth")
            low, high = self._range
            image = np.clip((image - low) * (255 / (high - low)) + 0.5, 0, 255).astype(np.uint8)
        return np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image


def is_image(path: Path) -> bool:
    """Whether the name is that of a still image (a GIF is a movie)."""
    return path.suffix.lower() in SUFFIXES


def is_pattern(text: str) -> bool:
    """Whether the text is a glob pattern such as frames/*.png."""
    return any(letter in text for letter in "*?[")


def find_images(files: str | Path | Sequence[str | Path]) -> list[Path]:
    """The image files of a folder, a pattern, a file or a list (kept in its order). SourceError when there are none."""
    if not isinstance(files, (str, Path)):
        found = [Path(file) for file in files]
    elif Path(files).is_dir():
        found = sorted((path for path in Path(files).iterdir() if is_image(path)), key=natural_key)
    elif Path(files).exists() or not is_pattern(str(files)):
        found = [Path(files)]
    else:
        matches = (Path(match) for match in glob.glob(str(files), recursive=True))
        found = sorted((path for path in matches if is_image(path)), key=natural_key)
    if not found:
        raise SourceError(f"no images in {files}; it needs files that end in {', '.join(SUFFIXES)}")
    return found


def natural_key(path: Path | str) -> list[tuple[int, str]]:
    """Sorts frame2 before frame10."""
    parts = re.split(r"(\d+)", str(path).lower())
    return [(int(part), part) if index % 2 else (0, part) for index, part in enumerate(parts)]


class _Reader:
    """Reads pages and keeps the last file open, as a stack is found again page by page otherwise."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._file = None

    def pages(self, path: Path) -> int:
        """1, but for TIFF stacks: other files are not opened before their turn."""
        if path.suffix.lower() not in (".tif", ".tiff"):
            return 1
        with self._opened(path) as file:
            return max(1, file.properties(index=...).n_images or 1)

    def read(self, path: Path, page: int) -> np.ndarray:
        """RGB (h, w, 3) uint8, or the raw values (h, w) of a picture deeper than 8 bits."""
        with self._opened(path) as file:
            if file.metadata(index=page)["mode"] in DEEP_MODES:
                return file.read(index=page)
            return np.ascontiguousarray(file.read(index=page, mode="RGB", rotate=True))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._path = None

    @contextmanager
    def _opened(self, path: Path) -> Iterator:
        """imageio's file; whatever goes wrong with it becomes a SourceError that names it."""
        if path != self._path:
            self.close()
            if not path.is_file():
                raise SourceError(f"{path} is a folder" if path.is_dir() else f"{path} does not exist; check the name")
            if not path.stat().st_size:
                raise SourceError(f"{path} is empty (0 bytes); replace it or leave it out")
        try:
            if self._file is None:
                self._file, self._path = iio.imopen(path, "r", plugin="pillow"), path
            yield self._file
        except Exception as error:  # Pillow's decoders raise OSError, ValueError, SyntaxError, struct.error and more
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise SourceError(f"{path} is not an image or is damaged ({reason}); replace it or leave it out") from error


def _range_of(pages: list[tuple[Path, int]], reader: _Reader) -> tuple[float, float]:
    chosen = np.linspace(0, len(pages) - 1, min(SAMPLED, len(pages))).astype(int)
    low, high = np.percentile(np.concatenate([reader.read(*pages[index]).ravel() for index in chosen]), (0.1, 99.9))
    return float(low), float(max(high, low + 1))
