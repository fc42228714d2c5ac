"""All options of `seqseg stream`, as one value."""

import argparse
from dataclasses import dataclass

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.sizes import WorkingSize, working_size
from seqseg.cli.stream.keeping import KeepingOptions
from seqseg.cli.stream.page import PageOptions
from seqseg.cli.stream.sinks import SinkOptions
from seqseg.cli.stream.sources import SourceOptions
from seqseg.cli.stream.steady import SteadyOptions
from seqseg.errors import ConfigError

REPORTS = (".json", ".txt", "")


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """The options of `seqseg stream`, checked as far as possible before anything is opened."""

    source: SourceOptions
    sink: SinkOptions
    page: PageOptions | None
    keeping: KeepingOptions
    size: WorkingSize  # (h, w), "trained", or None for the frame's own
    size_text: str
    vector: str | None
    max_frames: int | None
    duration: float | None
    slots: int | None
    on_gap: str
    steady: SteadyOptions
    report: str | None
    json: bool
    xla: bool = False

    @classmethod
    def of(cls, args: argparse.Namespace) -> "StreamOptions":
        """From the command line. ConfigError for what is wrong before anything is opened."""
        page = PageOptions.of(args)
        options = cls(
            source=SourceOptions.of(args, needed=page is None),
            sink=SinkOptions.of(args),
            page=page,
            keeping=KeepingOptions.of(args),
            size=working_size(args.size),
            size_text=args.size,
            vector=args.vector,
            max_frames=args.max_frames,
            duration=args.duration,
            slots=args.slots,
            on_gap=_on_gap(args.on_gap, args.decay),
            steady=SteadyOptions.of(args),
            report=args.report,
            json=args.json,
            xla=args.xla,
        )
        if args.max_frames is not None and args.max_frames < 1:
            raise ConfigError(f"--max-frames must be at least 1, got {args.max_frames}")
        if args.duration is not None and not 0 < args.duration < float("inf"):
            raise ConfigError(f"--duration must be greater than 0 seconds, got {args.duration:g}")
        return options

    @property
    def keeps_nothing(self) -> bool:
        """Whether the run has no output at all."""
        return self.sink.keeps_nothing and self.page is None

    def outputs(self, run: str) -> Outputs:
        """What the command reads and writes, for the rule about outputs. `run`: a run folder or a model file."""
        outputs = Outputs()
        outputs.run(run, f"part of {run}")
        for text in self.source.sources:
            outputs.reads(text, f"what --source {text} reads", media=True)
        if self.page is not None:
            for path in (self.page.certificate, self.page.key):
                if path:
                    outputs.reads(path, "a file for HTTPS")
        self.sink.claim(outputs)
        self.keeping.claim(outputs)
        outputs.writes("--report", self.report, suffixes=REPORTS)
        return outputs


def _on_gap(text: str | None, decay: float | None) -> str:
    """What happens on a gap, as `streams.Engine` takes it."""
    text = text or "keep"
    if decay is not None:
        if text not in ("keep", "decay"):
            raise ConfigError(f"--decay says how fast the memory fades on a gap, but --on-gap {text} does not use it")
        text = f"decay:{decay:g}"
    from streams.errors import StreamError
    from streams.gaps import OnGap

    try:
        OnGap.parse(text)
    except StreamError as error:
        raise ConfigError(f"--on-gap: {error}") from None
    return text
