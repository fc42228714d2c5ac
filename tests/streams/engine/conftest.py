"""What every test of an engine is held to."""

import threading

import pytest

from tests.streams.engine.acting import until


@pytest.fixture(autouse=True)
def no_thread_is_left_behind():
    before = set(threading.enumerate())
    yield
    until(lambda: not set(threading.enumerate()) - before)
