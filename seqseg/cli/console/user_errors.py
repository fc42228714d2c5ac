"""Exceptions that the user can fix, each as one line with the remedy."""

import errno
import sys

from seqseg.errors import SeqsegError

_SYSTEM_ERRORS = {
    errno.ENOSPC: "no space left on the disk{where}; free some or write elsewhere",
    errno.EDQUOT: "the disk quota is used up{where}; free some or write elsewhere",
    errno.EROFS: "the disk is read-only{where}; write elsewhere",
    errno.EACCES: "no permission{where}; check who owns it, or write elsewhere",
    errno.EPERM: "no permission{where}; check who owns it, or write elsewhere",
    errno.EIO: "the disk or device fails{where}; check it, or use another",
    errno.ENOTDIR: "there is a file where a folder should be{where}; move it away or choose another folder",
    errno.EISDIR: "there is a folder where a file should be{where}; choose another name",
    errno.ENAMETOOLONG: "the file name is too long{where}; choose a shorter one",
    errno.EMFILE: "too many open files; raise the limit with `ulimit -n 4096`",
}

_PACKAGES = {"cv2": "opencv-python", "av": "av", "PIL": "pillow"}
_BACKENDS = ("tensorflow", "jax", "torch")


def one_line(error: BaseException) -> str | None:
    """What is wrong, what came and what to do, in one line; None when the error is a bug."""
    if isinstance(error, SeqsegError) or _is_stream_error(error):
        return " ".join(str(error).split())
    if isinstance(error, OSError) and (code := _error_number(error)) is not None:
        return _SYSTEM_ERRORS[code].format(where=f" for {error.filename}" if error.filename else "")
    if isinstance(error, ImportError):
        return _missing_package(error)
    return None


def _is_stream_error(error: BaseException) -> bool:
    # Looked up, not imported: a command that does not stream need not load PyAV.
    errors = sys.modules.get("streams.errors")
    return errors is not None and isinstance(error, errors.StreamError)


def _error_number(error: OSError) -> int | None:
    if error.errno in _SYSTEM_ERRORS:
        return error.errno
    # HDF5 gives the number only in its message.
    return errno.ENOSPC if "No space left on device" in str(error) else None


def _missing_package(error: ImportError) -> str | None:
    if "libGL" in str(error) or "libgthread" in str(error):
        return (
            "OpenCV needs a display library that this machine lacks "
            f"({error}); run: pip uninstall -y opencv-python && pip install opencv-python-headless"
        )
    package = (error.name or "").partition(".")[0]
    if not isinstance(error, ModuleNotFoundError) or package in ("", "seqseg", "streams"):
        return None
    advice = f"; run: pip install {_PACKAGES.get(package, package)}"
    if package in _BACKENDS:
        advice += ", or choose another backend with --backend"
    return f"the package {package} is not installed{advice}"
