"""Many streams through one step: slots, batches, and one stream with its source, sink and state."""

from streams.former_modules import contents_of

__getattr__ = contents_of("streams.engine.engine", package=__name__)
