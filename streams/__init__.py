"""Frames in, masks out: sources, sinks and the loop between them. Independent of Keras; a step is any function.

>>> import numpy as np
>>> from streams import ArraySource, MemorySink, run
>>> bright = lambda image, state: ((image[..., 0] > 127).astype(np.uint8), state)
>>> sink = MemorySink()
>>> run(ArraySource(np.zeros((3, 5, 7, 3), np.uint8)), bright, sink).frames
3
>>> sink.masks[0].shape
(5, 7)
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.areas import Areas as Areas
    from streams.camera_motion import FixedCamera as FixedCamera
    from streams.engine.engine import Engine as Engine
    from streams.engine.known import Known as Known
    from streams.engine.stream import Stream as Stream
    from streams.errors import SinkError as SinkError
    from streams.errors import SourceError as SourceError
    from streams.errors import StreamError as StreamError
    from streams.frame import Frame as Frame
    from streams.journal import Journal as Journal
    from streams.journal import Replay as Replay
    from streams.meter import Meter as Meter
    from streams.objects.follower import Follower as Follower
    from streams.overlay import Overlay as Overlay
    from streams.runner import RunResult as RunResult
    from streams.runner import run as run
    from streams.scene_cut import CutDetector as CutDetector
    from streams.scene_cut import SceneCuts as SceneCuts
    from streams.sinks import AreasSink as AreasSink
    from streams.sinks import MaskFolderSink as MaskFolderSink
    from streams.sinks import MaskLinesSink as MaskLinesSink
    from streams.sinks import MaskMovieSink as MaskMovieSink
    from streams.sinks import MemorySink as MemorySink
    from streams.sinks import MjpegSink as MjpegSink
    from streams.sinks import MovieSink as MovieSink
    from streams.sinks import NullSink as NullSink
    from streams.sinks import ObjectsSink as ObjectsSink
    from streams.sinks import PicturesSink as PicturesSink
    from streams.sinks import RestreamSink as RestreamSink
    from streams.sinks import Sink as Sink
    from streams.sinks import Sinks as Sinks
    from streams.sinks import WindowSink as WindowSink
    from streams.sinks.following import FollowingSink as FollowingSink
    from streams.sinks.recording import RecordingFolderSink as RecordingFolderSink
    from streams.sinks.recording import RecordingMovieSink as RecordingMovieSink
    from streams.sources import ArraySource as ArraySource
    from streams.sources import CameraSource as CameraSource
    from streams.sources import Chain as Chain
    from streams.sources import ImageSource as ImageSource
    from streams.sources import MovieFrames as MovieFrames
    from streams.sources import MovieSource as MovieSource
    from streams.sources import NetworkSource as NetworkSource
    from streams.sources import Paced as Paced
    from streams.sources import PushSource as PushSource
    from streams.sources import Reconnecting as Reconnecting
    from streams.sources import Source as Source
    from streams.sources import SourceEvent as SourceEvent
    from streams.sources import StandardInput as StandardInput
    from streams.sources import open_source as open_source
    from streams.steadiness import Steadiness as Steadiness
    from streams.threads.background import Background as Background
    from streams.threads.prefetch import Prefetch as Prefetch

# Loaded on first use, so that `import streams.errors` does not pay for FFmpeg and OpenCV.
_HOMES = {
    "Frame": "streams.frame",
    "StreamError": "streams.errors",
    "SourceError": "streams.errors",
    "SinkError": "streams.errors",
    "open_source": "streams.sources",
    "Source": "streams.sources",
    "ArraySource": "streams.sources",
    "Chain": "streams.sources",
    "CameraSource": "streams.sources",
    "ImageSource": "streams.sources",
    "MovieSource": "streams.sources",
    "MovieFrames": "streams.sources",
    "NetworkSource": "streams.sources",
    "Paced": "streams.sources",
    "PushSource": "streams.sources",
    "Reconnecting": "streams.sources",
    "StandardInput": "streams.sources",
    "FixedCamera": "streams.camera_motion",
    "SceneCuts": "streams.scene_cut",
    "CutDetector": "streams.scene_cut",
    "SourceEvent": "streams.sources",
    "Sink": "streams.sinks",
    "AreasSink": "streams.sinks",
    "MaskFolderSink": "streams.sinks",
    "MaskLinesSink": "streams.sinks",
    "MaskMovieSink": "streams.sinks",
    "MemorySink": "streams.sinks",
    "MjpegSink": "streams.sinks",
    "MovieSink": "streams.sinks",
    "NullSink": "streams.sinks",
    "ObjectsSink": "streams.sinks",
    "PicturesSink": "streams.sinks",
    "RestreamSink": "streams.sinks",
    "Sinks": "streams.sinks",
    "WindowSink": "streams.sinks",
    "Overlay": "streams.overlay",
    "Areas": "streams.areas",
    "Follower": "streams.objects.follower",
    "FollowingSink": "streams.sinks.following",
    "Steadiness": "streams.steadiness",
    "Meter": "streams.meter",
    "Background": "streams.threads.background",
    "Prefetch": "streams.threads.prefetch",
    "Engine": "streams.engine.engine",
    "Stream": "streams.engine.stream",
    "Journal": "streams.journal",
    "Known": "streams.engine.known",
    "RecordingFolderSink": "streams.sinks.recording",
    "RecordingMovieSink": "streams.sinks.recording",
    "Replay": "streams.journal",
    "RunResult": "streams.runner",
    "run": "streams.runner",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'streams' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__


class _Former:
    """Modules by their names of the release before, looked up after all others (streams.former_modules)."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> object:
        if not name.startswith("streams.") or name == "streams.former_modules":
            return None
        return import_module("streams.former_modules").FINDER.find_spec(name, None)


sys.meta_path.append(_Former)  # type: ignore[arg-type]
