"""`seqseg`: parse, run one command, and turn errors into an exit code.

0 done · 1 a bug (traceback) · 2 an error that the user can fix (one line on stderr) · 130 interrupted, everything saved
"""

import os
import sys
from collections.abc import Sequence

from seqseg.cli import (
    completion,
    convert,
    data,
    demo,
    evaluate,
    export,
    fleet,
    forecast,
    help,
    inspect,
    models,
    pull,
    segment,
    stream,
    train,
    verify,
)
from seqseg.cli.console.parser import Parser
from seqseg.cli.console.printable import printable, printable_output
from seqseg.cli.console.quiet import quiet_libraries, quiet_start
from seqseg.cli.console.stopping import termination_as_interrupt
from seqseg.cli.console.user_errors import one_line
from seqseg.version import __version__

COMMANDS = (
    train,
    evaluate,
    stream,
    segment,
    fleet,
    forecast,
    export,
    verify,
    models,
    pull,
    data,
    inspect,
    convert,
    demo,
    help,
    completion,
)

DONE, USER_ERROR, INTERRUPTED = 0, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code. An exception that comes out of here is a bug."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names need not be valid text
    try:
        with printable_output():
            args = build_parser().parse(sys.argv[1:] if argv is None else argv)
            quiet_start(args.backend)
            with termination_as_interrupt(), quiet_libraries(past_python=True):
                return int(args.run(args))
    except KeyboardInterrupt as interruption:
        print(f"seqseg: {printable(str(interruption)) or 'interrupted'}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe; Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        message = one_line(error)
        if message is None:
            raise
        print(f"seqseg: error: {printable(message)}", file=sys.stderr)
        return USER_ERROR


def build_parser() -> Parser:
    """The parser of all commands."""
    parser = Parser(
        prog="seqseg",
        description="Segment images, sequences and live video: train once on clips, run forever on streams.",
        epilog="New here? `seqseg demo` shows it all in about three minutes, with no data and no downloads.",
    )
    parser.add_argument("--version", action="version", version=f"seqseg {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for command in COMMANDS:
        command.add(commands)
    for command_parser in commands.choices.values():
        command_parser.add_argument(
            "--backend",
            choices=("tensorflow", "jax", "torch"),
            help="Keras backend (default: KERAS_BACKEND, else tensorflow)",
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
