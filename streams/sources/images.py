"""Frames from image files: a folder, a pattern, a list, a stack of pages."""

import glob
import math
import re
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from streams.engine.known import Known
from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.reading.deep import stretch, value_range
from streams.sources.reading.seconds import exact_seconds
from streams.sources.reading.stills import SUFFIXES, StillReader, is_image
from streams.sources.source import Source

SAMPLED = 16  # pictures from which the range of deep ones is taken

__all__ = ["SUFFIXES", "ImageSource", "find_images", "is_image", "is_pattern", "natural_key"]


class ImageSource(Source):
    """Frames from a folder, a pattern, a file or a list of files, in natural order (2 before 10), at a steady rate.

    Every page of a TIFF or an animated PNG, WebP or AVIF is a frame. EXIF orientation is applied. Pictures deeper than
    8 bits are stretched between the darkest and the brightest 0.1 % of up to 16 pictures spread over the sequence, the
    same for all. Another picture size begins a new epoch. `start` and `end` are seconds, at the given rate.
    """

    def __init__(
        self,
        files: str | Path | Sequence[str | Path],
        *,
        fps: float | Fraction = 25,
        start: float | None = None,
        end: float | None = None,
    ) -> None:
        super().__init__(str(files) if isinstance(files, (str, Path)) else f"{len(files)} images")
        self.rate = self._fps = Fraction(fps).limit_denominator(1001)
        self._files, self._start, self._end = files, exact_seconds(start), exact_seconds(end)
        self._reader = StillReader()
        self._pages: list[tuple[Path, int]] = []
        self._chosen = range(0)
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
            places = np.linspace(0, len(self._pages) - 1, min(SAMPLED, len(self._pages))).astype(int)
            self._range = value_range([self._reader.read(*self._pages[place]) for place in places])
        self.size = (first.shape[0], first.shape[1])

    def frames(self) -> Iterator[Frame]:
        epoch, tick, names = -1, 1 / self._fps, self._names()
        size: tuple[int, ...] | None = None
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
        start = self._start or Fraction(0)
        first = math.ceil(start * self._fps)
        last = count if self._end is None else min(count, math.ceil(self._end * self._fps))
        if first >= count:
            seconds = float(count / self._fps)
            raise SourceError(f"{self.name} ends after {seconds:.2f} s; there is nothing at {float(start):g} s")
        if first >= last:
            raise SourceError(f"{self.name} has no picture from {float(start):g} s to {float(self._end or 0):g} s")
        return range(first, last)

    def _place_of(self, known: Known | None) -> int:
        """Where among the chosen pictures reading begins: at the known one where it is in its place, else at 0."""
        if known is None or not known.can_be_found or known.index >= len(self._chosen):
            return 0
        number = self._chosen[known.index]
        path, page = self._pages[number]
        return known.index if known.is_at(number / self._fps, self._rgb(self._reader.read(path, page), path)) else 0

    def _names(self) -> list[str]:
        """The files' stems, with the page where there are several; empty when two would be the same."""
        pages = {path: page for path, page in self._pages}
        names = [f"{path.stem}_{page:06d}" if pages[path] else path.stem for path, page in self._pages]
        return names if len(set(names)) == len(names) else [""] * len(names)

    def _rgb(self, image: np.ndarray, path: Path) -> np.ndarray:
        if image.dtype != np.uint8:
            if self._range is None:
                raise SourceError(f"{path} is deeper ({image.dtype}) than the first picture (8 bits); use one depth")
            return stretch(image, self._range)
        return np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image


def is_pattern(text: str) -> bool:
    """Whether the text is a glob pattern such as frames/*.png."""
    return any(letter in text for letter in "*?[")


def find_images(files: str | Path | Sequence[str | Path]) -> list[Path]:
    """The image files of a folder, a pattern, a file or a list (kept in its order). SourceError when there are none."""
    if not isinstance(files, (str, Path)):
        found = [Path(file) for file in files]
    elif Path(files).is_dir():
        found = sorted(
            (path for path in Path(files).iterdir() if is_image(path) and not is_hidden(path.name)), key=natural_key
        )
    elif Path(files).exists() or not is_pattern(str(files)):
        found = [Path(files)]
    else:
        matches = (Path(match) for match in glob.glob(str(files), recursive=True))
        found = sorted((path for path in matches if is_image(path) and not is_hidden(path.name)), key=natural_key)
    if not found:
        raise SourceError(f"no images in {files}; it needs files that end in {', '.join(SUFFIXES)}")
    return found


def is_hidden(name: str) -> bool:
    """Whether a file or folder belongs to the system: `.DS_Store`, `._photo.png`, `Thumbs.db`, `__MACOSX`."""
    return name.startswith(".") or name.lower() in ("thumbs.db", "desktop.ini", "__macosx")


def natural_key(path: Path | str) -> list[tuple[int, str]]:
    """Sorts frame2 before frame10."""
    parts = re.split(r"(\d+)", str(path).lower())
    return [(int(part), part) if index % 2 else (0, part) for index, part in enumerate(parts)]
