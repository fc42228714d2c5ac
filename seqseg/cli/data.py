"""`seqseg data`: which kinds of data there are."""

import argparse
import json

from seqseg.cli.console.parser import Commands
from seqseg.cli.console.terminal import print_table
from seqseg.cli.help import explain_kinds
from seqseg.errors import ConfigError


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "data",
        help="list the kinds of data, or explain one",
        description="List the kinds of data, which are named KIND:PATH, or explain one with its options.",
    )
    parser.add_argument("kind", nargs="?", metavar="KIND", help="explain this one")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print kind, what it is and an example of each."""
    if args.kind is not None:
        return _explain(args)
    from seqseg.data import list_data

    kinds = list_data()
    if args.json:
        print(json.dumps([dict(zip(("kind", "about", "example"), kind, strict=True)) for kind in kinds], indent=2))
        return 0
    print_table(("kind", "what it is", "example"), kinds)
    print(f"\n  look at yours before training: seqseg inspect {kinds[0][2]}")
    print("  options of a kind: seqseg data KIND")
    return 0


def _explain(args: argparse.Namespace) -> int:
    if args.json:
        raise ConfigError(
            f"--json lists the kinds; seqseg data {args.kind} explains one in words: leave one of them out"
        )
    explain_kinds(args.kind)
    return 0
