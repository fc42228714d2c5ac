"""`seqseg completion`: the script that lets a shell complete commands and flags."""

import argparse

from seqseg.cli.console.parser import Commands
from seqseg.errors import ConfigError

SHELLS = ("bash", "zsh", "tcsh")


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "completion",
        help="print the script that completes commands and flags in a shell",
        description="Print the script that completes commands and flags in a shell.",
        epilog="examples:\n"
        "  seqseg completion bash > ~/.local/share/bash-completion/completions/seqseg\n"
        "  seqseg completion zsh > ~/.zfunc/_seqseg",
    )
    parser.add_argument("shell", choices=SHELLS, help="whose script")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    try:
        import shtab
    except ImportError:
        raise ConfigError("seqseg completion needs the package shtab: pip install 'seqseg[completion]'") from None
    from seqseg.cli.main import build_parser

    print(shtab.complete(build_parser(), shell=args.shell))
    return 0
