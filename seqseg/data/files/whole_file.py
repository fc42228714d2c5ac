"""Read a whole file; its end is checked before a decoder sees it."""

import stat
from pathlib import Path

from seqseg.data.files.image_header import JPEG_START, PNG_START, jpeg_is_cut
from seqseg.errors import DataError

_PNG_END = b"IEND\xaeB`\x82"


def read_whole(path: str | Path) -> bytes:
    """The bytes of an image or label file.

    Raises:
        DataError: it cannot be read, is empty, or is a PNG or JPEG without its end.
    """
    require_file(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not data:
        raise DataError(f"{path} is empty (0 bytes); write it again or remove it")
    # cv2 fills the missing part with gray or prints to stderr.
    cut_png = data.startswith(PNG_START) and _PNG_END not in data[-4096:]
    if cut_png or (data.startswith(JPEG_START) and jpeg_is_cut(data)):
        kind = "PNG" if cut_png else "JPEG"
        raise DataError(f"{path} is truncated: a {kind} of {len(data)} bytes without its end mark; copy it again")
    return data


def require_file(path: str | Path) -> None:
    """DataError unless the path is a file; reading a pipe could block without end."""
    try:
        mode = Path(path).stat().st_mode
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe, a socket or a device"
        raise DataError(f"cannot read {path}: it is {kind}, not a file; remove it or put the file there")


def _unreadable(path: str | Path, error: OSError) -> DataError:
    return DataError(f"cannot read {path}: {error.strerror or error}; check the path and its permissions")
