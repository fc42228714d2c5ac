"""Output for people, on a terminal and elsewhere."""

import io

import pytest

from seqseg.training.run.progress import Pace, Screen, duration


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_elsewhere_than_on_a_terminal_only_whole_lines_appear(tmp_path):
    stream = io.StringIO()
    with Screen(tmp_path / "log.txt", stream=stream) as screen:
        screen.draw(0.5, "epoch 1/2", "loss 1")
        screen.say("epoch 1/2  loss 1")
    assert stream.getvalue() == "epoch 1/2  loss 1\n"


def test_elsewhere_a_line_appears_at_least_every_half_minute(tmp_path):
    now, stream = [0.0], io.StringIO()
    with Screen(tmp_path / "log.txt", stream=stream, clock=lambda: now[0]) as screen:
        for seconds in range(0, 71, 5):
            now[0] = float(seconds)
            screen.draw(0.5, "epoch 1/2", f"after {seconds}")
    assert stream.getvalue() == "epoch 1/2  after 30\nepoch 1/2  after 60\n"


def test_on_a_terminal_a_line_moves_within_its_width(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    with Screen(tmp_path / "log.txt", stream=stream) as screen:
        screen.draw(0.5, "epoch 1/2", "5/10  loss 1")
        line = stream.getvalue().rpartition("\x1b[K")[2]
    assert line.startswith("epoch 1/2") and line.count("━") == line.count("─") == 12
    assert len(line) <= 60


def test_on_a_narrow_terminal_the_bar_gives_way(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "24")
    stream = Terminal()
    with Screen(tmp_path / "log.txt", stream=stream) as screen:
        screen.draw(0.5, "epoch 1/2", "5/10  loss 1")
        line = stream.getvalue().rpartition("\x1b[K")[2]
    assert "━" not in line and len(line) <= 24


def test_a_line_that_stays_takes_the_moving_one_away(tmp_path):
    stream = Terminal()
    with Screen(tmp_path / "log.txt", stream=stream) as screen:
        screen.draw(0.5, "epoch 1/2", "loss 1")
        screen.say("done")
    assert stream.getvalue().endswith("\r\x1b[Kdone\n")


def test_the_log_keeps_what_was_said_with_the_time(tmp_path):
    for line in ("one", "two"):
        with Screen(tmp_path / "log.txt", stream=io.StringIO()) as screen:
            screen.say(line)
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert [line.partition("  ")[2] for line in lines] == ["one", "two"]
    assert lines[0][:2] == "20"


@pytest.mark.parametrize("seconds, text", [(0.2, "0 s"), (59.4, "59 s"), (185, "3:05 min"), (7805, "2:10 h")])
def test_durations_read_as_people_say_them(seconds, text):
    assert duration(seconds) == text


def test_the_time_left_leaves_out_the_first_step_which_compiles(monkeypatch):
    clock = iter([100.0, 102.0, 104.0])
    monkeypatch.setattr("seqseg.training.run.progress.time.monotonic", lambda: next(clock))
    pace = Pace(10)
    assert [pace.left(step) for step in (1, 2, 3)] == [None, 16.0, 14.0]
