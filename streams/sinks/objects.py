"""The objects of a stream as tables: a line a sighting, and a line an object."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from streams.frame import Frame
from streams.objects.sighting import Sighting
from streams.objects.tracks import Track
from streams.sinks.sink import Sink, prepared
from streams.sinks.writing.lines import LinesFile, csv_row

SIGHTINGS = (
    "frame", "pts", "seconds", "epoch", "gap", "id", "class", "area", "x", "y", "left", "top", "width", "height",
    "speed", "first_seen", "last_seen", "frames", "event",
)  # fmt: skip
OBJECTS = (
    "id", "class", "first_seen", "last_seen", "frames", "mean_area", "path", "start_x", "start_y", "end_x", "end_y",
    "split_from", "end",
)  # fmt: skip


def tracks_path(path: str | Path) -> Path:
    """Where the lines of whole objects go: objects.csv -> objects.tracks.csv."""
    path = Path(path)
    return path.with_name(f"{path.stem}.tracks{path.suffix}")


class ObjectsSink(Sink):
    """Two CSV tables of the objects in `Frame.found`.

    The file named has a line for every object on every frame: the frame's number and exact time, the object's id,
    class, area, centroid, box, speed in pixels a second, when it was seen first and last before, in how many frames.
    `NAME.tracks.csv` beside it has a line for every object once it is no longer tracked: its times, mean area, path
    length, first and last place, and why it ended. Every line is complete, also after a crash. Only current objects are
    kept in memory.
    """

    def __init__(self, path: str | Path, names: Sequence[str]) -> None:
        super().__init__()
        self._names = tuple(names)
        self.paths = (Path(path), tracks_path(path))
        self._sightings = LinesFile(self.paths[0], header=csv_row(SIGHTINGS))
        self._objects = LinesFile(self.paths[1], header=csv_row(OBJECTS))
        self._open: dict[int, Track] = {}
        self.name = str(path)

    def open(self) -> None:
        for path in self.paths:
            prepared(path)

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        if frame.found is None:
            return
        with self.meter.stage("encode"):
            for one in frame.found.sightings:
                self._open[one.id] = one.track
                self._sightings.write(csv_row(self._sighting(frame, one)))
            for track, reason in frame.found.ended:
                self._open.pop(track.id, None)
                self._objects.write(csv_row(self._object(track, reason)))

    def close(self, error: BaseException | None = None) -> None:
        for number in sorted(self._open):
            self._objects.write(csv_row(self._object(self._open[number], "end")))
        self._open.clear()
        for lines in (self._sightings, self._objects):
            lines.close()
            self._warnings += lines.part.warning()

    def _sighting(self, frame: Frame, one: Sighting) -> list[object]:
        region, track = one.region, one.track
        return [
            frame.index, frame.pts, f"{float(frame.pts):.9f}", frame.epoch, frame.gap, one.id, self._name(one.value),
            region.area, *(f"{part:.2f}" for part in region.centroid), *region.box, f"{one.speed:.2f}",
            f"{float(track.first):.9f}", f"{float(one.before):.9f}", track.seen, one.event,
        ]  # fmt: skip

    def _object(self, track: Track, reason: str) -> list[object]:
        return [
            track.id, self._name(track.region.value), f"{float(track.first):.9f}", f"{float(track.last):.9f}",
            track.seen, f"{track.areas / track.seen:.1f}", f"{track.path:.1f}",
            *(f"{part:.2f}" for part in (*track.start, *track.region.centroid)), track.parent or "", reason,
        ]  # fmt: skip

    def _name(self, value: int) -> str:
        return self._names[value] if value < len(self._names) else str(value)
