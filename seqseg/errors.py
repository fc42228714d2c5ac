"""The errors that seqseg raises on purpose, which the user can fix.

SeqsegError
├── ConfigError    a setting is unknown, of the wrong type or out of range      (also a ValueError)
├── DataError      images, masks or movies that cannot be used as they are     (also a ValueError)
├── ModelError     a model that cannot be built, or input that it cannot take  (also a ValueError)
├── RunError       a run folder, checkpoint or weights file that is not one    (also a ValueError)
├── ExportError    a model that cannot be exported, or an export that fails     (also a ValueError)
└── TrainingError  training that cannot continue, such as a loss that is NaN   (also a RuntimeError)

Each message says in one line what is wrong, what came and what to do. The command line prints it and exits with 2; any
other exception is a bug and keeps its traceback. The errors of streams are in `streams.errors`.
"""


class SeqsegError(Exception):
    """An error that the user can fix; the base of all others."""


class ConfigError(SeqsegError, ValueError):
    """A setting is unknown, of the wrong type or out of range."""


class DataError(SeqsegError, ValueError):
    """Images, masks or movies that cannot be used as they are."""


class ModelError(SeqsegError, ValueError):
    """A model that cannot be built as asked, or input that it cannot take."""


class RunError(SeqsegError, ValueError):
    """A run folder, checkpoint or weights file that is not one, or belongs to something else."""


class TrainingError(SeqsegError, RuntimeError):
    """Training cannot continue: the loss is not finite, or there is nothing to train on."""


class ExportError(SeqsegError, ValueError):
    """A model that cannot be exported as asked, an exported file that is not one, or a runtime that is not there."""
