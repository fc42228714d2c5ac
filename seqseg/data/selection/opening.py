"""Open sets for training and scoring: as they are, or with --skip-bad without broken items."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seqseg.data.left_out import LeftOut
from seqseg.data.opening import open_data
from seqseg.data.selection.screening import Findings, read_screenings, screen, write_screenings
from seqseg.data.video import VideoSet


class Screening:
    """Opens sets; with `skip` each is read once, and broken items go from the set to `left_out`.

    `file` holds the findings of an earlier screening, so that nothing is read twice; `keep` writes it. `progress` gets
    the number of frames read and of all.

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
        """What was left out and why, one line each."""
        return self.left_out.items

    def open(self, source: str, *, split: str, class_map: str | Mapping[str, Any] | None = None) -> VideoSet:
        """As `open_data`."""
        return self.screen(open_data(source, split=split, left_out=self.left_out, class_map=class_map))

    def screen(self, data: VideoSet) -> VideoSet:
        """The set without its broken items, if they may be skipped."""
        if not self.left_out.skip:
            return data
        return screen(data, self.left_out, kept=self._kept, progress=self._progress)

    def keep(self, file: Path) -> None:
        """Write the findings for the next screening."""
        if self._kept:
            write_screenings(file, self._kept)
