"""Write the pixel aspect ratio into an mkv: FFmpeg omits it for codecs without one, such as FFV1.

FFmpeg reserves a few bytes (a Void element) behind the track's picture size; `DisplayWidth` goes there, so that nothing
else in the file moves. IDs and sizes as in RFC 9559 and RFC 8794.
"""

import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

SEGMENT, TRACKS, TRACK, VIDEO = b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae", b"\xe0"
CRC, VOID, WIDTH, DISPLAY_WIDTH, DISPLAY_UNIT = b"\xbf", b"\xec", b"\xb0", b"\x54\xb0", b"\x54\xb2"
HEAD = 1 << 20  # bytes from the beginning that hold the tracks


class _Element(NamedTuple):
    id: bytes
    content: slice
    whole: slice


def write_aspect(path: Path, aspect: Fraction) -> None:
    """Notes in a finished mkv of one video track that its pixels are `aspect` times as wide as high."""
    with path.open("rb+") as file:
        data = bytearray(file.read(HEAD))
        tracks = _path_to(data, SEGMENT, TRACKS)
        track = _child(data, tracks, TRACK)
        children = [] if track is None else list(_elements(data, track.content))
        video, void = (next((child for child in children if child.id == wanted), None) for wanted in (VIDEO, VOID))
        if tracks is None or video is None or void is None or void.whole.start < video.whole.start:
            return
        rest = bytes(data[video.whole.stop : void.whole.start])
        new = _video(data, video, aspect) + rest
        spare = void.whole.stop - video.whole.start - len(new)
        if spare < 2 or spare > 128:
            return
        data[video.whole.start : void.whole.stop] = new + VOID + bytes([0x80 | (spare - 2)]) + bytes(spare - 2)
        first = next(_elements(data, tracks.content), None)
        if first is not None and first.id == CRC:
            data[first.content] = zlib.crc32(data[first.whole.stop : tracks.content.stop]).to_bytes(4, "little")
        file.seek(tracks.whole.start)
        file.write(data[tracks.whole])


def _video(data: bytearray, video: _Element, aspect: Fraction) -> bytes:
    """The video element with its display width."""
    kept, width = b"", 0
    for child in _elements(data, video.content):
        if child.id == WIDTH:
            width = int.from_bytes(data[child.content])
        if child.id not in (DISPLAY_WIDTH, DISPLAY_UNIT):
            kept += bytes(data[child.whole])
    shown = max(1, round(width * aspect)).to_bytes(4).lstrip(b"\0")
    content = kept + DISPLAY_WIDTH + bytes([0x80 | len(shown)]) + shown
    return VIDEO + bytes([0x80 | len(content)]) + content


def _path_to(data: bytearray, *ids: bytes) -> _Element | None:
    place = _Element(b"", slice(0, len(data)), slice(0, len(data)))
    for wanted in ids:
        found = _child(data, place, wanted)
        if found is None:
            return None
        place = found
    return place


def _child(data: bytearray, parent: _Element | None, wanted: bytes) -> _Element | None:
    if parent is None:
        return None
    return next((element for element in _elements(data, parent.content) if element.id == wanted), None)


def _elements(data: bytearray, span: slice) -> Iterator[_Element]:
    """The elements that follow each other in a part of the data; one that ends beyond the data is cut."""
    place = span.start
    while place < span.stop and data[place]:
        begin = place
        name_length = 9 - data[place].bit_length()
        name = bytes(data[place : place + name_length])
        place += name_length
        if place >= span.stop or not data[place]:
            return
        size_length = 9 - data[place].bit_length()
        size = int.from_bytes(data[place : place + size_length]) & ((1 << 7 * size_length) - 1)
        place += size_length
        end = min(place + size, span.stop)
        yield _Element(name, slice(place, end), slice(begin, end))
        place = end
