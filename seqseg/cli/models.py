"""`seqseg models`: which networks there are."""

import json

from seqseg.cli.quiet import import_keras
from seqseg.cli.terminal import print_table


def add(commands) -> None:
    """Offer the command."""
    parser = commands.add_parser("models", help="list the networks", description="List the networks, with their size.")
    parser.add_argument("--classes", type=int, default=21, metavar="N", help="classes to count parameters with (21)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Print name, parameters and one line about each."""
    import_keras()
    from seqseg.models.build import build_model, list_models
    from seqseg.models.presets import PRESETS

    rows = []
    for name in list_models():
        parameters = build_model(name, classes=args.classes).count_params()
        rows.append(
            {"name": name, "parameters": parameters, "about": (PRESETS[name].__doc__ or "").strip().split("\n")[0]}
        )
    if args.json:
        print(json.dumps(rows, indent=2))
        return 0
    print_table(
        ("model", "parameters", "about"), [(row["name"], f"{row['parameters']:,}", row["about"]) for row in rows]
    )
    print(f"\n  with {args.classes} classes and 3 channels; train one with: seqseg train --model {rows[-1]['name']}")
    return 0
