"""Ctrl-C once waits, twice does not."""

import os
import signal

import pytest

from seqseg.training.run.interrupt import Interrupt


def test_the_first_one_only_asks():
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.asked


def test_the_second_one_interrupts():
    with Interrupt(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_afterwards_it_is_as_before():
    before = signal.getsignal(signal.SIGINT)
    with Interrupt():
        pass
    assert signal.getsignal(signal.SIGINT) is before
