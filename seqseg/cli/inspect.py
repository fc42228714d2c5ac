"""`seqseg inspect`: look at data before training on it."""

import json
from pathlib import Path

from seqseg.cli.inspect_augment import add_augment_options, draw_augment_sheet
from seqseg.cli.quiet import import_keras
from seqseg.cli.terminal import print_facts, print_table
from seqseg.errors import DataError

SHOWN_PROBLEMS = 20


def add(commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "inspect",
        help="look at data: classes, problems, a picture",
        description="Count the labels of each class, look for problems, and draw a contact sheet.",
        epilog="examples:\n  seqseg inspect folders:~/cells --split all\n"
        "  seqseg inspect folders:~/cells --augment --set augment.elastic=[3,12]",
    )
    parser.add_argument("source", metavar="KIND:PATH", help="the data; `seqseg data` lists the kinds")
    parser.add_argument("--split", default="train", choices=("train", "val", "test", "all"), help="which part (train)")
    parser.add_argument(
        "--map", metavar="FILE.toml", help="merge, drop and rename classes first, as its [data.map] says"
    )
    parser.add_argument("--sheet", metavar="FILE.png", help="where the contact sheet goes (inspect-KIND-SPLIT.png)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_augment_options(parser)
    parser.set_defaults(run=run)


def run(args) -> int:
    """Print what there is and what is wrong with it, and write the contact sheet; or that of augmentation."""
    if args.augment is not None or args.assignments:
        return draw_augment_sheet(args)
    from seqseg.data import open_data
    from seqseg.data.inspection import inspect

    data = open_data(args.source, split=args.split, class_map=args.map)
    facts = inspect(data).to_dict()
    facts["class_weights"] = _weights(facts["counts"])
    facts["sheet"] = _draw_sheet(data, _sheet_path(args), facts["problems"])
    print(json.dumps(facts, indent=2)) if args.json else _print(facts)
    return 0


def _weights(counts) -> dict[str, list[float]]:
    """What training.class_weights would come to, by kind."""
    import_keras()
    from seqseg.losses import CLASS_WEIGHTS, class_weights

    weights = {kind: class_weights(counts, kind) for kind in CLASS_WEIGHTS}
    return {kind: [round(float(x), 4) for x in values] for kind, values in weights.items() if values is not None}


def _sheet_path(args) -> Path:
    return Path(args.sheet or f"inspect-{args.source.partition(':')[0]}-{args.split}.png")


def _draw_sheet(data, path: Path, problems: list[str]) -> str | None:
    """Write the contact sheet; a damaged file, which the problems name already, leaves none."""
    import imageio.v3 as imageio

    from seqseg.data.contact_sheet import contact_sheet

    try:
        picture = contact_sheet(data)
    except DataError:
        if not problems:
            raise
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    imageio.imwrite(path, picture, extension=".png")
    return str(path)


def _print(facts: dict) -> None:
    sizes = ", ".join(
        f"{size} ({number})" if len(facts["sizes"]) > 1 else size for size, number in facts["sizes"].items()
    )
    labelled = "" if facts["labelled"] == facts["frames"] else f", {facts['labelled']} of them labelled"
    print(
        f"{facts['name']} {facts['split']}: {len(facts['videos'])} videos, {facts['frames']} frames{labelled}, {sizes}"
    )
    print()
    _print_classes(facts)
    print()
    for note in facts["notes"]:
        print(f"  note: {note}")
    for problem in facts["problems"][:SHOWN_PROBLEMS]:
        print(f"  problem: {problem}")
    if len(facts["problems"]) > SHOWN_PROBLEMS:
        print(f"  … and {len(facts['problems']) - SHOWN_PROBLEMS} more problems; --json lists all")
    print_facts({"problems": len(facts["problems"]) or "none", "sheet": facts["sheet"]})


def _print_classes(facts: dict) -> None:
    total = facts["pixels"] or 1
    weights = facts["class_weights"]
    rows = [
        (
            number,
            name,
            f"{count:,}",
            f"{100 * count / total:.2f} %",
            *(f"{weights[kind][number]:.2f}" for kind in weights),
        )
        for number, (name, count) in enumerate(zip(facts["classes"], facts["counts"], strict=True))
    ]
    print_table(("", "class", "pixels", "share", *weights), rows)
    print(f"\n  {facts['void']:,} pixels are void; the last columns are what training.class_weights would give")
    if facts["overlapping"]:
        print(f"  {facts['overlapping']:,} pixels show several classes and count for each")
