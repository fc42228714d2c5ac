"""Tracks objects between the step and the sinks."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from streams.frame import Frame
from streams.meter import Meter
from streams.objects.follower import Follower
from streams.objects.regions import MOST
from streams.objects.tracks import TABLE, Tracks
from streams.sinks.sink import Sink


class FollowingSink(Sink):
    """Follows the objects on the masks and hands every frame on with what was `found` on it.

    `last` is the last frame that was passed on. The memory can be saved (`to_arrays`) and restored (`go_on_from`), to
    resume after a restart.
    """

    def __init__(self, sink: Sink, follower: Follower) -> None:
        super().__init__()
        self.sink, self.follower = sink, follower
        self.name, self.screen, self.paths = sink.name, sink.screen, sink.paths
        self.last: Frame | None = None
        self._tracks: Tracks | None = None
        self._crowded = False
        sink.done = self._done

    @property
    def finished(self) -> bool:
        return self.sink.finished

    @property
    def deferred(self) -> bool:
        return self.sink.deferred

    @property
    def ready(self) -> bool:
        return self.sink.ready

    @property
    def main_thread(self) -> bool:
        return self.sink.main_thread

    @property
    def warnings(self) -> list[str]:
        crowded = f"there were more than {MOST} regions on a frame; the largest {MOST} were followed as objects"
        return [*self.sink.warnings, *([crowded] if self._crowded else [])]

    @property
    def totals(self) -> Mapping[int, int]:
        """Class -> how many objects have been given an id."""
        return {} if self._tracks is None else self._tracks.totals

    def open(self) -> None:
        self.sink.open()

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        with self.meter.stage("objects"):
            found, self._tracks = self.follower.step(
                mask, self._tracks, pts=frame.pts, epoch=frame.epoch, gap=frame.gap
            )
        self._crowded |= found.left_out > 0
        self.last = replace(frame, found=found)
        self.sink.write(self.last, mask)

    def close(self, error: BaseException | None = None) -> None:
        self.sink.close(error)

    def notify(self, wake: Callable[[], object]) -> None:
        self.sink.notify(wake)

    def measure(self, meter: Meter) -> None:
        super().measure(meter)
        self.sink.measure(meter)

    def expect(self, *, live: bool) -> None:
        super().expect(live=live)
        self.sink.expect(live=live)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """What is remembered, for a file."""
        return {} if self._tracks is None else self._tracks.to_arrays()

    def go_on_from(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Undo `to_arrays`, before the first frame. StreamError where the arrays are not what it gave."""
        if TABLE in arrays:
            self._tracks = Tracks.from_arrays(arrays)

    def _done(self, frame: Frame) -> None:
        self.done(frame)
