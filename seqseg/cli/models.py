"""`seqseg models`: the networks and the cost of each."""

import argparse
import json
import shutil
from importlib import resources
from typing import Any

from seqseg.cli.console.device import add_device_option, choose_device, device_environment
from seqseg.cli.console.parser import Commands
from seqseg.cli.console.quiet import import_keras
from seqseg.cli.console.sizes import size_option
from seqseg.cli.console.terminal import print_table
from seqseg.cli.help.parts import options_of
from seqseg.cli.ready import list_ready
from seqseg.errors import ConfigError
from seqseg.registry import suggestion

CLASSES, SIZE = 21, (360, 480)


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "models",
        help="list the networks, with their cost",
        description="List the networks with their measured cost; networks that are named are measured on this machine.",
        epilog="GFLOPs: of one frame; a multiply-add is two, in convolutions and matrix products only\n"
        "memory: the most that a model and one stream of it added to a process: weights, maps, state\n"
        "ms: of one streamed frame, the median\n\n"
        "examples:\n  seqseg models\n  seqseg models --ready\n"
        "  seqseg models unet_lstm mobilenetv2_unet --size 240x320 --classes 2",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="measure these on this machine")
    parser.add_argument("--classes", type=int, metavar="N", help=f"classes to measure with ({CLASSES})")
    parser.add_argument("--size", metavar="HxW", help="height x width of the frames to measure with (360x480)")
    parser.add_argument(
        "--ready", action="store_true", help="list the trained models that commands take by name, with scores and speed"
    )
    add_device_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print one line a model."""
    if args.device is not None:
        if not args.names:
            raise ConfigError("--device measures; name the models: seqseg models --device gpu NAME…")
        choose_device(args.device)
    if args.ready:
        _refuse_beside_ready(args)
        return list_ready(as_json=args.json)
    classes, size = _classes(args.classes), _size(args.size)
    rows = _measured(args, classes, size) if args.names else _listed(args)
    if args.json:
        print(json.dumps(rows, indent=2))
        return 0
    print_table(
        ("model", "parameters", "GFLOPs", "memory MB", "state MB", "ms", "about"),
        _shortened([_cells(row) for row in rows]),
    )
    machines = sorted({row["machine"] for row in rows if row["milliseconds"] is not None})
    for name in args.names:
        print(f"\n  {name}: {options_of(name)}")
    print(f"\n  {classes} classes, frames of {size[0]}x{size[1]}, one at a time, on {'; '.join(machines)}")
    if not args.names:
        print("  measure here: seqseg models NAME…   train: seqseg train --model NAME   what it means: --help")
    return 0


def measured_models() -> list[dict[str, Any]]:
    """The cost of every model, measured by `scripts/models_table`; needs no Keras."""
    models: list[dict[str, Any]] = json.loads(
        resources.files("seqseg").joinpath("models", "measured.json").read_text("utf-8")
    )
    return models


def _refuse_beside_ready(args: argparse.Namespace) -> None:
    if args.names or args.classes is not None or args.size is not None:
        raise ConfigError("--ready lists trained models as they are; leave names, --classes and --size out")


def _listed(args: argparse.Namespace) -> list[dict[str, Any]]:
    if args.classes is not None or args.size is not None:
        raise ConfigError(
            f"the list holds what was measured with {CLASSES} classes at {SIZE[0]}x{SIZE[1]}; name the models to be "
            "measured otherwise: seqseg models NAME…"
        )
    return measured_models()


def _measured(args: argparse.Namespace, classes: int, size: tuple[int, int]) -> list[dict[str, Any]]:
    import_keras()
    from seqseg.inference.cost.stopwatch import measure_alone
    from seqseg.models.build import list_models

    known = list_models()
    for name in args.names:
        if name not in known:
            raise ConfigError(f"unknown model {name!r}{suggestion(name, known)}; there are: {', '.join(known)}")
    environment = device_environment(args.device)
    return [measure_alone(name, classes=classes, size=size, environment=environment) for name in args.names]


def _classes(count: int | None) -> int:
    if count is not None and count < 1:
        raise ConfigError(f"classes must be at least 1, got {count}")
    return count or CLASSES


def _size(text: str | None) -> tuple[int, int]:
    return SIZE if text is None else size_option(text)


def _cells(row: dict[str, Any]) -> list[str]:
    costs = (row[name] for name in ("gflops", "memory_mb", "state_mb", "milliseconds"))
    return [row["name"], f"{row['parameters']:,}", *map(_figure, costs), row["about"]]


def _figure(number: float | None) -> str:
    if number is None:
        return "–"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _shortened(rows: list[list[str]]) -> list[list[str]]:
    """The last column cut to the width of the terminal; uncut without one."""
    columns = shutil.get_terminal_size((10_000, 24)).columns
    numbers = 2 + sum(max(len(row[k]) for row in rows) for k in (0, 1)) + 4 * 11
    room = max(20, columns - numbers)
    return [[*row[:-1], row[-1] if len(row[-1]) <= room else row[-1][: room - 1] + "…"] for row in rows]
