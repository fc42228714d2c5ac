import pytest

from streams.engine.patiently import Patiently


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
    patiently, work, next_work = Patiently(), Interrupted(1), Interrupted(0)
    patiently.call(work)
    patiently.call(next_work)
    assert work.done and next_work.done
    with pytest.raises(KeyboardInterrupt):
        patiently.raise_interrupt()


@pytest.mark.parametrize("works", [[2], [1, 1]])
def test_a_second_ctrl_c_is_raised(works):
    patiently = Patiently()
    with pytest.raises(KeyboardInterrupt):
        for times in works:
            patiently.call(Interrupted(times))


def test_without_ctrl_c_nothing_is_raised():
    patiently = Patiently()
    patiently.call(Interrupted(0))
    patiently.raise_interrupt()
