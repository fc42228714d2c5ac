"""The figures of a fleet for Prometheus and for people."""

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkerHealth:
    """A worker at one moment.

    Attributes:
        name: unique. `model`: of its cameras.
        up: whether its process is there. `restarts`: how often it was started again. `memory`: in bytes.
        cameras: those that it should have. `streams`: its figures of each, `figures_of`.
        age: seconds since its last report.
    """

    name: str
    model: str
    up: bool = False
    restarts: int = 0
    memory: int | None = None
    cameras: tuple[str, ...] = ()
    streams: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    age: float | None = None

    def status_of(self, camera: str) -> str:
        """The status of a camera; "starting" until the worker has reported it."""
        return str(self.streams.get(camera, {}).get("status", "starting")) if self.up else "down"


RUNNING = ("running", "paused")
_KINDS = {
    "seqseg_worker_up": ("gauge", "whether the worker's process is there"),
    "seqseg_worker_restarts_total": ("counter", "how often the worker was started again"),
    "seqseg_worker_memory_bytes": ("gauge", "memory that the worker holds"),
    "seqseg_worker_health_age_seconds": ("gauge", "time since the worker last reported its figures"),
    "seqseg_camera_up": ("gauge", "whether the camera gives frames"),
    "seqseg_camera_frames_total": ("counter", "frames segmented since the worker began"),
    "seqseg_camera_dropped_total": ("counter", "frames read and not segmented, by cause"),
    "seqseg_camera_latency_seconds": ("gauge", "age of a frame when its mask is written, 95th percentile"),
    "seqseg_camera_fresh_starts_total": ("counter", "how often the memory was reset"),
    "seqseg_camera_state_frames": ("gauge", "frames since the memory began"),
}


def prometheus(workers: list[WorkerHealth]) -> str:
    """All figures in the Prometheus text format."""
    lines: list[str] = []
    samples = list(_samples(workers))
    for name, (kind, about) in _KINDS.items():
        mine = [f"{name}{_labels(labels)} {value:g}" for sample, labels, value in samples if sample == name]
        if mine:
            lines += [f"# HELP {name} {about}", f"# TYPE {name} {kind}", *mine]
    return "\n".join(lines) + "\n"


def health_line(workers: list[WorkerHealth], *, fps: float | None = None) -> str:
    """One line for people."""
    statuses = [worker.status_of(camera) for worker in workers for camera in worker.cameras]
    counts = {status: statuses.count(status) for status in dict.fromkeys(statuses)}
    states = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "none"
    dropped = sum(sum(stream["dropped"].values()) for worker in workers for stream in worker.streams.values())
    restarts = sum(worker.restarts for worker in workers)
    rate = "" if fps is None else f"; {fps:.1f} frames a second"
    return (
        f"{len(statuses)} cameras on {len(workers)} workers: {states}{rate}; {dropped} frames dropped, "
        f"{restarts} restarts"
    )


def page(workers: list[WorkerHealth]) -> str:
    """A page that lists all cameras and reloads every two seconds."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in _row(worker, camera)) + "</tr>"
        for worker in workers
        for camera in worker.cameras
    )
    titles = "".join(f"<th>{title}</th>" for title in ("camera", "worker", "status", "frames", "dropped", "p95 ms", ""))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2">'
        "<title>seqseg fleet</title><style>body{font:15px sans-serif;margin:2em;background:#111;color:#ddd}"
        "td,th{padding:.3em 1em;text-align:left;border-bottom:1px solid #333}</style>"
        f"<p>{html.escape(health_line(workers))}</p><table><tr>{titles}</tr>{rows}</table>"
    )


def _row(worker: WorkerHealth, camera: str) -> list[object]:
    stream = worker.streams.get(camera, {})
    latency = stream.get("latency_p95")
    return [
        camera,
        worker.name,
        worker.status_of(camera),
        stream.get("frames", 0),
        sum(stream.get("dropped", {}).values()),
        "" if latency is None else f"{1000 * latency:.0f}",
        stream.get("error") or "",
    ]


def _samples(workers: list[WorkerHealth]) -> Iterator[tuple[str, dict[str, str], float]]:
    for worker in workers:
        mine = {"worker": worker.name, "model": worker.model}
        yield "seqseg_worker_up", mine, float(worker.up)
        yield "seqseg_worker_restarts_total", mine, worker.restarts
        if worker.memory is not None:
            yield "seqseg_worker_memory_bytes", mine, worker.memory
        if worker.age is not None:
            yield "seqseg_worker_health_age_seconds", mine, round(worker.age, 3)
        for camera in worker.cameras:
            labels = {"camera": camera, "worker": worker.name}
            yield "seqseg_camera_up", labels, float(worker.status_of(camera) in RUNNING)
            stream = worker.streams.get(camera)
            if stream is None:
                continue
            yield "seqseg_camera_frames_total", labels, stream["frames"]
            yield "seqseg_camera_fresh_starts_total", labels, stream["fresh_starts"]
            yield "seqseg_camera_state_frames", labels, stream["state_frames"]
            if stream["latency_p95"] is not None:
                yield "seqseg_camera_latency_seconds", labels | {"quantile": "0.95"}, stream["latency_p95"]
            for cause, count in stream["dropped"].items():
                yield "seqseg_camera_dropped_total", labels | {"cause": cause}, count


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
