"""`seqseg evaluate`: score a trained model, in clips and as deployed."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seqseg.cli.console.averaging import Averaging, add_averaging_options
from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.parser import Commands
from seqseg.cli.console.polygons import PolygonOptions, add_polygon_options
from seqseg.cli.console.skip_bad import open_set
from seqseg.cli.console.terminal import print_facts
from seqseg.cli.console.trained import (
    add_run_argument,
    add_runtime_option,
    check_runtime,
    experiment_of,
    is_export,
    load_trained,
    open_elsewhere,
    runs_elsewhere,
)
from seqseg.errors import ConfigError, ModelError
from seqseg.files import write_json
from seqseg.geometry import resizing_of_card

if TYPE_CHECKING:
    import numpy as np

    from seqseg.data.video import VideoSet
    from seqseg.evaluation.scores.multi_label_result import MultiLabelEvaluation
    from seqseg.evaluation.scores.result import Evaluation
    from seqseg.export.sidecar import Sidecar
    from seqseg.models.clip_model import ClipModel


class _Deployed(NamedTuple):
    """How the masks as deployed are made, and where their polygons go."""

    polygons: PolygonOptions | None
    averaging: Averaging | None


WAYS = {"clips": ("clips",), "deployed": ("deployed",), "both": ("clips", "deployed")}


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "evaluate",
        help="score a trained model",
        description="Score a trained model at the data's own size: in clips as it was trained, and as deployed, each\n"
        "video from its first frame to its last with the memory carried.",
        epilog="example:\n  seqseg evaluate runs/unet_lstm-camvid-1 --json scores.json --worst worst/",
    )
    add_run_argument(parser)
    parser.add_argument("--data", metavar="KIND:PATH", help="what to score on (what the run was validated on)")
    parser.add_argument("--split", default="val", choices=("train", "val", "test", "all"), help="which part (val)")
    parser.add_argument(
        "--map", metavar="FILE.toml", help="merge, drop and rename classes first, as [data.map] says (as in training)"
    )
    parser.add_argument("--skip-bad", action="store_true", help="leave out what is broken, and list it in a file")
    parser.add_argument("--as", dest="ways", default="both", choices=tuple(WAYS), help="clips, deployed or both (both)")
    add_runtime_option(parser)
    parser.add_argument("--json", metavar="FILE", help="also write the scores as JSON")
    parser.add_argument(
        "--temporal",
        action="store_true",
        help="also TC along optical flow, VC8 and VC16; takes longer",
    )
    parser.add_argument(
        "--confusion", metavar="FILE.png", help="also draw the confusion matrix; of both ways, FILE_clips and _deployed"
    )
    parser.add_argument("--worst", metavar="DIR", help="also write pictures of the frames with the lowest IoU")
    parser.add_argument(
        "--frames", type=int, metavar="N", help="of a model that predicts frames: how far ahead it is scored (10)"
    )
    add_averaging_options(parser)
    add_polygon_options(parser, stream=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print one table for each way asked for."""
    check_runtime(args)
    _take_way(args)
    source, averaging = _source(args), Averaging.of(args)
    pictures, polygons = _confusion_pictures(args), _polygons(args)
    outputs = Outputs()
    outputs.run(args.trained, f"part of {args.trained}")
    outputs.data(source)
    outputs.writes("--json", args.json, suffixes=(".json", ".txt", ""))
    outputs.writes("--worst", args.worst, folder=True)
    if polygons is not None:
        polygons.claim(outputs)
    for path in (pictures or {}).values():
        outputs.writes("--confusion", path, suffixes=(".png",))
    with outputs.checked():
        return _evaluate(args, source, pictures, _Deployed(polygons, averaging))


def _evaluate(args: argparse.Namespace, source: str, pictures: Mapping[str, Path], deployed: "_Deployed") -> int:
    model = None if is_export(args.trained) else load_trained(args)
    if model is not None and model.card.head == "frame":
        return _evaluate_frames(args, source, model)
    if args.frames is not None:
        raise ConfigError(f"--frames is for models that predict frames; {args.trained} finds classes")
    card = _sidecar(args.trained) if model is None else model.card

    from seqseg.data.selection.apart import apart
    from seqseg.evaluation.evaluate import check_answers
    from seqseg.evaluation.scores.result import write_confusion, write_worst

    data = open_set(source, args.split, class_map=_class_map(args), skip_bad=args.skip_bad)
    experiment = None if model is None else experiment_of(args)
    if experiment is not None and experiment.data.independent:
        data = apart(data)
    check_answers(data, card)
    scores = {}
    for way in WAYS[args.ways]:
        evaluation = scores[way] = _EVALUATE[way](args, model, data, deployed)
        print(f"{_TITLES[way]}: {args.trained} on {source} {args.split}")
        print(evaluation.table(), end="\n\n")
        if args.worst:
            write_worst(evaluation, data, Path(args.worst) / way)
        if pictures:
            write_confusion(evaluation, data, pictures[way])
    if args.json:
        about: dict[str, Any] = {"model": args.trained, "data": source, "split": args.split}
        about |= {"runtime": args.runtime} if args.runtime else {}
        about |= {"set": data.name, "notes": list(data.notes)}
        write_json(args.json, about | {way: evaluation.to_dict() for way, evaluation in scores.items()})
    drawn = ", ".join(map(str, pictures.values())) or None
    print_facts(
        {
            "set": data.name,
            "scores": args.json,
            "confusion": drawn,
            "worst frames": args.worst,
            "polygons": args.polygons,
        }
    )
    return 0


def _evaluate_frames(args: argparse.Namespace, source: str, model: "ClipModel") -> int:
    """A model that predicts frames: its forecasts beside repeating the last frame."""
    useless = [name for name in ("temporal", "confusion", "worst", "polygons", "tta") if getattr(args, name)]
    if useless:
        raise ConfigError(f"--{useless[0]} is for models that find classes; {args.trained} predicts frames")
    frames = 10 if args.frames is None else args.frames

    from seqseg.cli.forecast.horizons import print_horizons
    from seqseg.evaluation.forecasts import evaluate_forecasts
    from seqseg.inference.forecasting.forecaster import Forecaster

    forecaster = Forecaster(model, frames=frames, size="trained" if model.card.trained else None)
    data = open_set(source, args.split, class_map=None, skip_bad=args.skip_bad)
    rows = evaluate_forecasts(forecaster.step, data, frames=frames, seen=forecaster.seen)
    print(f"forecasts: {args.trained} on {source} {args.split}")
    print_horizons(rows)
    if args.json:
        about = {"model": args.trained, "data": source, "split": args.split, "set": data.name}
        write_json(args.json, about | {"horizons": rows})
    print()
    print_facts({"set": data.name, "scores": args.json})
    return 0


def _confusion_pictures(args: argparse.Namespace) -> dict[str, Path]:
    """way -> file; empty without --confusion."""
    if args.confusion is None:
        return {}
    path, ways = Path(args.confusion), WAYS[args.ways]
    if path.suffix != ".png":
        raise ConfigError(f"--confusion draws a .png file, got {args.confusion}; name it {path.with_suffix('.png')}")
    return {way: path if len(ways) == 1 else path.with_stem(f"{path.stem}_{way}") for way in ways}


def _source(args: argparse.Namespace) -> str:
    experiment = None if is_export(args.trained) else experiment_of(args)
    if args.data:
        return str(args.data)
    if experiment is None:
        raise ConfigError(f"{args.trained} is a model file, which does not say its data; name it with --data KIND:PATH")
    return experiment.data.val or experiment.data.source if args.split == "val" else experiment.data.source


def _class_map(args: argparse.Namespace) -> str | Mapping[str, Any] | None:
    """The value of --map, or the map of the run."""
    experiment = None if is_export(args.trained) else experiment_of(args)
    return args.map or (experiment.data.map if experiment else None)


def _take_way(args: argparse.Namespace) -> None:
    """Another runtime than Keras runs one step: as deployed."""
    if not runs_elsewhere(args):
        return
    if args.ways == "clips":
        raise ConfigError("exports run one frame after the other and are scored as deployed; leave --as clips out")
    if args.others or args.tta is not None:
        raise ConfigError("several runs and --tta are averaged by Keras; leave the export or --runtime out")
    args.ways = "deployed"


def _sidecar(path: str) -> "Sidecar":
    from seqseg.export.sidecar import read_sidecar

    card = read_sidecar(path)
    if card.head == "frame":
        raise ModelError(f"{path} predicts frames and finds no classes; look at what it predicts with seqseg forecast")
    return card


def _polygons(args: argparse.Namespace) -> PolygonOptions | None:
    options = PolygonOptions.of(args)
    if options is not None and "deployed" not in WAYS[args.ways]:
        raise ConfigError("--polygons are of the masks as deployed; add --as deployed, or --as both")
    return options


def _in_clips(
    args: argparse.Namespace, model: "ClipModel", data: "VideoSet", _: _Deployed
) -> "Evaluation | MultiLabelEvaluation":
    from seqseg.evaluation.evaluate import evaluate_clips

    card = model.card
    resizing = resizing_of_card(card.fit, card.size)
    return evaluate_clips(model, data, timesteps=card.timesteps or 1, resizing=resizing, temporal=args.temporal)


def _as_deployed(
    args: argparse.Namespace, model: "ClipModel | None", data: "VideoSet", deployed: _Deployed
) -> "Evaluation | MultiLabelEvaluation":
    from seqseg.evaluation.evaluate import evaluate_deployed

    step, vectors = _step(args, model, deployed.averaging, exclusive=not data.multi_label)
    with ExitStack() as stack:
        if deployed.polygons is not None:
            step = stack.enter_context(_drawing(step, data, deployed.polygons))
        return evaluate_deployed(step, data, vectors=vectors, temporal=args.temporal)


def _step(
    args: argparse.Namespace, model: "ClipModel | None", averaging: Averaging | None, *, exclusive: bool
) -> tuple[Callable[..., Any], bool]:
    """One step of the model, of several or of the export, and whether it takes a vector."""
    if model is None or runs_elsewhere(args):
        return open_elsewhere(args, model, exclusive=exclusive, always=True).step, False
    from seqseg.inference.predictor import Predictor

    size: Any = "trained" if model.card.trained else None
    vectors = bool(model.card.condition)
    if averaging is not None:
        return averaging.step(model, size=size, exclusive=exclusive), vectors
    return Predictor(model, size=size, exclusive=exclusive, always=True).step, vectors


@contextmanager
def _drawing(step: Callable[..., Any], data: "VideoSet", options: PolygonOptions) -> Iterator[Callable[..., Any]]:
    """The step, which also writes the polygons of each frame; frames come in the order of the set."""
    from seqseg.data.drawn.writing.drawing import drawings_of

    names = (
        video.name if len(video) == 1 else f"{video.name}/{index:06d}"
        for video in data.videos
        for index in range(len(video))
    )
    classes = options.drawn(data.classes)
    with options.writer(Path(options.path), data.classes) as writer:

        def drawn(image: "np.ndarray", state: Any, **more: Any) -> tuple["np.ndarray", Any]:
            mask, state = step(image, state, **more)
            writer.add(next(names), image, drawings_of(mask, classes, least=options.least(*image.shape[:2])))
            return mask, state

        yield drawn


_EVALUATE: dict[str, Callable[..., Any]] = {"clips": _in_clips, "deployed": _as_deployed}
_TITLES = {"clips": "in clips", "deployed": "as deployed"}
