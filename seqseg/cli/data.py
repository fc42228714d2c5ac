"""`seqseg data`: which kinds of data there are."""

import argparse
import json

from seqseg.cli.console.parser import Commands
from seqseg.cli.console.terminal import print_table


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "data", help="list the kinds of data", description="List the kinds of data, which are named KIND:PATH."
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print kind, what it is and an example of each."""
    from seqseg.data import list_data

    kinds = list_data()
    if args.json:
        print(json.dumps([dict(zip(("kind", "about", "example"), kind, strict=True)) for kind in kinds], indent=2))
        return 0
    print_table(("kind", "what it is", "example"), kinds)
    print(f"\n  look at yours before training: seqseg inspect {kinds[0][2]}")
    return 0
