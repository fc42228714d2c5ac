"""Frames in, masks out: sources, sinks and the loop between them. Knows no Keras; a step is any function.

>>> import numpy as np
>>> from streams import ArraySource, MemorySink, run
>>> bright = lambda image, state: ((image[..., 0] > 127).astype(np.uint8), state)
>>> sink = MemorySink()
>>> run(ArraySource(np.zeros((3, 5, 7, 3), np.uint8)), bright, sink).frames
3
>>> sink.masks[0].shape
(5, 7)
"""

from importlib import import_module

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
    "RestreamSink": "streams.sinks",
    "Sinks": "streams.sinks",
    "WindowSink": "streams.sinks",
    "Overlay": "streams.overlay",
    "Areas": "streams.areas",
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


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'streams' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
