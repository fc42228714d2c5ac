"""No fault leaves a thread or an open file behind."""

import os
import threading

import pytest

from tests.streams.faults.trial import until


def descriptors():
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    before, open_before = set(threading.enumerate()), descriptors()
    yield
    until(lambda: not set(threading.enumerate()) - before)
    until(lambda: descriptors() <= open_before)
