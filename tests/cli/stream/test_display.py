import io
import json
import re
from fractions import Fraction

import numpy as np
import pytest

from seqseg.cli.stream.display import Display
from seqseg.cli.stream.figures import Figures, MaskFigures
from seqseg.cli.stream.lines import Lines, lines_of, wants_colour
from streams import ArraySource, Frame, MemorySink, Meter
from streams.engine.engine import Engine


class Fake:
    """A stream that is what a test says it is."""

    def __init__(self, name="front", **values):
        self.name, self.status, self.frames, self.fresh_starts = name, "running", 0, 0
        self.error, self.meter, self.dropped, self.state_age, self.warnings = None, Meter(), {}, (0, 0.0), []
        vars(self).update(values)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def row(name="front", **values):
    figures = {
        "stream": name,
        "status": "running",
        "frames": 1234,
        "fps": 25.04,
        "latency_p95_ms": 83.2,
        "dropped": {"stale": 2, "overflow": 1},
        "state_age": {"frames": 900, "seconds": 36.0},
        "steadiness": 0.9923,
    }
    return figures | values


def screen(text, columns=200):
    """What a terminal shows after the text: rows of what was written, by a terminal of our own."""
    rows, line, column = [""], 0, 0
    for piece in re.findall(r"\x1b\[\d*[A-Za-z]|[^\x1b]", text):
        if piece.endswith("A") and piece[0] == "\x1b":
            line -= int(piece[2:-1])
        elif piece == "\x1b[2K":
            rows[line] = ""
        elif piece == "\x1b[J":
            rows[line] = rows[line][:column]
            del rows[line + 1 :]
        elif piece == "\r":
            column = 0
        elif piece == "\n":
            line, column = line + 1, 0
            rows += [""] * (line + 1 - len(rows))
        elif piece[0] != "\x1b":
            rows[line] = rows[line][:column].ljust(column) + piece + rows[line][column + 1 :]
            column += 1
    return rows


def test_a_stream_is_one_line():
    assert lines_of([row()], 120) == [
        "  front  running  1,234 frames   25.0 fps  late   83 ms  3 dropped  state 36.0 s  steady  99.2 %"
    ]


def test_what_is_not_known_is_a_dash_of_the_same_width():
    known, unknown = lines_of([row(), row(fps=None, latency_p95_ms=None, steadiness=None)], 120)
    assert len(known) == len(unknown.ljust(len(known))) and "-   fps" in unknown and "late    - ms" in unknown


def test_columns_are_below_each_other():
    lines = lines_of([row(), row("a longer name", status="reconnecting", frames=7)], 120)
    assert lines[0].index("fps") == lines[1].index("fps") and lines[0].index("late") == lines[1].index("late")


@pytest.mark.parametrize("width", range(10, 121, 5))
def test_no_line_is_wider_than_the_terminal_and_the_name_stays(width):
    for line in lines_of([row(), row("back", status="frozen")], width):
        assert len(line) <= width and line.startswith(("  front", "  back"))


def test_the_least_important_goes_first():
    narrow = lines_of([row()], 60)[0]
    assert "steady" not in narrow and "fps" in narrow and "late" in narrow


def test_a_name_cannot_command_the_terminal():
    assert "\x1b" not in lines_of([row("\x1b[2Jevil\n")], 120)[0]


def test_a_status_that_needs_a_look_is_coloured_and_the_text_is_the_same():
    plain, coloured = lines_of([row(status="failed")], 120), lines_of([row(status="failed")], 120, colour=True)
    assert "\x1b[31mfailed\x1b[0m" in coloured[0]
    assert re.sub(r"\x1b\[\d+m", "", coloured[0]) == plain[0]


def test_no_color_is_respected(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(Terminal()) and not wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())


def test_lines_are_redrawn_in_place_and_taken_away(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "20")
    terminal = Terminal("before\n")
    terminal.seek(0, io.SEEK_END)
    lines = Lines(terminal, colour=False)
    lines.draw([row("a"), row("b"), row("c")])
    lines.draw([row("a", frames=2000), row("b")])
    shown = screen(terminal.getvalue())
    assert shown[0] == "before" and len(shown) == 3 and "2,000" in shown[1] and shown[2].startswith("  b")
    lines.clear()
    assert screen(terminal.getvalue()) == ["before", ""]


def test_more_streams_than_the_terminal_has_lines_are_counted(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "5")
    terminal = Terminal()
    Lines(terminal, colour=False).draw([row(f"camera {number}") for number in range(9)])
    shown = screen(terminal.getvalue())
    assert len(shown) == 4 and shown[-1] == "  … and 6 more"


def frame(index, epoch=0):
    return Frame(np.zeros((8, 8, 3), np.uint8), Fraction(index), index, epoch=epoch)


def test_the_rate_is_that_of_the_last_two_seconds():
    now, stream = [0.0], Fake()
    figures = Figures(stream, clock=lambda: now[0])
    rates = []
    for step in range(41):  # 10 seconds: 10 frames a second, then none
        stream.frames = min(10 * step, 200) // 4
        rates.append(figures.now()["fps"])
        now[0] += 0.25
    assert rates[0] is None and rates[20] == pytest.approx(10, abs=0.8) and rates[40] == 0


def test_masks_of_a_run_are_reported_as_means_over_its_frames():
    masks = MaskFigures(["ground", "cell", "wall"])
    display = Display(list, masks=lambda: masks, measure=True, output=io.StringIO())
    stream = Fake()
    for index, cells in enumerate([0, 16, 16, 32]):  # of 64 pixels that stand still
        mask = np.zeros((8, 8), np.uint8)
        mask.flat[:cells] = 1
        display.see(stream, frame(index), mask)
    found = display.masks_of(stream)
    assert found["frames"] == 4 and found["areas"] == {"ground": 0.75, "cell": 0.25, "wall": 0}
    assert found["flicker"] == pytest.approx((16 + 0 + 16) / 64 / 3, abs=1e-6)
    assert found["steadiness"] == pytest.approx(1 - found["flicker"], abs=1e-6)


def test_nothing_is_kept_of_streams_that_came_and_left_unseen():
    streams = []
    display = Display(lambda: streams, measure=True, output=io.StringIO())
    for _ in range(100):
        streams[:] = [Fake()]
        display.see(streams[0], frame(0), np.zeros((8, 8), np.uint8))
    assert len(display._figures) == 1


def test_where_nothing_is_measured_nothing_is_reported():
    display, stream = Display(list, masks=lambda: MaskFigures(["a"]), output=io.StringIO()), Fake()
    display.see(stream, frame(0), np.zeros((8, 8), np.uint8))
    assert display.masks_of(stream) is None


def events(streams, *changes):
    output = io.StringIO()
    display = Display(lambda: streams, json=True, output=output)
    display.update()
    for change in changes:
        change()
        display.update()
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_events_report_changes_once():
    stream = Fake()

    def something_happens():
        stream.frames, stream.status, stream.fresh_starts = 30, "frozen", 1
        stream.dropped, stream.warnings = {"stale": 3}, ["clip is damaged"]

    found = events([stream], something_happens, lambda: stream.dropped.update(stale=5))
    assert [event["event"] for event in found] == [
        *("started", "status", "frames"),
        *("status", "drop", "reset", "warning", "frames"),
        *("drop", "frames"),
    ]
    assert found[4] | {"time": 0} == {"event": "drop", "time": 0, "stream": "front", "cause": "stale", "count": 3}
    assert found[8]["count"] == 2 and found[6]["text"] == "clip is damaged"
    assert found[7] | {"time": 0} == {
        "event": "frames",
        "time": 0,
        "stream": "front",
        "status": "frozen",
        "frames": 30,
        "fps": found[7]["fps"],
        "latency_p95_ms": None,
        "dropped": {"stale": 3},
        "state_age": {"frames": 0, "seconds": 0.0},
        "steadiness": None,
    }


def test_each_stream_has_its_own_events():
    assert [event["stream"] for event in events([Fake("a"), Fake("b")])] == ["a"] * 3 + ["b"] * 3


def test_the_last_event_is_the_end_with_its_error():
    stream, output = Fake(error=ValueError("boom"), status="failed"), io.StringIO()
    with Display(lambda: [stream], json=True, output=output) as display:
        display.see(stream, frame(0), np.zeros((8, 8), np.uint8))
        display.see(stream, frame(1), np.zeros((8, 8), np.uint8))
    last = json.loads(output.getvalue().splitlines()[-1])
    assert (last["event"], last["error"], last["status"], last["steadiness"]) == ("ended", "boom", "failed", 1.0)


def test_what_is_no_terminal_sees_nothing():
    output = io.StringIO()
    with Display(lambda: [Fake()], output=output) as display:
        display.see(Fake(), frame(0), None)
    assert output.getvalue() == ""


def test_what_is_said_stays_above_the_lines(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "120")
    stream = Fake(warnings=["the camera is slow"])
    terminal = Terminal()
    display = Display(lambda: [stream], output=terminal)
    monkeypatch.setattr("sys.stderr", terminal)
    display.update()
    display.say("  live at http://127.0.0.1:8090/")
    display.update()
    shown = screen(terminal.getvalue())
    assert shown[:2] == ["  the camera is slow", "  live at http://127.0.0.1:8090/"] and shown[2].startswith("  front")
    assert len(shown) == 3


def test_a_listener_that_has_gone_does_not_end_the_run():
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    display = Display(lambda: [Fake()], json=True, output=Gone())
    display.update()
    display.update()


def test_an_engines_streams_are_shown_as_they_are():
    output = io.StringIO()
    engine = Engine(lambda images, states: ([image[..., 0] for image in images], states))
    with Display(lambda: engine.streams, json=True, output=output) as display:
        engine.on_frame = display.see
        for name, count in (("left", 3), ("right", 5)):
            engine.attach(ArraySource(np.zeros((count, 8, 8, 3), np.uint8)), MemorySink(), name=name)
        engine.run()
    last = [json.loads(line) for line in output.getvalue().splitlines()][-2:]
    assert [(event["event"], event["stream"], event["frames"], event["status"]) for event in last] == [
        ("ended", "left", 3, "ended"),
        ("ended", "right", 5, "ended"),
    ]
    assert [event["steadiness"] for event in last] == [1.0, 1.0]
