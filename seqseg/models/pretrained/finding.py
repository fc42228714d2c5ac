"""From what a user names to a file: a path, a ready model, or what was pulled under that name."""

import os
from collections.abc import Callable
from pathlib import Path

from seqseg.errors import ModelError
from seqseg.models.pretrained.cache import cached, entries
from seqseg.models.pretrained.ready import ready_file, ready_models
from seqseg.registry import suggestion

PLACES: dict[str, Callable[[str], Path | None]] = {"ready": ready_file, "pulled": cached}
"""Where names are looked for, in this order. A new place is one more line: name -> its file, or None."""


def find(name: str | os.PathLike[str]) -> Path | None:
    """The file that a path or a name means; None when there is none.

    Raises:
        ModelError: there is one, and it is damaged.
    """
    path = Path(name)
    if path.is_file():
        return path
    text = os.fspath(name)
    for place in PLACES.values():
        if (found := place(text)) is not None:
            return found
    return None


def find_model(name: str | os.PathLike[str]) -> Path:
    """The model file that a path or a name means.

    Raises:
        ModelError: there is none; the message offers the nearest name and lists those there are.
    """
    if (found := find(name)) is not None:
        return found
    if looks_like_a_path(name):
        raise ModelError(f"no model file at {os.fspath(name)}; expected a .keras file written by seqseg")
    raise ModelError(f"no model {os.fspath(name)!r}{unknown_name(os.fspath(name))}")


def looks_like_a_path(name: str | os.PathLike[str]) -> bool:
    """Whether it can only be a path: it has a folder, or the suffix of a file."""
    text = os.fspath(name)
    return not isinstance(name, str) or Path(text).name != text or Path(text).suffix in (".keras", ".h5", ".pth", ".pt")


def unknown_name(name: str) -> str:
    """The end of a message about a name that nothing has: the nearest one, and all there are."""
    ready, pulled = list(ready_models()), [entry.name for entry in entries()]
    listed = f"the ready models are: {', '.join(ready) or 'none in this installation'}"
    if pulled:
        listed += f"; pulled: {', '.join(pulled)}"
    return f"{suggestion(name, [*ready, *pulled])}; {listed}; or give a run folder or a .keras file"
