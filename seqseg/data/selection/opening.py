"""Open sets for training and scoring: as they are, or, when asked to go on, without what is broken in them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seqseg.data.left_out import LeftOut
from seqseg.data.opening import open_data
from seqseg.data.selection.screening import Findings, read_screenings, screen, write_screenings
from seqseg.data.video import VideoSet


class Screening:
    """Opens sets; with `skip` each is read once, and what is broken is in `left_out` and no longer in the set.

    `file` is where the findings of an earlier screening are, so that nothing is read twice; `keep` writes them.
    `progress` is told how many frames are read, of how many.

    Example:
        >>> screening = Screening(skip=True)
        >>> screening.open("shapes:videos=2", split="val").frames, screening.items
        (32, [])
    """

    def __init__(
        self, *, skip: bool, file: Path | None = None, progress: Callable[[int, int], None] = lambda done, total: None
    ):
        self.left_out = LeftOut(skip=skip)
        self._kept: dict[str, Findings] = read_screenings(file) if skip and file else {}
        self._progress = progress

    @property
    def items(self) -> list[str]:
        """What was left out and why, a line each."""
        return self.left_out.items

    def open(self, source: str, *, split: str, class_map: str | Mapping[str, Any] | None = None) -> VideoSet:
        """As `open_data`."""
        return self.screen(open_data(source, split=split, left_out=self.left_out, class_map=class_map))

    def screen(self, data: VideoSet) -> VideoSet:
        """The set as it is to be used."""
        if not self.left_out.skip:
            return data
        return screen(data, self.left_out, kept=self._kept, progress=self._progress)

    def keep(self, file: Path) -> None:
        """Write what was found, for the next one to read."""
        if self._kept:
            write_screenings(file, self._kept)
