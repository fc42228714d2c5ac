import io
import sys

import pytest

from seqseg.cli.console.printable import printable, printable_output, unfiltered


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07red.mp4", "\\x1b]0;title\\x07red.mp4"),
        ("a\x9b31mb", "a\\u009b31mb"),
        ("moc.live\u202e", "moc.live\\u202e"),
        ("line\nnext\ttab\rback", "line\nnext\ttab\rback"),
        ("Übung 日本 🎬", "Übung 日本 🎬"),
    ],
)
def test_control_characters_are_written_out_and_everything_else_stays(text, shown):
    assert printable(text) == shown


def test_everything_printed_is_printable_but_what_we_draw_ourselves(monkeypatch):
    stdout, stderr = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(sys, "stderr", stderr)
    with printable_output():
        print("\x1b[31mred")
        print("\x1b[31mred", file=sys.stderr)
        unfiltered(sys.stderr).write("\x1b[K")
        assert not sys.stdout.isatty()
    assert (stdout.getvalue(), stderr.getvalue()) == ("\\x1b[31mred\n", "\\x1b[31mred\n\x1b[K")
    assert sys.stdout is stdout
