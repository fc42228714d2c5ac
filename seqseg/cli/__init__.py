"""The command line: one file a command, each with `add(commands)` and `run(args) -> exit code`.

Nothing heavy is imported here or at the top of a command's file; `seqseg --help` answers at once.
"""
