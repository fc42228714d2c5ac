import subprocess
import sys

import pytest

from streams.errors import SinkError, SourceError, StreamError


@pytest.mark.parametrize("kind", [SourceError, SinkError])
def test_errors_are_stream_errors_and_os_errors(kind):
    assert issubclass(kind, StreamError) and issubclass(kind, OSError)
    assert str(kind("one line")) == "one line"


def test_the_errors_can_be_had_without_ffmpeg_and_opencv():
    code = "import sys, streams.errors; print(sorted({'av', 'cv2', 'imageio'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
