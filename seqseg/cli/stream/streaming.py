"""One run of `seqseg stream`: its engine, display, names and servers."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from seqseg.cli.stream.display import Display
from seqseg.cli.stream.figures import MaskFigures
from seqseg.cli.stream.keeping import StateFiles, free_names, make_journal, read_replay
from seqseg.cli.stream.objects import objects_in_words, objects_of, with_objects
from seqseg.cli.stream.options import StreamOptions
from seqseg.cli.stream.report import print_summary
from seqseg.cli.stream.sinks import make_sink
from seqseg.cli.stream.sources import make_source, make_sources, movies_in
from seqseg.cli.stream.streamed import make_step
from seqseg.files import write_json

if TYPE_CHECKING:
    import numpy as np

    from seqseg.export.predictor import ExportedPredictor
    from seqseg.models.clip_model import ClipModel
    from streams import Engine, Frame, Replay, Source, Stream
    from streams.sinks.mjpeg import MjpegServer
    from streams.sinks.sink import Sink
    from streams.web import Page


class StreamRun:
    """A model over the streams of the options, until they end, a limit is reached, or Ctrl-C.

    It owns what the streams share: the display, the MJPEG server, the names that are taken in files' names.
    """

    def __init__(self, options: StreamOptions, model: "ClipModel | ExportedPredictor") -> None:
        self.options, self.model = options, model
        self.display = Display(
            lambda: self.engine.streams,
            json=options.json,
            masks=partial(MaskFigures, model.card.classes, void=model.card.void) if options.report else None,
            measure=bool(options.report and (options.page or options.sink.areas)),
            classes=model.card.classes,
        )
        self.states = StateFiles(options.keeping, model)
        self.engine: Engine
        self._server: MjpegServer | None = None
        self._labels: set[str] = set()  # names of streams in names of files, in small letters
        self._warnings: list[str] = []

    def run(self) -> None:
        """Streams; however the run ends, all files are completed."""
        from streams import Engine

        options = self.options
        step, predictor = make_step(
            self.model,
            size=options.size,
            steady=options.steady,
            slots=options.slots,
            vector=options.vector,
            xla=options.xla,
        )
        facts = self._facts()
        replay = read_replay(options.keeping.replay, facts, len(options.source.sources))
        with make_journal(options.keeping, facts) as journal, ExitStack() as servers:
            servers.callback(self._close_server)
            if journal is not None:
                self._warnings += journal.warnings
            self.engine = Engine(step, journal=journal, check_state=partial(self.states.check, predictor))
            sources = self._sources(replay)
            page = self._page(sources)
            if page is not None:
                servers.enter_context(page)
                self.display.say(f"  the page is at {page.url}")
            see = self.display.see if page is None else _both(self.display.see, page.show)
            self.engine.on_frame = see if options.sink.objects is None else with_objects(see)
            self._attach_all(sources, replay)
            self._stream(replay, stay=page is not None)

    def sink_of(self, name: str, *, several: bool = True) -> "Sink":
        """The sinks of a stream; its files have its name in theirs where there are `several` streams."""
        return make_sink(
            self.options.sink,
            self.model.card,
            name=name,
            label=self._label(name) if several else None,
            server=self.server,
        )

    def server(self) -> "MjpegServer":
        """The MJPEG server of all streams, made when the first needs it."""
        from streams.sinks.mjpeg import open_server

        if self._server is None or self._server.closed:
            announce = partial(self._announce, "live at")
            self._server = open_server(self.options.sink.mjpeg or "", token=self.options.sink.token, announce=announce)
        return self._server

    def _announce(self, what: str, url: str) -> None:
        self.display.say(f"  {what} {url}")

    def _close_server(self) -> None:
        """Also the server of streams that never opened."""
        if self._server is not None:
            self._server.close()

    def _label(self, name: str) -> str:
        from streams.sinks.writing.naming import name_for_files, name_in_short

        label = name_for_files(name_in_short(name), self._labels)
        self._labels.add(label.lower())
        return label

    def _sources(self, replay: "Replay | None") -> "dict[str, Source]":
        """The sources by the names of their streams; the display hears their events."""
        sources = make_sources(self.options.source, self.model)
        for source in sources:
            source.watch(self.display.hear)
        for text in self.options.source.sources if self.options.sink.files else ():
            if (movies := movies_in(text)) > 1:
                self.display.say(
                    f"  note: {text} holds {movies} movies, which are one stream, one after the other; "
                    f"seqseg segment {text} --out DIR gives each its own masks"
                )
        names = list(replay.streams) if replay else free_names([source.name for source in sources])
        return dict(zip(names, sources, strict=True))

    def _page(self, sources: "dict[str, Source]") -> "Page | None":
        options = self.options.page
        if options is None:
            return None
        import numpy as np

        from streams.web import Looks, Page

        card = self.model.card
        return Page(
            self.engine,
            Looks(card.classes, np.asarray(card.palette, np.uint8), card.void),
            host=options.host,
            port=options.port,
            token=options.token,
            certificate=options.certificate,
            key=options.key,
            sources={name: partial(self._again, number) for number, name in enumerate(sources)},
            sink_for=self.sink_of,
            options={"on_gap": self.options.on_gap},
            device=options.device,
        )

    def _again(self, number: int) -> "Source":
        """A new source of the command line for the page; the others are left alone."""
        source = make_source(self.options.source, number, self.model)
        source.watch(self.display.hear)
        return source

    def _attach_all(self, sources: "dict[str, Source]", replay: "Replay | None") -> None:
        """A stream for each source, with its own sinks and files."""
        from streams import Prefetch

        names = list(sources)
        for name, source in sources.items():
            sink = self.sink_of(name, several=len(names) > 1)
            judge: dict[str, Any] = {"on_gap": self.options.on_gap}
            if replay:
                judge, source = {"continuity": replay.continuity(name)}, replay.source(name, source)
            self.engine.attach(
                Prefetch(source, **self.options.source.reading),
                sink,
                name=name,
                max_frames=self.options.max_frames,
                **judge,
                **self.states.start_of(name, source, sink, names),
            )

    def _stream(self, replay: "Replay | None", *, stay: bool) -> None:
        engine, states = self.engine, self.states
        plan = replay.plan if replay else None
        try:
            with self.display:
                engine.run(
                    seconds=self.options.duration, between=lambda: states.now_and_then(engine), plan=plan, stay=stay
                )
        except KeyboardInterrupt:
            states.save(engine)
            report = self._tell()
            frames = report["frames"] + report["forgotten"]["frames"]
            unfinished = self._unfinished()
            raise KeyboardInterrupt(f"stopped after {frames} frames; {unfinished}") from None
        states.save(engine)
        failed = [stream for stream in engine.streams if stream.error is not None]
        if any(stream.frames for stream in engine.streams) or not failed:
            self._tell()
        if len(engine.streams) == 1 and failed[:1] and failed[0].error is not None:
            raise failed[0].error
        if failed:
            from streams import StreamError

            raise StreamError(_failures(engine))

    def _unfinished(self) -> str:
        """Whether all files are complete, and which are not."""
        failures = _failures(self.engine)
        open_ones = [stream.name for stream in self.engine.streams if not stream.closed]
        if open_ones:
            text = f"what {', '.join(open_ones)} wrote is not finished, and stays in files named .part"
        else:
            text = "all files are complete"
        return f"{text}; {failures}" if failures else text

    def _tell(self) -> dict[str, Any]:
        """Prints and writes the report."""
        engine, options = self.engine, self.options
        report = engine.report()
        masks = {stream.id: self.display.masks_of(stream) for stream in engine.streams}
        objects = {stream.id: objects_of(stream.sink, self.model.card.classes) for stream in engine.streams}
        for told in report["streams"]:
            told["masks"] = masks.get(told["id"])
            told["objects"] = objects[told["id"]]
        several = len(engine.streams) > 1
        warnings = self._warnings + [
            f"{stream.name}: {text}" if several and stream.name not in text else text
            for stream in engine.streams
            for text in stream.warnings
        ]
        if not options.json:
            print_summary(report, warnings, self._files() | {"found": objects_in_words(objects.values())})
            if options.keeps_nothing:
                print("\n  nothing was saved; add --save overlay.mp4, --masks DIR or --show")
        if options.report:
            write_json(options.report, report | {"warnings": warnings})
        return report

    def _files(self) -> dict[str, str | None]:
        sink, keeping = self.options.sink, self.options.keeping
        return {
            "steadied": self.options.steady.note,
            "overlay": sink.save,
            "masks": sink.masks,
            "lines": sink.rle,
            "areas": sink.areas,
            "polygons": sink.polygons.path if sink.polygons else None,
            "objects": sink.objects.path if sink.objects else None,
            "recording": sink.record,
            "journal": keeping.journal,
            "state": keeping.save_state,
            "report": self.options.report,
        }

    def _facts(self) -> dict[str, Any]:
        """What the masks depend on, besides the frames."""
        import hashlib
        from pathlib import Path

        options, state = self.options, self.options.keeping.load_state
        return {
            "model": self.states.fingerprint,
            "size": options.size_text,
            **options.steady.to_dict(),
            "slots": options.slots,
            "vector": options.vector,
            "state": hashlib.sha256(Path(state).read_bytes()).hexdigest()[:16] if state else None,
            "backend": self._backend(),
        }

    def _backend(self) -> str:
        from seqseg.export.predictor import ExportedPredictor

        if isinstance(self.model, ExportedPredictor):
            return self.model.card.format
        import keras

        return str(keras.backend.backend())


def _both(
    first: "Callable[[Stream, Frame, np.ndarray], None]", second: "Callable[[Stream, Frame, np.ndarray], None]"
) -> "Callable[[Stream, Frame, np.ndarray], None]":
    def see(stream: "Stream", frame: "Frame", mask: "np.ndarray") -> None:
        first(stream, frame, mask)
        second(stream, frame, mask)

    return see


def _failures(engine: "Engine") -> str:
    """Which streams ended by an error of their own, and why; empty when none did."""
    failed = [stream for stream in engine.streams if stream.error is not None]
    reasons = "; ".join(f"{stream.name}: {stream.error}" for stream in failed)
    return f"{len(failed)} of {len(engine.streams)} streams failed: {reasons}" if failed else ""
