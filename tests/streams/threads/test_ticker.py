import threading

import pytest

from streams import SinkError
from streams.threads.ticker import Ticker

SOON = 10  # seconds within which everything here has to be over


def test_a_ticker_calls_again_and_again_until_it_is_closed():
    calls, enough = [], threading.Event()

    def work():
        calls.append(threading.current_thread().name)
        if len(calls) == 3:
            enough.set()

    ticker = Ticker(0.001, work)
    assert enough.wait(SOON)
    ticker.close()
    assert set(calls) == {"tick"} and not any(thread.name == "tick" for thread in threading.enumerate())


def test_what_a_ticker_could_not_do_is_raised_when_it_is_closed():
    tried = threading.Event()

    def fail():
        tried.set()
        raise SinkError("no terminal")

    ticker = Ticker(0.001, fail)
    assert tried.wait(SOON)
    with pytest.raises(SinkError, match="no terminal"):
        ticker.close()
