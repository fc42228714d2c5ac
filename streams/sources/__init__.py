"""Where frames come from: movies, image files, cameras, arrays."""

from streams.sources.array import ArraySource
from streams.sources.camera import CameraSource
from streams.sources.images import ImageSource
from streams.sources.movie import MovieSource
from streams.sources.movie_frames import MovieFrames
from streams.sources.opening import open_source
from streams.sources.source import Source

__all__ = ["ArraySource", "CameraSource", "ImageSource", "MovieFrames", "MovieSource", "Source", "open_source"]
