"""Open sets for training and scoring: as they are, or with --skip-bad without broken items."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seqseg.data.left_out import LeftOut
from seqseg.data.opening import open_data
from seqseg.data.selection.screening import Findings, leave_out_broken, read_findings, write_findings
from seqseg.data.video import VideoSet
from seqseg.renamed import renamed


class SetOpener:
    """Opens sets; with `skip` each set is read once and its broken items are left out and collected in `items`.

    `file` holds the findings of an earlier run, so that nothing is read twice; `keep` writes it. `progress` gets the
    number of frames read and of all.

    Example:
        >>> opener = SetOpener(skip=True)
        >>> opener.open("shapes:videos=2", split="val").frames, opener.items
        (32, [])
    """

    def __init__(
        self, *, skip: bool, file: Path | None = None, progress: Callable[[int, int], None] = lambda done, total: None
    ):
        self.left_out = LeftOut(skip=skip)
        self._kept: dict[str, Findings] = read_findings(file) if skip and file else {}
        self._progress = progress

    @property
    def items(self) -> list[str]:
        """What was left out and why, one line each."""
        return self.left_out.items

    def open(self, source: str, *, split: str, class_map: str | Mapping[str, Any] | None = None) -> VideoSet:
        """As `open_data`."""
        return self.check(open_data(source, split=split, left_out=self.left_out, class_map=class_map))

    def check(self, data: VideoSet) -> VideoSet:
        """The set without its broken items, if they may be skipped."""
        if not self.left_out.skip:
            return data
        return leave_out_broken(data, self.left_out, kept=self._kept, progress=self._progress)

    def keep(self, file: Path) -> None:
        """Write the findings, for `file` of a later run."""
        if self._kept:
            write_findings(file, self._kept)


__getattr__ = renamed(__name__, {"Screening": ("SetOpener", SetOpener)})
