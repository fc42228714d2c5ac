"""`seqseg pull`: copy a model or a weights file into the cache, where every command finds it by its name."""

import argparse
from pathlib import Path

from seqseg.cli.console.parser import Commands
from seqseg.cli.console.terminal import print_facts
from seqseg.errors import ConfigError


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "pull",
        help="bring a model or weights file into the cache, under a name",
        description="Bring a model or a weights file into the cache, from a file or from an address with its sha256.\n"
        "Every command then takes its name. An interrupted download resumes when the command is repeated.",
        epilog="files end in .keras, .weights.h5, .h5, .pth, .pt; the cache is $SEQSEG_CACHE, else ~/.cache/seqseg\n\n"
        "examples:\n"
        "  seqseg pull https://example.org/street.keras --sha256 9f86d081…\n"
        "  seqseg pull https://example.org/street.keras#sha256=9f86d081…\n"
        "  seqseg pull runs/street/best.keras --name street\n"
        "  seqseg pull onnxruntime-web             what seqseg export --format web copies into its pages, by npm\n"
        "  seqseg stream street --camera 0",
    )
    parser.add_argument("origin", metavar="URL|FILE", help="where it is; onnxruntime-web is a name of its own")
    parser.add_argument("--name", metavar="NAME", help="what to call it (the file's name)")
    parser.add_argument("--sha256", metavar="HEX", help="what the file must have; an address needs it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Pull, and print the name."""
    if Path(args.origin).name.startswith("onnxruntime-web"):
        return _pull_web_runtime(args)
    from seqseg.models.pretrained.cache import cache_folder
    from seqseg.models.pretrained.pull import pull

    entry = pull(args.origin, name=args.name, sha256=args.sha256)
    print_facts(
        {
            "name": entry.name,
            "file": cache_folder() / entry.file,
            "size": f"{entry.bytes / 1e6:.1f} MB",
            "sha256": entry.sha256,
            "from": entry.origin,
        }
    )
    return 0


def _pull_web_runtime(args: argparse.Namespace) -> int:
    from seqseg.export.web.runtime_files import VERSION, pull_runtime

    if args.name or args.sha256:
        raise ConfigError("onnxruntime-web has its own name and sha256; leave --name and --sha256 out")
    print_facts({"name": f"onnxruntime-web {VERSION}", "folder": pull_runtime(args.origin)})
    return 0
