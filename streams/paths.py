"""Paths for FFmpeg, and the identity of files."""

import os
from pathlib import Path


def for_ffmpeg(path: str | Path) -> str:
    """The path as FFmpeg takes it: absolute, so that `12:30.mp4` or `concat:a.mp4` is a file and no protocol."""
    return os.path.abspath(path)


def identity(path: Path) -> tuple[int, int] | Path:
    """A key that is equal for two paths of the same file, also through links; for a missing file it is its path.

    >>> identity(Path("no such folder/../out.mp4")) == identity(Path("out.mp4"))
    True
    """
    real = os.path.realpath(path)
    try:
        facts = os.stat(real)
    except (OSError, ValueError):
        return Path(real)
    return facts.st_dev, facts.st_ino
