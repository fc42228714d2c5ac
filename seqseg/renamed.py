"""Old names, which still work for one release and warn."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any


def renamed(module: str, names: Mapping[str, tuple[str, Any]]) -> Callable[[str], Any]:
    """A module's `__getattr__` that gives the object of an old name and warns with the new one.

    Args:
        module: its `__name__`.
        names: old name -> (new name, object).

    Example:
        >>> __getattr__ = renamed("seqseg.losses", {"old_name": ("new_name", len)})
    """

    def __getattr__(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        new, value = names[name]
        warn_renamed(f"{module}.{name}", new)
        return value

    return __getattr__


def warn_renamed(old: str, new: str, *, level: int = 3) -> None:
    """DeprecationWarning at the caller's caller: `old` is now called `new`."""
    warnings.warn(f"{old} is now called {new}; the old name is removed in the next release", DeprecationWarning, level)
