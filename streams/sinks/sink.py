"""What every sink is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.meter import Meter


class Sink(ABC):
    """Opened with `with`, takes frames and masks: `sink.write(frame, mask)`, mask (h, w) uint8.

    `finished` turns true when the sink wants no more (its window was closed), `deferred` says that writes return before
    they are done, `warnings` fills while writing, `paths` are the files written. While it is not `ready` a write would
    have to wait. `screen` marks those that someone watches: what counts there is the newest frame. `main_thread` marks
    those that must be opened, written and closed in the thread that runs, as windows must. `name` is what messages call
    it, `done(frame)` is called by those that are `deferred` when they are through with a frame.
    """

    name: str = "the sink"
    finished: bool = False
    deferred: bool = False
    ready: bool = True
    screen: bool = False
    main_thread: bool = False
    live: bool = False
    paths: tuple[Path, ...] = ()

    def __init__(self):
        self._warnings: list[str] = []
        self.meter = Meter()
        self.done: Callable[[Frame], None] = self._tell_meter

    @property
    def warnings(self) -> list[str]:
        return self._warnings

    @abstractmethod
    def open(self) -> None:
        """Gets the sink ready; raises SinkError where it cannot. Writes no file yet: an input may still prove bad."""

    @abstractmethod
    def write(self, frame: Frame, mask: np.ndarray) -> None:
        """Takes a frame and its mask (h, w) uint8."""

    @abstractmethod
    def close(self, error: BaseException | None = None) -> None:
        """Finishes what was written. `error` is what ended the run, if anything did."""

    def notify(self, wake: Callable[[], object]) -> None:  # noqa: B027 - most sinks are always ready
        """`wake()` is called, from any thread, when a sink that was not `ready` is so again. Set it before opening."""

    def measure(self, meter: Meter) -> None:
        """Times are given to this meter from now on."""
        self.meter = meter

    def expect(self, *, live: bool) -> None:
        """Says before opening whether frames come from a live source, which cannot wait for a slow sink."""
        self.live = live

    def _tell_meter(self, frame: Frame) -> None:
        self.meter.shown(frame)

    def __enter__(self) -> "Sink":
        self.open()
        return self

    def __exit__(self, kind, error, trace) -> None:
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
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"the folder {folder} cannot be made: {error.strerror}") from error
