"""Shared by all commands: the parser, options, output, signals, errors as one line."""
