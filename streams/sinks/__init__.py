"""Where masks go: movies, folders, a window, memory, several of them at once."""

from streams.sinks.mask_folder import MaskFolderSink
from streams.sinks.mask_movie import MaskMovieSink
from streams.sinks.memory import MemorySink
from streams.sinks.movie import MovieSink
from streams.sinks.several import Sinks
from streams.sinks.sink import Sink
from streams.sinks.window import WindowSink

__all__ = ["MaskFolderSink", "MaskMovieSink", "MemorySink", "MovieSink", "Sink", "Sinks", "WindowSink"]
