import os
import signal

import pytest

from streams.sinks.writing.whole_calls import WholeCalls


@pytest.fixture
def calls():
    calls = WholeCalls()
    yield calls
    calls.close()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_within_a_block_is_raised_at_its_end(calls):
    done = []
    with pytest.raises(KeyboardInterrupt), calls:
        ctrl_c()
        done.append("the block")
    assert done == ["the block"]


def test_outside_of_a_block_it_is_raised_at_once(calls):
    with calls:
        pass
    with pytest.raises(KeyboardInterrupt):
        ctrl_c()


def test_a_second_one_is_not_held(calls):
    done = []
    with pytest.raises(KeyboardInterrupt), calls:
        ctrl_c()
        ctrl_c()
        done.append("the block")
    assert done == []


def test_an_error_of_the_block_comes_through(calls):
    with pytest.raises(ValueError, match="mine"), calls:
        ctrl_c()
        raise ValueError("mine")


def test_a_handler_of_others_is_left_alone():
    seen = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append("theirs"))
    try:
        calls = WholeCalls()
        with calls:
            ctrl_c()
        calls.close()
        assert seen == ["theirs"] and signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
