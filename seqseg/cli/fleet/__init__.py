"""`seqseg fleet`: the cameras of a file, each with its model and outputs, on the processes of this machine."""

import argparse

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.console.parser import Commands
from seqseg.cli.fleet.cameras import read_cameras
from seqseg.errors import ConfigError


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "fleet",
        help="many cameras, models and outputs, from a file that may change while they run",
        description="Run the cameras of a file. Cameras of one model share its batches; a camera that is added to the\n"
        "file, or taken out of it, is attached or detached; a worker that dies is started again with the\n"
        "states of its last snapshot.",
        epilog="cameras.toml:\n"
        "  [fleet]\n"
        "  workers = 2                      processes for each model (1)\n"
        "  snapshot = 5                     seconds between two saves of the states (5)\n"
        '  out = "fleet"                    the folder of outputs and states (fleet)\n\n'
        "  [[camera]]\n"
        '  name = "door"\n'
        '  source = "rtsp://door/main"      as of seqseg stream --source\n'
        '  model = "moving"                 a run folder, a model file or a name (voc)\n'
        "  masks = true                     also save, rle, areas, smooth, on_gap\n\n"
        "see docs/scaling.md",
    )
    parser.add_argument("file", metavar="cameras.toml", help="the cameras; looked at again every second")
    parser.add_argument("--serve", metavar="[HOST:]PORT", help="a page that lists all, and /metrics for Prometheus")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="stop after so long")
    parser.add_argument("--every", type=float, default=10, metavar="SECONDS", help="between two health lines (10)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until Ctrl-C or --duration; all files are complete at the end."""
    for name in ("duration", "every"):
        value = getattr(args, name)
        if value is not None and not 0 < value < float("inf"):
            raise ConfigError(f"--{name} must be greater than 0 seconds, got {value:g}")
    fleet = read_cameras(args.file)
    outputs = Outputs()
    outputs.reads(args.file, "the file of the cameras")
    for camera in fleet.cameras:
        outputs.reads(camera.source, f"what {camera.name} reads", media=True)
    outputs.writes("out", fleet.out, folder=True)
    with outputs.checked():
        from seqseg.cli.fleet.running import FleetRun

        FleetRun(fleet, args).run()
    return 0
