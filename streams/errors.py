"""The errors of streams, which the user can fix.

StreamError
├── SourceError (also an OSError)   a movie, folder or camera that cannot be read
└── SinkError (also an OSError)     a movie, folder or window that cannot be written

Every message is one line: what is wrong, what came, what to do.
"""


class StreamError(Exception):
    """Something is wrong with a source or a sink."""


class SourceError(StreamError, OSError):
    """A source cannot be opened or read."""


class SinkError(StreamError, OSError):
    """A sink cannot be opened or written."""
