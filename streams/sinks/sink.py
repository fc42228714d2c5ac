"""What every sink is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.meter import Meter


class Sink(ABC):
    """Opened with `with`, takes frames and masks: `sink.write(frame, mask)`, mask (h, w) uint8.

    `finished`: the sink takes no more frames (its window was closed). `deferred`: writes return before they are done;
    the sink then calls `done(frame)` when a frame is written. `ready`: a write would not have to wait. `screen`: people
    watch it, so the newest frame matters. `main_thread`: it must be opened, written and closed in the main thread, as
    windows must. `warnings` fills while writing, `paths` are the files written, `name` is used in messages.
    """

    name: str = "the sink"
    screen: bool = False
    live: bool = False
    paths: tuple[Path, ...] = ()

    def __init__(self) -> None:
        self._warnings: list[str] = []
        self.meter = Meter()
        self.done: Callable[[Frame], None] = self._tell_meter

    @property
    def finished(self) -> bool:
        return False

    @property
    def deferred(self) -> bool:
        return False

    @property
    def ready(self) -> bool:
        return True

    @property
    def main_thread(self) -> bool:
        return False

    @property
    def warnings(self) -> list[str]:
        return self._warnings

    @abstractmethod
    def open(self) -> None:
        """Gets the sink ready or raises SinkError. Writes no file yet: the input may still turn out to be bad."""

    @abstractmethod
    def write(self, frame: Frame, mask: np.ndarray) -> None:
        """Takes a frame and its mask (h, w) uint8."""

    @abstractmethod
    def close(self, error: BaseException | None = None) -> None:
        """Finishes what was written. `error` is what ended the run, if anything did."""

    def notify(self, wake: Callable[[], object]) -> None:  # noqa: B027 - most sinks are always ready
        """`wake()` is called, from any thread, when the sink becomes `ready` again. Set it before opening."""

    def measure(self, meter: Meter) -> None:
        """Times go to this meter from now on."""
        self.meter = meter

    def expect(self, *, live: bool) -> None:
        """Set, before opening, whether frames come from a live source, which cannot wait."""
        self.live = live

    def _tell_meter(self, frame: Frame) -> None:
        self.meter.shown(frame)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close(error)
        except SinkError as failure:
            if error is None:
                raise
            if failure is not error:
                error.add_note(f"closing the sink failed too: {failure}")


def prepared(path: str | Path) -> Path:
    """The path of a file to be written, its folder made."""
    path = Path(path)
    if path.is_dir():
        raise SinkError(f"{path} is a folder; give the name of a file to write")
    make_folder(path.parent)
    return path


def make_folder(folder: Path) -> None:
    """Makes the folder and those above it; SinkError where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"the folder {folder} cannot be made: {error.strerror}") from error
