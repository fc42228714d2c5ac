"""What all commands share: the parser, options, output, signals, errors as one line."""
