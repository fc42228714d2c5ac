import pytest

from streams.engine.deferred_interrupt import DeferredInterrupt


class Interrupted:
    """Is interrupted the first so many times."""

    def __init__(self, times):
        self.times, self.done = times, False

    def __call__(self):
        if self.times:
            self.times -= 1
            raise KeyboardInterrupt
        self.done = True


def test_one_ctrl_c_does_not_cut_the_work_short_and_is_not_forgotten():
    deferred, work, next_work = DeferredInterrupt(), Interrupted(1), Interrupted(0)
    deferred.call(work)
    deferred.call(next_work)
    assert work.done and next_work.done
    with pytest.raises(KeyboardInterrupt):
        deferred.raise_interrupt()


@pytest.mark.parametrize("works", [[2], [1, 1]])
def test_a_second_ctrl_c_is_raised(works):
    deferred = DeferredInterrupt()
    with pytest.raises(KeyboardInterrupt):
        for times in works:
            deferred.call(Interrupted(times))


def test_without_ctrl_c_nothing_is_raised():
    deferred = DeferredInterrupt()
    deferred.call(Interrupted(0))
    deferred.raise_interrupt()
