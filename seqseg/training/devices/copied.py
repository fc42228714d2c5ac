"""The run folder of a process that writes none: a copy of its own, which is removed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqseg.training.run.folder import RunFolder


@contextmanager
def copy_of(folder: RunFolder, *, resume: bool) -> Iterator[RunFolder]:
    """A folder like `folder` in the system's temporary one; a run to be resumed is copied into it."""
    with tempfile.TemporaryDirectory(prefix="seqseg-rank-") as parent:
        own = RunFolder(Path(parent) / "run")
        if resume:
            shutil.copytree(folder.path, own.path, ignore=shutil.ignore_patterns("tensorboard", "*.keras"))
        yield own
