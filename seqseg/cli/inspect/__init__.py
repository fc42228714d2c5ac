"""`seqseg inspect`: look at data before training on it."""

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.parser import Commands
from seqseg.cli.console.quiet import import_keras
from seqseg.cli.console.skip_bad import left_out_path, list_left_out
from seqseg.cli.console.terminal import print_facts, print_table
from seqseg.cli.inspect.augment import add_augment_options, draw_augment_sheet
from seqseg.cli.inspect.receptive_field import measure_field
from seqseg.errors import ConfigError, DataError
from seqseg.files import write_json

if TYPE_CHECKING:
    from seqseg.data.video import VideoSet
    from seqseg.training.run.progress import CountingLine

SHOWN_PROBLEMS = 20
SHOWN_SIZES = 4


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "inspect",
        help="look at data: classes, problems, a picture",
        description="Count the labels of each class, look for problems, and draw a contact sheet.",
        epilog="examples:\n  seqseg inspect folders:~/cells --split all\n"
        "  seqseg inspect folders:~/cells --augment --set augment.elastic=[3,12]",
    )
    parser.add_argument(
        "source",
        metavar="KIND:PATH",
        help="the data; `seqseg data` lists the kinds; of a PATH alone the kind is found by looking",
    )
    parser.add_argument("--split", default="train", choices=("train", "val", "test", "all"), help="which part (train)")
    parser.add_argument(
        "--map", metavar="FILE.toml", help="merge, drop and rename classes first, as its [data.map] says"
    )
    parser.add_argument("--sheet", metavar="FILE.png", help="where the contact sheet goes (inspect-KIND-SPLIT.png)")
    parser.add_argument("--json", metavar="FILE", nargs="?", const="-", help="write JSON to a file, or print it (-)")
    parser.add_argument("--html", metavar="FILE.html", help="also write a page with pictures, all in one file")
    parser.add_argument("--sample", type=int, metavar="N", help="read N frames only, evenly from everywhere (all)")
    parser.add_argument(
        "--near", type=int, default=3, metavar="BITS", help="of 64 that near duplicates differ in at most, 0 to 3 (3)"
    )
    parser.add_argument("--no-leaks", action="store_true", help="do not look for its pictures in the other splits")
    parser.add_argument("--skip-bad", action="store_true", help="show what --skip-bad leaves, and list the rest")
    parser.add_argument(
        "--model",
        metavar="NAME|RUN",
        help="also its receptive field on some frames, in space and in time",
    )
    add_augment_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the facts and problems of the data and draw a contact sheet, or one of its augmentation."""
    args.source = _recognised(args.source)
    if args.augment is not None or args.assignments:
        return draw_augment_sheet(args)
    if args.sample is not None and args.sample < 1:
        raise ConfigError(f"--sample must be at least 1, got {args.sample}")
    if not 0 <= args.near <= 3:
        raise ConfigError(f"--near must be from 0 to 3 bits, got {args.near}")
    outputs = Outputs()
    outputs.data(args.source)
    outputs.writes("--sheet", args.sheet, suffixes=(".png", ".jpg", ".jpeg"))
    outputs.writes("--html", args.html, suffixes=(".html", ".htm"))
    outputs.writes("--json", None if args.json == "-" else args.json, suffixes=(".json", ".txt", ""))
    with outputs.checked():
        return _inspect(args)


def _recognised(source: str) -> str:
    """KIND:PATH; of a path alone the kind found by looking, which is printed. ConfigError where it is not clear."""
    from seqseg.data import opening

    if source.partition(":")[0] in opening.DATASETS:
        return source
    if ":" in source and not Path(source).expanduser().exists():
        return source  # an unknown kind, which opening names
    from seqseg.data.inspection.recognising import recognise

    found = recognise(source)
    if not found:
        raise ConfigError(
            f"{source} is of no kind that can be told by looking; say which: seqseg inspect KIND:{source} "
            "(`seqseg data` lists the kinds)"
        )
    if len(found) > 1:
        listed = "; ".join(f"{name} ({why})" for name, why in found)
        raise ConfigError(f"{source} may be several things: {listed}; name one of them")
    ((name, why),) = found
    print(f"{source} is {name}: {why}\n  seqseg inspect {shlex.quote(name)}\n", file=sys.stderr)
    return name


def _inspect(args: argparse.Namespace) -> int:
    from seqseg.data.inspection.report import inspect

    data, others, lost = _open(args)
    with _line("reading") as line:
        found = inspect(data, others=others, sample=args.sample, near=args.near, progress=line.show)
    facts = found.to_dict()
    facts["left_out"] = lost
    facts["problems"] = [*lost, *facts["problems"]]
    facts["class_weights"] = _weights(facts["counts"])
    facts["notes"] = [*facts["notes"], *_hint_of_photos(data, facts["problems"])]
    extra = ""
    if args.model:
        facts["receptive_field"], extra = measure_field(args.model, data)
    facts["sheet"] = _draw_sheet(data, _sheet_path(args), facts["problems"])
    if args.html:
        from seqseg.data.inspection.page import inspection_page, write_page

        write_page(args.html, inspection_page(data, facts, extra=extra, others=others))
        facts["page"] = args.html
    if args.json and args.json != "-":
        write_json(args.json, facts)
    print(json.dumps(facts, indent=2)) if args.json == "-" else _print(facts)
    return 0


def _hint_of_photos(data: "VideoSet", problems: list[str]) -> list[str]:
    """What to know where frames seem not to belong together."""
    from seqseg.data.selection.apart import looks_apart

    why = None if problems else looks_apart(data)  # problems may be frames that cannot be read
    return [] if why is None else [f"{why}: where they do not belong together, train with data.independent=true"]


def _line(what: str) -> "CountingLine":
    from seqseg.training.run.progress import CountingLine

    return CountingLine(what, stream=sys.stderr)


def _open(args: argparse.Namespace) -> "tuple[VideoSet, list[VideoSet], list[str]]":
    """The set, its other splits, and what was left out on opening."""
    from seqseg.data import open_data
    from seqseg.data.left_out import LeftOut
    from seqseg.data.selection.screening import leave_out_broken

    left_out = LeftOut(skip=True)  # list all problems, not only the first
    data = open_data(args.source, split=args.split, left_out=left_out, class_map=args.map)
    if args.skip_bad:
        with _line("looking for what is broken") as line:
            data = leave_out_broken(data, left_out, progress=line.show)
        list_left_out(left_out.items, left_out_path(args.source, args.split))
    others = []
    if args.split != "all" and not args.no_leaks:
        for split in ("train", "val", "test"):
            if split != args.split:
                try:
                    others.append(open_data(args.source, split=split, left_out=LeftOut(skip=True), class_map=args.map))
                except DataError:
                    pass  # there is no such split
    return data, others, left_out.items


def _weights(counts: list[int]) -> dict[str, list[float]]:
    """The class weights of every kind of training.class_weights."""
    import_keras()
    from seqseg.losses import CLASS_WEIGHTS, class_weights

    weights = {kind: class_weights(counts, kind) for kind in CLASS_WEIGHTS}
    return {kind: [round(float(x), 4) for x in values] for kind, values in weights.items() if values is not None}


def _sheet_path(args: argparse.Namespace) -> Path:
    return Path(args.sheet or f"inspect-{args.source.partition(':')[0]}-{args.split}.png")


def _draw_sheet(data: "VideoSet", path: Path, problems: list[str]) -> str | None:
    """Write the contact sheet; None if a damaged file, which the problems name, prevents it."""
    import imageio.v3 as imageio

    from seqseg.data.inspection.contact_sheet import contact_sheet
    from streams.errors import SourceError

    try:
        picture = contact_sheet(data)
    except (DataError, SourceError):
        if not problems:
            raise
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    imageio.imwrite(path, picture, extension=".png")
    return str(path)


def _print(facts: dict[str, Any]) -> None:
    sizes = [f"{size} ({number})" if len(facts["sizes"]) > 1 else size for size, number in facts["sizes"].items()]
    if len(sizes) > SHOWN_SIZES:
        sizes[SHOWN_SIZES:] = [f"and {len(sizes) - SHOWN_SIZES} other sizes"]
    labelled = "" if facts["labelled"] == facts["frames"] else f", {facts['labelled']} of them labelled"
    counted = f"{len(facts['videos'])} videos, {facts['frames']} frames{labelled}, {', '.join(sizes)}"
    print(f"{facts['name']} {facts['split']}: {counted}")
    print()
    _print_classes(facts)
    print()
    _print_unknown(facts["unknown_values"])
    _print_frames(facts)
    for note in facts["notes"]:
        print(f"  note: {note}")
    for problem in facts["problems"][:SHOWN_PROBLEMS]:
        print(f"  problem: {problem}")
    if len(facts["problems"]) > SHOWN_PROBLEMS:
        print(f"  … and {len(facts['problems']) - SHOWN_PROBLEMS} more problems; --json lists all")
    print_facts({"problems": len(facts["problems"]) or "none", "sheet": facts["sheet"], "page": facts.get("page")})


def _print_classes(facts: dict[str, Any]) -> None:
    total = facts["pixels"] or 1
    rows = [
        (number, name, f"{count:,}", f"{100 * count / total:.2f} %", frames, videos)
        for number, (name, count, frames, videos) in enumerate(
            zip(facts["classes"], facts["counts"], facts["class_frames"], facts["class_videos"], strict=True)
        )
    ]
    print_table(("", "class", "pixels", "share", "frames", "videos"), rows)
    print(f"\n  {facts['void']:,} pixels are void")
    if facts["overlapping"]:
        print(f"  {facts['overlapping']:,} pixels show several classes and count for each")
    weights = facts["class_weights"]
    print("\n  what training.class_weights would give:")
    rows = [
        (name, *(f"{weights[kind][number]:.2f}" for kind in weights)) for number, name in enumerate(facts["classes"])
    ]
    print_table(("class", *weights), rows)


def _print_unknown(values: list[dict[str, Any]]) -> None:
    if values:
        print("  labels that are no classes:")
        print_table(
            ("value", "pixels", "masks", "first in"),
            [(one["value"], f"{one['pixels']:,}", one["masks"], one["first"]) for one in values[:SHOWN_PROBLEMS]],
        )
        print()


def _print_frames(facts: dict[str, Any]) -> None:
    shown: dict[str, Any] = {}
    for name in ("brightness", "contrast"):
        found = facts[name]
        if found["histogram"]:
            shown[name] = f"{found['lowest']} to {found['highest']}, median {found['median']}"
            shown[name] += f", {len(found['outliers'])} frames are outliers" if found["outliers"] else ""
    if facts["motion"]:
        motion = facts["motion"]
        shown["motion"] = f"median {motion['median']}, highest {motion['highest']} {motion['unit']}"
        shown["still"] = f"{motion['still']:,} of {motion['pairs']:,} frames repeat the one before"
    if facts["labels"]["longest_gap"]:
        shown["labels"] = f"up to {facts['labels']['longest_gap']:,} frames without, in {facts['labels']['in']}"
    shown["looked at"] = f"{facts['sample']:,} frames" if facts["sample"] else None
    field = facts.get("receptive_field")
    if field:
        height, width = field["box_95"]
        shown["sees"] = f"95 % of its influence from {height}x{width} of {field['size'][0]}x{field['size'][1]} pixels"
        reach = "x".join(map(str, field["reach"]))
        shown["effective"] = f"{field['side']:.0f} pixels wide (Luo et al. 2016); any influence from {reach}"
        shares = [f"{100 * share:.1f}" for share in field["by_frame"][::-1]]
        if len(shares) > 1:
            shown["looks back"] = f"{', '.join(shares)} % of it from this frame, the one before, …"
    print_facts(shown)
    print()
