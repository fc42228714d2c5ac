"""argparse with errors of one line that name the nearest right word."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias

from seqseg.errors import ConfigError
from seqseg.registry import suggestion


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises ConfigError instead of printing its usage and exiting."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", _Formatter)
        super().__init__(allow_abbrev=False, **options)

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """The arguments, or ConfigError for a command or flag that does not exist, with the nearest that does."""
        commands = self._commands()
        if not argv:
            raise ConfigError(f"no command given; the commands are: {', '.join(commands)}; see seqseg --help")
        if not argv[0].startswith("-") and argv[0] not in commands:
            near = suggestion(argv[0], commands)
            raise ConfigError(f"unknown command {argv[0]!r}{near}; the commands are: {', '.join(commands)}")
        args, unknown = self.parse_known_args(argv)
        chosen = commands[args.command]
        if len(unknown) == 1 and not unknown[0].startswith("-") and chosen.takes_late(args):
            args.trained, unknown = unknown[0], []
        if hasattr(args, "words") and not any(word.startswith("-") for word in unknown):
            args.words, unknown = [*args.words, *unknown], []  # argparse takes only those before the first flag
        if unknown:
            unknown = [word for word in unknown if word.startswith("-")] or unknown
            flag = unknown[0].partition("=")[0]
            near = suggestion(flag, chosen._option_string_actions) or f"; see {chosen.prog} --help"
            raise ConfigError(f"{chosen.prog} does not take {unknown[0]!r}{near}")
        return args

    def takes_late(self, args: argparse.Namespace) -> bool:
        """Whether RUN may be left out and was not given: argparse takes it for left out when a flag comes first."""
        optional = [action for action in self._actions if action.dest == "trained" and action.nargs == "?"]
        return bool(optional) and args.trained == optional[0].default

    def error(self, message: str) -> NoReturn:
        """Called by argparse."""
        raise ConfigError(f"{message}; see {self.prog} --help")

    def _commands(self) -> dict[str, "Parser"]:
        actions = [action for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return actions[0].choices if actions else {}


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
"""What a command adds its parser to."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Room for the flags, so that most descriptions stay on one line."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=110)
