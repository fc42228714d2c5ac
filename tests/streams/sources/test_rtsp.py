"""A real server, killed, frozen and started again with another size."""

import gc
import os
import signal
import threading
import time
from itertools import pairwise

import pytest

from streams import NetworkSource, Prefetch, Reconnecting
from streams.meter import resident_memory

TIMEOUT = 2.0


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("read ")]


class Watched:
    """Frames of a camera whose server is being tormented, every picture of them checked."""

    def __init__(self, camera, **options):
        self.camera, self.frames, self.events = camera, [], []
        self.inner = Reconnecting(NetworkSource(camera.url, timeout=TIMEOUT, **options))
        self.source = Prefetch(self.inner)
        self.lost = threading.Event()
        self.source.watch(self._note)

    def _note(self, event) -> None:
        self.events.append(event.kind)
        if event.kind == "lost":
            self.lost.set()

    def until(self, iterator, run: int, count: int) -> None:
        """Reads on until `count` pictures of this run of the server have come; everything read is kept."""
        seen = 0
        while seen < count:
            frame = next(iterator)
            number, of_run = self.camera.read(frame.image)
            self.frames.append((frame.epoch, of_run, number, frame.pts, frame.image.shape[:2]))
            seen += of_run == run

    def check(self) -> None:
        """Nothing was made up, nothing came twice, times grow, and each run of the server is an epoch of its own."""
        for (epoch, run, number, pts, size), (epoch2, run2, number2, pts2, size2) in pairwise(self.frames):
            assert pts2 > pts
            if epoch == epoch2:
                assert (run2, size2) == (run, size) and number2 > number
            else:
                assert epoch2 == epoch + 1


def test_a_server_that_dies_or_freezes_is_found_again_and_no_picture_is_made_up(rtsp_camera):
    rtsp_camera.start("320x240", 1)
    watched = Watched(rtsp_camera)
    with watched.source as source:
        frames = iter(source)
        watched.until(frames, 1, 8)
        rtsp_camera.kill()
        rtsp_camera.start("480x272", 2)  # the same camera, set to another size meanwhile
        watched.until(frames, 2, 8)
        rtsp_camera.kill()
        rtsp_camera.start("480x272", 3)
        watched.until(frames, 3, 8)
    watched.check()
    assert {size for _, run, _, _, size in watched.frames if run == 1} == {(240, 320)}
    assert {size for _, run, _, _, size in watched.frames if run == 2} == {(272, 480)}
    assert watched.inner.counts["reconnected"] >= 2 and watched.events[:2] == ["connecting", "connected"]
    assert {"lost", "retrying"} < set(watched.events)
    assert not readers()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_pictures_of_both_transports_are_those_that_were_sent(rtsp_camera, transport):
    rtsp_camera.start("320x240", 7)
    watched = Watched(rtsp_camera, transport=transport)
    with watched.source as source:
        watched.until(iter(source), 7, 12)
    watched.check()


def test_closing_while_the_server_is_frozen_takes_less_than_five_seconds(rtsp_camera):
    rtsp_camera.start("320x240", 1)
    source = Prefetch(Reconnecting(NetworkSource(rtsp_camera.url, timeout=3)))  # a dead read takes twice that
    with source:
        frames = iter(source)
        next(frames)
        rtsp_camera.send(signal.SIGSTOP)
        start = time.monotonic()
    assert time.monotonic() - start < 5
    if readers():
        assert "does not answer and was abandoned" in source.warnings[-1]
    for thread in readers():
        thread.join(20)
    assert not readers()  # it has closed what it read


@pytest.mark.slow
def test_ten_deaths_a_freeze_and_another_size_leave_nothing_behind(rtsp_camera):
    rtsp_camera.start("320x240", 0)
    watched, memory = Watched(rtsp_camera), []
    before, threads = None, threading.active_count()
    with watched.source as source:
        frames = iter(source)
        watched.until(frames, 0, 25)
        for run in range(1, 11):
            rtsp_camera.kill()
            rtsp_camera.start("480x272" if run == 5 else "320x240", run)
            watched.until(frames, run, 25)
            gc.collect()
            memory.append(resident_memory())
            before = before or descriptors()
            assert descriptors() <= before  # a dead connection lets go of its sockets
        watched.lost.clear()
        rtsp_camera.send(signal.SIGSTOP)
        assert watched.lost.wait(30)
        rtsp_camera.send(signal.SIGCONT)
        watched.until(frames, 10, 25)
    watched.check()
    assert {size for _, run, _, _, size in watched.frames if run == 5} == {(272, 480)}
    assert watched.inner.counts["reconnected"] >= 11
    assert memory[-1] <= 1.02 * memory[2], memory
    assert threading.active_count() == threads
    print(f"MiB after each death: {memory}; {dict(watched.inner.counts)}; {len(watched.frames)} pictures checked")
