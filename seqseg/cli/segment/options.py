"""All options of `seqseg segment`, as one value that can be sent to other processes."""

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seqseg.cli.console.sizes import WorkingSize, working_size
from seqseg.cli.console.trained import experiment_of, is_export, model_file
from seqseg.cli.stream.sinks import LookOptions
from seqseg.cli.stream.sources import SourceOptions
from seqseg.cli.stream.steady import SteadyOptions
from seqseg.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which outputs each source gets, and how they look."""

    masks: bool = False
    masks_as: str = "source"  # "movie", "pictures", or as the source is
    save: bool = False
    rle: bool = False
    areas: bool = False
    areas_as: str = "pixels"
    look: LookOptions = LookOptions()

    @classmethod
    def of(cls, args: argparse.Namespace) -> "Wanted":
        """From the command line; masks alone where nothing is asked for."""
        nothing = not any((args.masks, args.save, args.rle, args.areas))
        look = LookOptions.of(args)
        if look != LookOptions() and not args.save:
            raise ConfigError("--opacity, --only, --contours and the like say how --save is drawn; add --save")
        return cls(args.masks or nothing, args.masks_as, args.save, args.rle, args.areas, args.areas_as, look)

    def to_dict(self) -> dict[str, Any]:
        """What the outputs depend on, as plain data: of those that are written."""
        return {
            "masks": self.masks_as if self.masks else None,
            "save": asdict(self.look) if self.save else None,
            "rle": self.rle,
            "areas": self.areas_as if self.areas else None,
        }


@dataclass(frozen=True, slots=True)
class SegmentOptions:
    """The options of `seqseg segment` that every worker needs, checked before anything is opened.

    Attributes:
        trained: RUN, as it was given. `file`: the model's file. `export`: whether it is one of `seqseg export`.
        out: the folder of all outputs, absolute.
    """

    trained: str
    checkpoint: str
    file: str
    export: bool
    out: str
    wanted: Wanted
    reading: SourceOptions
    size: WorkingSize
    size_text: str
    runtime: str | None
    vector: str | None
    steady: SteadyOptions
    on_gap: str = "keep"

    @classmethod
    def of(cls, args: argparse.Namespace) -> "SegmentOptions":
        """From the command line. ConfigError and ModelError for what is wrong before anything is opened."""
        export = is_export(args.trained)
        if args.fps is not None and not 0 < args.fps < float("inf"):
            raise ConfigError(f"--fps must be greater than 0, got {args.fps:g}")
        if args.runtime not in (None, "keras") and not export:
            raise ConfigError(f"--runtime {args.runtime} runs files of seqseg export, got {args.trained}")
        options = cls(
            trained=args.trained,
            checkpoint=args.checkpoint,
            file=str(model_file(args).absolute()),
            export=export,
            out=str(Path(args.out).absolute()),
            wanted=Wanted.of(args),
            reading=SourceOptions(fps=args.fps, deinterlace=args.deinterlace, on_cut=args.on_cut),
            size=working_size(args.size),
            size_text=args.size,
            runtime=None if args.runtime == "keras" else args.runtime,
            vector=args.vector,
            steady=SteadyOptions.of(args),
            on_gap="always" if _independent(args) else "keep",
        )
        if export and (options.size != "trained" or options.vector is not None):
            raise ConfigError("--size and --vector are for models run by Keras; an export has its size, and no vector")
        if export and (options.steady.along_motion or options.steady.denoise):
            raise ConfigError("--along-motion and --denoise are for models run by Keras; --smooth is for exports, too")
        return options

    def to_dict(self, engine: str) -> dict[str, Any]:
        """What the outputs depend on besides source and model, as plain data; `engine` runs the network."""
        return {
            "engine": engine,
            "size": self.size_text,
            **self.steady.to_dict(),
            "vector": self.vector,
            "fps": self.reading.fps,
            "deinterlace": self.reading.deinterlace,
            "on_cut": self.reading.on_cut,
            "on_gap": self.on_gap,
            "outputs": self.wanted.to_dict(),
        }


def _independent(args: argparse.Namespace) -> bool:
    """Whether RUN was trained on frames that do not belong together, so that no memory crosses between them."""
    experiment = None if is_export(args.trained) else experiment_of(args)
    return experiment is not None and experiment.data.independent
