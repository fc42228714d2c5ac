"""Locks on outputs, so that only one run writes each; a lock ends with its process."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from seqseg.errors import ConfigError


@contextmanager
def claimed(outputs: Iterable[tuple[str, Path]]) -> Iterator[None]:
    """While open, no other run of this user on this machine may claim one of the files or folders.

    outputs: (option, path) of each. ConfigError if another run writes one. The locks are files of the temporary folder;
    the system releases them when the process ends, also when it is killed.
    """
    with ExitStack() as held:
        for option, path in outputs:
            file = held.enter_context(_lock_file(path))
            if not _locked(file):
                raise ConfigError(f"{option} {path} is being written by another run; give it another name, or wait")
        yield


def _lock_file(path: Path) -> IO[bytes]:
    folder = Path(tempfile.gettempdir()) / f"seqseg-locks-{os.getuid() if hasattr(os, 'getuid') else os.getlogin()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:32]
    return (folder / f"{name}.lock").open("ab")


def _locked(file: IO[bytes]) -> bool:
    """Locks the file until it is closed; False if another process has."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
