"""Events of a source, besides its frames."""

import logging
import time
from dataclasses import dataclass, field

LOG = logging.getLogger("streams.sources")
QUIET = ("connecting", "connected", "settings")  # events that need no action


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """Something happened to a source.

    kind: "connecting", "connected", "lost", "retrying", "gave up", "settings" (what a camera really gives),
    "scene cut", "camera moves" or "times" (the source's clock has jumped). `message` is a whole sentence without
    credentials.
    """

    kind: str
    source: str
    message: str
    wait: float | None = None  # seconds until the next try, of "retrying"
    pts: float | None = None  # seconds into the stream, of "scene cut" and "times"
    at: float = field(default_factory=time.time)  # seconds since 1970


def log(event: SourceEvent) -> None:
    """The default listener: logs events to the logger "streams.sources"."""
    LOG.log(logging.INFO if event.kind in QUIET else logging.WARNING, "%s", event.message)
