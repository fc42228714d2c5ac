"""`seqseg help`: the commands, and every setting, part and kind of data with its options."""

import argparse
import textwrap
from collections.abc import Iterable, Sequence

from seqseg.cli.console.parser import Commands, Parser
from seqseg.cli.console.quiet import import_keras
from seqseg.cli.console.terminal import print_table
from seqseg.cli.help.kinds import Kind, list_kinds
from seqseg.cli.help.parts import GROUPS, Part, list_parts
from seqseg.config.reference import Setting, list_settings
from seqseg.errors import ConfigError
from seqseg.registry import suggestion

TOPICS = ("settings", "parts", "kinds")


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add_parser(
        "help",
        help="explain a command, or list all settings, parts and kinds of data",
        description="Explain a command, every setting of an experiment, every part of a model, or every kind of data.",
        epilog="examples:\n"
        "  seqseg help stream                  what seqseg stream --help prints\n"
        "  seqseg help settings                every key of a config, with type, default and meaning\n"
        "  seqseg help settings training       those of one section; or one key: training.ema\n"
        "  seqseg help parts                   models, backbones, memories, decoders, losses, …\n"
        "  seqseg help parts deeplabv3plus     one of them with its options\n"
        "  seqseg help kinds coco              one kind of data with its options",
    )
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="settings, parts, kinds or a command")
    parser.add_argument("name", nargs="?", metavar="NAME", help="one section, key, group, part or kind")
    parser.set_defaults(run=run, all_commands=commands)


def run(args: argparse.Namespace) -> int:
    """Print what was asked for."""
    parsers: dict[str, Parser] = args.all_commands.choices
    if args.topic is None:
        print(f"commands: {', '.join(parsers)}\ntopics:   {', '.join(TOPICS)}\n\n  seqseg help TOPIC|COMMAND [NAME]")
    elif args.topic in parsers and args.name is None:
        parsers[args.topic].print_help()
    elif args.topic not in TOPICS:
        known = [*TOPICS, *parsers]
        raise ConfigError(
            f"there is no help about {args.topic!r}{suggestion(args.topic, known)}; there is about: {', '.join(known)}"
        )
    else:
        _EXPLAIN[args.topic](args.name)
    return 0


def explain_settings(name: str | None) -> None:
    """Print all settings, those of a section, or one."""
    settings = list_settings()
    chosen = [one for one in settings if name in (None, one.key, one.key.partition(".")[0], one.key.partition(".")[2])]
    if not chosen:
        _refuse("setting", name, [one.key for one in settings])
    for setting in chosen:
        _print_setting(setting)
    print("\n  set them in a file, seqseg train CONFIG.toml, or one by one: seqseg train --set KEY=VALUE")


def explain_parts(name: str | None) -> None:
    """Print the names of all parts, those of a group with their options, or one with its description."""
    import_keras()
    parts = list_parts()
    chosen = [part for part in parts if name in (None, part.group, part.name)]
    if not chosen:
        _refuse("part", name, [*GROUPS, *(part.name for part in parts)])
    if name is None:
        _print_groups(parts)
    for part in chosen if name is not None else ():
        _print_part(part, whole=name == part.name)


def explain_kinds(name: str | None) -> None:
    """Print the kinds of data in a table, or one with all of its description."""
    kinds = list_kinds()
    chosen = [kind for kind in kinds if kind.name == name]
    if name is None:
        print_table(("kind", "what it is", "example"), [(kind.name, kind.about, kind.example) for kind in kinds])
        print("\n  options of one: seqseg help kinds KIND")
    elif not chosen:
        _refuse("kind", name, [kind.name for kind in kinds])
    for kind in chosen:
        print_kind(kind)


def print_kind(kind: Kind) -> None:
    """Print the whole description of a kind."""
    print(f"{kind.name}: {kind.about}\n\n{kind.text}\n\nexample: seqseg inspect {kind.example}")


_EXPLAIN = {"settings": explain_settings, "parts": explain_parts, "kinds": explain_kinds}


def _print_setting(setting: Setting) -> None:
    print(f"{setting.key} = {setting.default}    ({setting.kind})")
    print(textwrap.fill(setting.about, 100, initial_indent="    ", subsequent_indent="    "))


def _print_groups(parts: Iterable[Part]) -> None:
    for group, setting in GROUPS.items():
        names = ", ".join(part.name for part in parts if part.group == group)
        print(f"{group}: {setting}")
        print(textwrap.fill(names, 100, initial_indent="    ", subsequent_indent="    "))
    print("\n  those of a group with their options: seqseg help parts GROUP   one: seqseg help parts NAME")


def _print_part(part: Part, *, whole: bool) -> None:
    print(f"{part.name} ({GROUPS[part.group]})")
    print(textwrap.indent(part.text if whole else part.about, "    "))
    print(textwrap.fill(f"options: {part.options_text}", 100, initial_indent="    ", subsequent_indent="        "))


def _refuse(noun: str, name: str | None, known: Sequence[str]) -> None:
    raise ConfigError(f"there is no {noun} {name!r}{suggestion(str(name), known)}; list them: seqseg help {noun}s")
