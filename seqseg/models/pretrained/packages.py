"""Weights in installed Python packages, found without importing the package."""

import importlib.util
from pathlib import Path

from seqseg.errors import ModelError


def file_in_package(package: str, pattern: str, *, distribution: str) -> Path | None:
    """The one file that matches `pattern` in an installed package; None where the package is not installed.

    Nothing of the package runs: only its folder is looked up.

    Args:
        package: the import name.
        pattern: a glob relative to the package's folder, such as "models/*.pth".
        distribution: the name that pip knows, for the message.

    Raises:
        ModelError: the package is there and holds no such file, or several.
    """
    spec = importlib.util.find_spec(package)
    if spec is None:
        return None
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    found = sorted(path for folder in folders for path in folder.glob(pattern) if path.is_file())
    if len(found) != 1:
        where = folders[0] if folders else spec.origin
        raise ModelError(
            f"the package {distribution} at {where} holds {len(found)} files {pattern}, not one; it is not the package "
            f"that is meant: pip install --force-reinstall {distribution}"
        )
    return found[0]
