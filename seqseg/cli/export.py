"""`seqseg export`: write one step of a trained model as a file for another runtime, and verify it."""

import argparse
from pathlib import Path
from typing import Any

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.quiet import import_keras
from seqseg.cli.console.sizes import size_option
from seqseg.cli.console.trained import add_run_argument, experiment_of, load_trained
from seqseg.errors import ConfigError, ExportError

FORMATS = ("onnx", "openvino", "litert", "saved_model", "web", "triton")
PRECISIONS = ("fp32", "fp16", "bf16", "int8")
CALIBRATION_CLIPS, CALIBRATION_FRAMES = 4, 16


def add(commands: Any) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "export",
        help="write a trained model for another runtime, and verify it",
        description="Write one step of a trained model, frame and states in, mask and states out, as a file for\n"
        "another runtime. A sidecar FILE.json describes it; the file is verified over a sequence of frames.",
        epilog="examples:\n"
        "  seqseg export runs/cells --format onnx --size 360x480\n"
        "  seqseg export runs/cells --format openvino --precision int8 --calibrate folders:mydata\n"
        "  seqseg export runs/cells --format triton --batch dynamic --out repository/cells\n"
        "  seqseg export runs/cells --format web --out page        a folder that segments the camera of who opens it\n"
        "  seqseg stream cells.onnx --camera 0 --show\n\n"
        "CoreML: coremltools.convert takes the saved_model.  TensorRT: trtexec --onnx=FILE takes a fixed batch.",
    )
    add_run_argument(parser)
    parser.add_argument("--format", required=True, choices=FORMATS, help="what to write")
    parser.add_argument("--size", metavar="HxW", help="of the frames that it takes (the size it was trained at)")
    parser.add_argument("--batch", default="1", metavar="N", help='frames at once: a number or "dynamic" (1)')
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32", help="of the arithmetic (fp32)")
    parser.add_argument(
        "--calibrate", metavar="KIND:PATH", help="clips that int8 is calibrated on, state carried (RUN's validation)"
    )
    parser.add_argument("--out", metavar="FILE", help="where to write (RUN's name in this folder)")
    parser.add_argument("--no-verify", action="store_true", help="do not compare it with the model")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export, verify, print what was written."""
    batch = _batch(args.batch)
    size = checked_size(args.size)
    if args.precision == "int8" and not args.calibrate:
        _calibrated_on_its_own(args)
    if args.calibrate and args.precision != "int8":
        raise ConfigError(f"--calibrate is for --precision int8, got {args.precision}")
    if args.out:
        outputs = Outputs()
        outputs.run(args.trained, f"part of {args.trained}")
        outputs.data(args.calibrate)
        outputs.writes("--out", args.out, folder=Path(args.out).suffix == "")
        outputs.check()
    import_keras()
    import keras

    from seqseg.export.write import check_choice, export_in_child, export_model

    check_choice(args.format, args.precision)
    if keras.backend.backend() != "tensorflow":
        return export_in_child(_arguments(args))
    model = load_trained(args)
    clips = _clips(args.calibrate, model, size) if args.calibrate else ()
    path = export_model(
        model,
        args.out or _default_name(args.trained),
        format=args.format,
        size=size,
        batch=batch,
        precision=args.precision,
        calibration=clips,
    )
    from seqseg.export.comparison import megabytes

    print(f"  wrote {path}  {megabytes(path):.1f} MB, {args.format} {args.precision}")
    if args.no_verify or args.format == "saved_model":
        print("  not verified: no runtime for it is here" if not args.no_verify else "  not verified")
        return 0
    from seqseg.cli.verify import report
    from seqseg.export.verify import verify

    return report([verify(path, model)])


def _calibrated_on_its_own(args: argparse.Namespace) -> None:
    """The validation clips of a run folder, where there is one."""
    experiment = experiment_of(args)
    if experiment is None:
        raise ConfigError("--precision int8 is calibrated on clips: name them with --calibrate KIND:PATH")
    args.calibrate = experiment.data.val or experiment.data.source


def _batch(text: str) -> int | None:
    if text == "dynamic":
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise ConfigError(f'--batch must be 1 to 256 or "dynamic", got {text!r}')
    return int(text)


def checked_size(text: str | None) -> tuple[int, int] | None:
    """--size as numbers; ConfigError where it is none."""
    return None if text is None else size_option(text)


def _default_name(trained: str) -> str:
    return Path(trained).resolve().stem or "model"


def _arguments(args: argparse.Namespace) -> list[str]:
    named = ("checkpoint", "format", "size", "batch", "precision", "calibrate", "out")
    given = {name: getattr(args, name) for name in named if getattr(args, name) is not None}
    flags = [part for name, value in given.items() for part in (f"--{name}", str(value))]
    return [args.trained, *flags, *(["--no-verify"] if args.no_verify else [])]


def _clips(source: str, model: Any, size: tuple[int, int] | None) -> list[Any]:
    """The first frames of some videos, as the step will see them."""
    from seqseg.data import open_data

    size = size or model.card.size
    if size is None:
        raise ExportError(f"{model.card.model} was not trained at one size; give --size HEIGHTxWIDTH")
    clips: list[Any] = []
    for video in open_data(source, split="val").videos:
        frames = [video.frames[index] for index in range(min(CALIBRATION_FRAMES, len(video.frames)))]
        if frames[0].shape[-1] != model.card.channels:
            raise ExportError(
                f"{source} has frames of {frames[0].shape[-1]} channels, but the model takes {model.card.channels}"
            )
        clips.append(_placed(frames, model.card, size))
        if sum(map(len, clips)) >= CALIBRATION_CLIPS * CALIBRATION_FRAMES:
            break
    return clips


def _placed(frames: list[Any], card: Any, size: tuple[int, int]) -> Any:
    """As the file's predictor brings them to its size; of a frame cut into tiles, the one in the middle."""
    from seqseg.data.clips.placing import place_clip
    from seqseg.export.predictor import filling

    placement = filling(card.fit, size).place(*frames[0].shape[:2])
    (top, left), (height, width) = placement.tiles[len(placement.tiles) // 2], placement.tile
    return place_clip(frames, [], placement)[0][:, top : top + height, left : left + width]
