"""Sources of frames: movies, image files, cameras, networks, pipes, arrays, and programs that push them."""

from streams.sources.array import RESET, ArraySource
from streams.sources.camera import CameraSource, list_cameras
from streams.sources.chain import Chain
from streams.sources.images import ImageSource
from streams.sources.movie import MovieSource
from streams.sources.network import NetworkSource
from streams.sources.opening import open_source
from streams.sources.paced import Paced
from streams.sources.push import PushSource
from streams.sources.reading.events import SourceEvent
from streams.sources.reading.movie_frames import MovieFrames
from streams.sources.reconnecting import Reconnecting
from streams.sources.source import Source
from streams.sources.standard_input import StandardInput

__all__ = [
    "RESET",
    "ArraySource",
    "CameraSource",
    "Chain",
    "ImageSource",
    "MovieFrames",
    "MovieSource",
    "NetworkSource",
    "Paced",
    "PushSource",
    "Reconnecting",
    "Source",
    "SourceEvent",
    "StandardInput",
    "list_cameras",
    "open_source",
]
