import os
import signal
import threading

import pytest

from seqseg.cli.console.stopping import termination_as_interrupt


def test_a_request_to_stop_is_an_interrupt():
    with pytest.raises(KeyboardInterrupt), termination_as_interrupt():
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_a_terminal_that_closes_is_an_interrupt_unless_that_is_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with pytest.raises(KeyboardInterrupt), termination_as_interrupt():
            os.kill(os.getpid(), signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        with termination_as_interrupt():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_request_to_stop_goes_to_who_handles_ctrl_c_then():
    asked = []
    before = signal.signal(signal.SIGINT, lambda *_: asked.append(True))
    try:
        with termination_as_interrupt():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)
    assert asked == [True]


def test_a_request_to_stop_is_obeyed_where_a_shell_has_ctrl_c_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), termination_as_interrupt():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)


def test_afterwards_signals_are_as_before():
    before = signal.getsignal(signal.SIGTERM)
    with termination_as_interrupt():
        pass
    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_the_main_thread_nothing_happens():
    failures = []

    def enter():
        try:
            with termination_as_interrupt():
                pass
        except ValueError as error:
            failures.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert failures == []
