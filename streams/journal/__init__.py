"""A journal of a run, written while it runs, and read back to replay it."""

from streams.journal.reading import Entry, read_journal
from streams.journal.replay import Replay, ReplayedSource
from streams.journal.writing import Journal

__all__ = ["Entry", "Journal", "Replay", "ReplayedSource", "read_journal"]
