import errno
import os

import pytest

from seqseg.cli.console.user_errors import one_line
from seqseg.errors import DataError
from streams.errors import SourceError


def test_an_error_of_ours_is_its_message_in_one_line():
    assert one_line(DataError("no frames\n  in there")) == "no frames in there"


def test_an_error_of_a_stream_is_its_message():
    assert one_line(SourceError("no camera at index 3")) == "no camera at index 3"


def test_a_full_disk_is_one_line_with_the_file():
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/a/best.keras")
    assert one_line(error) == "no space left on the disk for runs/a/best.keras; free some or write elsewhere"


def test_a_full_disk_is_known_when_hdf5_puts_it_into_words():
    message = "Can't write data (file write failed: errno = 28, error message = 'No space left on device')"
    assert one_line(OSError(message)) == "no space left on the disk; free some or write elsewhere"


def test_a_really_full_device_is_one_line():
    with pytest.raises(OSError) as caught, open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")
    assert one_line(caught.value) == "no space left on the disk; free some or write elsewhere"


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EDQUOT])
def test_what_the_disk_refuses_names_the_path(code):
    assert "for /a/b;" in one_line(OSError(code, os.strerror(code), "/a/b"))


def test_a_missing_engine_says_how_to_install_it_or_do_without():
    error = ModuleNotFoundError("No module named 'jax'", name="jax")
    assert "pip install jax, or choose another backend" in one_line(error)


def test_a_missing_package_is_called_by_the_name_pip_knows():
    assert "pip install opencv-python" in one_line(ModuleNotFoundError("No module named 'cv2'", name="cv2"))


def test_opencv_without_a_display_library_says_how_to_do_without():
    error = ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
    assert "opencv-python-headless" in one_line(error)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        ValueError("x"),
        OSError("x"),
        ModuleNotFoundError("No module named 'seqseg.zzz'", name="seqseg.zzz"),
        ImportError("cannot import name 'zzz' from 'keras'", name="keras"),
    ],
)
def test_anything_else_is_a_bug(error):
    assert one_line(error) is None
