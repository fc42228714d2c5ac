"""A source through the model and into its outputs, by the engine of `seqseg stream`."""

import argparse
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from seqseg.cli.console.claims import claimed
from seqseg.cli.console.trained import load_classifier
from seqseg.cli.console.user_errors import one_line
from seqseg.cli.segment.finding import source_of
from seqseg.cli.segment.options import SegmentOptions, Wanted
from seqseg.cli.stream.sinks import SinkOptions, make_sink
from seqseg.cli.stream.sources import watched_source
from seqseg.cli.stream.streamed import make_step
from seqseg.errors import ConfigError
from seqseg.offline.jobs import Job
from seqseg.offline.perform import Segmented, SourceFailed, Watch

if TYPE_CHECKING:
    from seqseg.cli.stream.streamed import Card, StateChecker
    from seqseg.export.predictor import ExportedPredictor
    from seqseg.models.clip_model import ClipModel
    from streams import Frame, Sink, Source, Stream

WATCH_SECONDS = 0.25


class Segmenter:
    """`segmenter(job, folder, watch)` for `seqseg.offline`. The model is loaded with the first source.

    Every source is a run of its own with a fresh state; the model and its compiled steps are shared.
    """

    def __init__(self, options: SegmentOptions) -> None:
        self.options = options
        self._loaded: tuple[ClipModel | ExportedPredictor, Callable[..., Any], StateChecker] | None = None

    def __call__(self, job: Job, folder: Path, watch: Watch) -> Segmented:
        """Segments the source; SourceFailed where it cannot be."""
        try:
            with claimed([("the output", Path(job.into or self.options.out) / job.name)]):
                return self._segment(job, folder, watch)
        except Exception as error:
            _fail(error)

    def load(self) -> "tuple[ClipModel | ExportedPredictor, Callable[..., Any], StateChecker]":
        """The model, its step for a list of streams, and what knows the step's states; loaded once."""
        if self._loaded is None:
            options = self.options
            model = load_model(options)
            step = make_step(model, size=options.size, steady=options.steady, vector=options.vector)
            self._loaded = (model, *step)
        return self._loaded

    def _segment(self, job: Job, folder: Path, watch: Watch) -> Segmented:
        from streams import Engine, Prefetch

        model, step, _ = self.load()
        last_report = [time.monotonic()]

        def see(stream: "Stream", frame: "Frame", mask: Any) -> None:
            now = time.monotonic()
            if now - last_report[0] >= WATCH_SECONDS:
                last_report[0] = now
                watch(stream.frames)

        engine = Engine(step, on_frame=see)
        sinks = make_sinks(self.options.wanted, model.card, job, folder)
        state = self._state_before(job, step)
        stream = engine.attach(
            Prefetch(self._source(job, model)), sinks, name=job.name, state=state, on_gap=self.options.on_gap
        )
        engine.run()
        if stream.error is not None:
            raise stream.error
        if job.keep:
            self._keep_state(job, stream.state)
        watch(stream.frames)
        return Segmented(stream.frames, tuple(stream.warnings), {"fresh_starts": stream.fresh_starts})

    def _source(self, job: Job, model: "ClipModel | ExportedPredictor") -> "Source":
        reading = self.options.reading
        source: Source = source_of(job, fps=reading.fps or 25, deinterlace=reading.deinterlace)
        source.watch(lambda event: None)  # warnings are part of the outcome
        return watched_source(reading, source, model)

    def _state_before(self, job: Job, step: Callable[..., Any]) -> Any:
        """The state that a chunk begins with: the one it is given, or what the frames before it make of a fresh one."""
        if job.state:
            from seqseg.inference.snapshots import read_snapshots

            return read_snapshots(job.state, model="")[""].state
        state: Any = None
        if job.begin and Fraction(job.enter) < Fraction(job.begin):
            reading = self.options.reading
            before = source_of(
                job, fps=reading.fps or 25, deinterlace=reading.deinterlace, begin=job.enter, end=job.begin
            )
            with before:
                for frame in before:
                    _, (state,) = step([frame.image], [state])
        return state

    def _keep_state(self, job: Job, state: Any) -> None:
        from seqseg.inference.snapshots import Snapshot, write_snapshots

        write_snapshots(job.keep, {"": Snapshot(state or {})}, model="")


def make_sinks(wanted: Wanted, card: "Card", job: Job, folder: Path) -> "Sink":
    """The outputs of a source in its folder, as one sink."""
    as_movie = wanted.masks_as == "movie" or (wanted.masks_as == "source" and job.kind == "movie")
    places = SinkOptions(
        save=str(folder / "overlay.mp4") if wanted.save else None,
        masks=str(folder / ("masks.mkv" if as_movie else "masks")) if wanted.masks else None,
        rle=str(folder / "masks.jsonl") if wanted.rle else None,
        areas=str(folder / "areas.csv") if wanted.areas else None,
        areas_as=wanted.areas_as,
        look=wanted.look,
    )
    return make_sink(places, card, name=job.name, label=None, server=_no_server)


def load_model(options: SegmentOptions) -> "ClipModel | ExportedPredictor":
    """The model of the options, which must find classes."""
    if not options.export:
        return load_classifier(argparse.Namespace(trained=options.file, checkpoint=options.checkpoint))
    from seqseg.export.predictor import ExportedPredictor

    return ExportedPredictor(options.file, runtime=options.runtime, exclusive=True, smooth=options.steady.smooth)


def _fail(error: Exception) -> NoReturn:
    """As SourceFailed, if the user can do something about it; the model's own errors are everybody's."""
    from seqseg.errors import ExportError, ModelError, RunError

    message = one_line(error)
    if message is None or isinstance(error, ModelError | RunError | ExportError | ImportError):
        raise error
    if isinstance(error, ConfigError) and "being written" not in message:
        raise error
    raise SourceFailed(message) from error


def _no_server() -> NoReturn:
    raise RuntimeError("offline nothing is served")
