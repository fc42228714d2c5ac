"""Everything seqseg raises on purpose; the user can mend each of these.

SeqsegError
├── ConfigError    a setting is unknown, of the wrong type or out of range      (also a ValueError)
├── DataError      images, masks or movies that cannot be used as they are     (also a ValueError)
├── ModelError     a model that cannot be built, or input that does not fit it (also a ValueError)
├── RunError       a run folder, checkpoint or weights file that is not one    (also a ValueError)
└── TrainingError  training that cannot go on, such as a loss that is NaN      (also a RuntimeError)

Each message says in one line what is wrong, what came and what to do. The command line prints it and exits with 2;
any other exception is a bug and keeps its traceback. Streams have a tree of their own in `streams.errors`.
"""


class SeqsegError(Exception):
    """Something the user can mend; the root of the tree."""


class ConfigError(SeqsegError, ValueError):
    """A setting is unknown, of the wrong type or out of range."""


class DataError(SeqsegError, ValueError):
    """Images, masks or movies that cannot be used as they are."""


class ModelError(SeqsegError, ValueError):
    """A model that cannot be built as asked, or input that does not fit it."""


class RunError(SeqsegError, ValueError):
    """A run folder, checkpoint or weights file that is not one, or belongs to something else."""


class TrainingError(SeqsegError, RuntimeError):
    """Training cannot go on: the loss is not a number, there is nothing to train on."""


class ExportError(SeqsegError, ValueError):
    """A model that cannot be exported as asked, an exported file that is not one, or a runtime that is not there."""
