"""Where masks go: movies, folders, tables, a window, memory, several of them at once."""

from streams.sinks.areas import AreasSink
from streams.sinks.mask_folder import MaskFolderSink
from streams.sinks.mask_lines import MaskLinesSink
from streams.sinks.mask_movie import MaskMovieSink
from streams.sinks.memory import MemorySink
from streams.sinks.mjpeg import MjpegSink
from streams.sinks.movie import MovieSink
from streams.sinks.null import NullSink
from streams.sinks.objects import ObjectsSink
from streams.sinks.pictures import PicturesSink
from streams.sinks.restream import RestreamSink
from streams.sinks.several import Sinks
from streams.sinks.sink import Sink
from streams.sinks.window import WindowSink

__all__ = [
    "AreasSink",
    "MaskFolderSink",
    "MaskLinesSink",
    "MaskMovieSink",
    "MemorySink",
    "MjpegSink",
    "MovieSink",
    "NullSink",
    "ObjectsSink",
    "PicturesSink",
    "RestreamSink",
    "Sink",
    "Sinks",
    "WindowSink",
]
