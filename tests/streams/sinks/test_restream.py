import socket
import subprocess
import threading
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from streams import Background, Frame, Overlay, RestreamSink, SinkError

OVERLAY = Overlay(np.uint8([[0, 0, 0], [0, 0, 200]]), ["ground", "car"], legend=False)
SOON = 15
DEBIANS_PYTHON = "/usr/bin/python3"
NEEDS = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"


def frame(index, size=(48, 64)):
    tick = Fraction(1, 25)
    image = np.full((*size, 3), (index * 4) % 200, np.uint8)
    return Frame(image, index * tick, index, "made", duration=tick, time_base=tick)


def send(sink, count, size=(48, 64), first=0, pause=0.0):
    for index in range(first, first + count):
        sink.write(frame(index, size), np.zeros(size, np.uint8))
        time.sleep(pause)


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Receiver:
    """Decodes what arrives at an address, in a thread."""

    def __init__(self, address, count, **options):
        self.pictures, self.ready = [], threading.Event()
        self.thread = threading.Thread(target=self.receive, args=(address, count, options), daemon=True)
        self.thread.start()

    def receive(self, address, count, options):
        with av.open(address, options=options) as container:
            for picture in container.decode(video=0):
                self.pictures.append((picture.pts * picture.time_base, picture.to_ndarray(format="rgb24")))
                if len(self.pictures) >= count:
                    break

    def finish(self):
        self.thread.join(SOON)
        assert not self.thread.is_alive()
        return self.pictures


def test_udp_arrives_with_its_colours_and_intervals():
    port = free_port(socket.SOCK_DGRAM)
    receiver = Receiver(f"udp://127.0.0.1:{port}?timeout=10000000", 30)
    sink = RestreamSink(f"udp://127.0.0.1:{port}", OVERLAY)
    with sink:
        index = 0
        while receiver.thread.is_alive() and index < 1500:  # until it has what it wants, whenever it began to listen
            send(sink, 1, first=index, pause=0.01)
            index += 1
    pictures = receiver.finish()
    assert len(pictures) == 30 and pictures[0][1].shape == (48, 64, 3)
    assert {second[0] - first[0] for first, second in zip(pictures, pictures[1:], strict=False)} == {Fraction(1, 25)}
    values = [int(picture.mean().round()) for _, picture in pictures]
    steps = {(second - first) % 200 for first, second in zip(values, values[1:], strict=False)}
    assert steps <= {2, 3, 4, 5, 6}
    assert sink.warnings == []


def test_rtmp_arrives():
    port = free_port()
    receiver = Receiver(f"rtmp://127.0.0.1:{port}/live/x", 20, listen="1")
    listening(port)
    with RestreamSink(f"rtmp://127.0.0.1:{port}/live/x", OVERLAY) as sink:
        index = 0
        while receiver.thread.is_alive() and index < 1500:
            send(sink, 1, first=index, pause=0.01)
            index += 1
    assert len(receiver.finish()) == 20


def listening(port):
    """Waits for a listener at the port, without connecting to it: rtmp takes one client only."""
    wanted = f"0100007F:{port:04X}"
    table, end = Path("/proc/net/tcp"), time.monotonic() + SOON
    if not table.exists():
        pytest.skip("needs /proc/net/tcp to know when FFmpeg listens")
    while time.monotonic() < end:
        if any(line.split()[1] == wanted and line.split()[3] == "0A" for line in table.read_text().splitlines()[1:]):
            return
        time.sleep(0.02)
    pytest.fail("the receiver does not listen")


@pytest.fixture
def rtsp_server(tmp_path):
    """start(port) -> a server's process and the file that it records to."""
    have = (
        Path(DEBIANS_PYTHON).exists()
        and not subprocess.run([DEBIANS_PYTHON, "-c", NEEDS], capture_output=True).returncode
    )
    if not have:
        pytest.skip("needs Debian's gir1.2-gst-rtsp-server-1.0")
    running = []

    def start(port):
        path = tmp_path / f"{len(running)}.ts"
        script = Path(__file__).with_name("rtsp_recorder.py")
        process = subprocess.Popen(
            [DEBIANS_PYTHON, str(script), str(port), str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        running.append(process)
        assert process.stdout.readline() == f"ready {port}\n"
        return process, path

    yield start
    for process in running:
        process.kill()
        process.communicate()


def recorded(path):
    with av.open(str(path)) as container:
        return [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]


def grown(path, size):
    end = time.monotonic() + SOON
    while time.monotonic() < end and not (path.exists() and path.stat().st_size > size):
        time.sleep(0.02)


def test_an_rtsp_server_records_all_that_is_sent(rtsp_server):
    port = free_port()
    _, path = rtsp_server(port)
    with RestreamSink(f"rtsp://127.0.0.1:{port}/live", OVERLAY) as sink:
        send(sink, 60, pause=0.005)
    grown(path, 20_000)
    pictures = recorded(path)
    assert len(pictures) >= 55 and pictures[0].shape == (48, 64, 3)


def test_an_rtsp_server_that_dies_is_found_again_and_the_run_goes_on(rtsp_server):
    port = free_port()
    server, _ = rtsp_server(port)
    sink = RestreamSink(f"rtsp://user:secret@127.0.0.1:{port}/live", OVERLAY)
    background, index = Background(sink, keep="newest"), 0
    with background:
        send(background, 30, pause=0.01)
        server.kill()
        server.wait()
        index, end = 30, time.monotonic() + SOON
        while not sink.losses and time.monotonic() < end:
            send(background, 1, first=index, pause=0.01)
            index += 1
        _, path = rtsp_server(port)
        while not (path.exists() and path.stat().st_size > 20_000) and time.monotonic() < end:
            send(background, 1, first=index, pause=0.01)
            index += 1
    assert len(recorded(path)) > 10
    assert background.warnings[0].startswith(f"rtsp://user:***@127.0.0.1:{port}/live was lost once; ")
    assert sink.left_out > 0


class Flaky:
    """Opens containers in memory that break on request."""

    def __init__(self):
        self.opened, self.down = 0, False

    def __call__(self, address, **how):
        if self.down:
            raise av.error.ConnectionRefusedError(111, "Connection refused")
        self.opened += 1
        return av.open(Pipe(self), mode="w", format="mpegts")


class Pipe:
    """A file without a reader."""

    def __init__(self, line):
        self.line = line

    def write(self, content):
        if self.line.down:
            raise BrokenPipeError(32, "Broken pipe")
        return len(content)


def test_attempts_to_connect_again_grow_rarer_up_to_ten_seconds():
    line, now = Flaky(), [0.0]
    sink = RestreamSink("rtsp://x/y", OVERLAY, opener=line, clock=lambda: now[0])
    with sink:
        send(sink, 60)
        line.down, pauses, last = True, [], 0.0
        send(sink, 60, first=60)
        assert sink.losses == 1
        for index in range(120, 1200):
            before = sink._next_attempt
            now[0] += 0.1
            send(sink, 1, first=index)
            if sink._next_attempt != before:
                pauses.append(now[0] - last)
                last = now[0]
        line.down = False
        now[0] += 20
        send(sink, 30, first=1200)
    assert line.opened == 2
    assert len(pauses) < 20 and max(pauses) <= 12.2 and pauses[-1] > 7.9


def test_nobody_there_at_the_beginning_is_one_line_without_the_password():
    sink = RestreamSink(f"rtsp://user:secret@127.0.0.1:{free_port()}/live", OVERLAY)
    with pytest.raises(SinkError, match=r"rtsp://user:\*\*\*@.* no server listens there; start it first") as caught:
        with sink:
            send(sink, 1)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["out.mp4", "http://x/y", "ftp://x", "rtsp:/x", ""])
def test_an_address_that_cannot_be_sent_to_is_refused(address):
    with pytest.raises(SinkError, match="cannot be sent to; give an address that begins with rtsp://"):
        RestreamSink(address, OVERLAY)


def test_pictures_of_another_size_are_fitted_into_the_first(tmp_path):
    port = free_port(socket.SOCK_DGRAM)
    receiver = Receiver(f"udp://127.0.0.1:{port}?timeout=10000000", 60)
    with RestreamSink(f"udp://127.0.0.1:{port}", OVERLAY) as sink:
        index = 0
        while receiver.thread.is_alive() and index < 1500:
            send(sink, 1, size=(48, 64) if index % 50 < 25 else (95, 31), first=index, pause=0.01)
            index += 1
    assert {picture.shape for _, picture in receiver.finish()} == {(48, 64, 3)}
