"""Modules that had another name in the release before, which still works for one release and warns."""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType


class RenamedModules(MetaPathFinder, Loader):
    """Finds modules by their old names, after every other finder; the module is the one of the new name.

    Args:
        names: old name -> new name.

    Example:
        >>> import sys
        >>> sys.meta_path.append(RenamedModules({"streams.mailbox": "streams.threads.mailbox"}))
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_loader(fullname, self) if fullname in self.names else None

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__
        new = self.names[old]
        warnings.warn(f"{old} is now {new}; the old name goes with the next release", DeprecationWarning, stacklevel=2)
        sys.modules[old] = import_module(new)  # which the import takes from there


def contents_of(module: str, *, package: str) -> Callable[[str], object]:
    """The `__getattr__` of a package that was one file: what it held is now in `module`, found there with a warning.

    Example:
        >>> __getattr__ = contents_of("streams.engine.engine", package="streams.engine")
    """

    def __getattr__(name: str) -> object:
        if name.startswith("_") or not hasattr(import_module(module), name):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        message = f"{package}.{name} is now {module}.{name}; the old name goes with the next release"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        found: object = getattr(import_module(module), name)
        return found

    return __getattr__


# Old name -> new name of the modules of streams.
FORMER = {
    "streams.gathering": "streams.engine.gathering",
    "streams.known": "streams.engine.known",
    "streams.mailbox": "streams.threads.mailbox",
    "streams.plan": "streams.engine.plan",
    "streams.prefetch": "streams.threads.prefetch",
    "streams.sinks.lines": "streams.sinks.writing.lines",
    "streams.sinks.movie_file": "streams.sinks.writing.movie_file",
    "streams.sinks.naming": "streams.sinks.writing.naming",
    "streams.sinks.part": "streams.sinks.writing.part",
    "streams.sinks.png": "streams.sinks.writing.png",
    "streams.sinks.sound": "streams.sinks.writing.sound",
    "streams.sinks.ticks": "streams.sinks.writing.ticks",
    "streams.sinks.times": "streams.sinks.writing.times",
    "streams.sinks.writer": "streams.sinks.writing.writer",
    "streams.sources.addresses": "streams.sources.reading.addresses",
    "streams.sources.continued": "streams.sources.reading.continued",
    "streams.sources.decoder": "streams.sources.reading.decoder",
    "streams.sources.events": "streams.sources.reading.events",
    "streams.sources.movie_frames": "streams.sources.reading.movie_frames",
    "streams.sources.seconds": "streams.sources.reading.seconds",
    "streams.sources.wrapper": "streams.sources.reading.wrapper",
    "streams.stream": "streams.engine.stream",
}
FINDER = RenamedModules(FORMER)
