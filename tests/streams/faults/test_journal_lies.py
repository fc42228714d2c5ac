"""Journals that were killed, cut, or written by another program."""

import json

import pytest

from streams import Journal, Replay, SourceError

GOOD = {"stream": "a", "pts": "0", "index": 0, "epoch": 0, "gap": 0, "batch": 1}


@pytest.mark.parametrize(
    "line",
    [
        {"batch": 0}, {"batch": -3}, {"batch": 10**9}, {"batch": True}, {"pts": "1/0"}, {"pts": "1e99999999"},
        {"pts": 0.5}, {"pts": "9" * 100}, {"index": float("inf")}, {"index": -1}, {"index": "0"}, {"gap": 2**60},
        {"size": [float("inf"), 1]}, {"size": [1]}, {"size": "ab"}, {"factor": float("nan")}, {"factor": 2},
        {"stream": 7}, {"fresh": []}, {"name": 3}, {"duration": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_that_no_journal_has_is_one_line(tmp_path, line):
    path = tmp_path / "j.jsonl"
    path.write_text('{"journal": 1}\n' + json.dumps(GOOD | line) + "\n")
    with pytest.raises(SourceError, match=r"j.jsonl, line 2 is not the line of a frame"):
        Replay.read(path)


@pytest.mark.parametrize("text", ["[" * 100_000, "x" * 200_000, "null", "[]", "{", '"text"', '{"event": "attached"}'])
def test_a_line_that_no_journal_has_is_one_line(tmp_path, text):
    path = tmp_path / "j.jsonl"
    path.write_text('{"journal": 1}\n' + text + "\n")
    with pytest.raises(SourceError, match=r"j.jsonl"):
        Replay.read(path)


@pytest.mark.parametrize("text", ["", "\n", "{}\n", '{"journal": 2}\n', "plain text\n"])
def test_a_file_that_is_no_journal_is_one_line(tmp_path, text):
    path = tmp_path / "j.jsonl"
    path.write_text(text)
    with pytest.raises(SourceError, match="is not"):
        Replay.read(path)


def test_the_journal_of_a_killed_run_is_kept_and_that_of_a_finished_one_replaced(tmp_path):
    path = tmp_path / "run.jsonl"
    with Journal(path, {"run": 1}):
        before = path.read_text()
    path.write_text(before)  # what is there when a run is killed
    with Journal(path, {"run": 2}) as second:
        pass
    assert (tmp_path / "run.part.jsonl").read_text() == before
    assert second.warnings == [
        f"{tmp_path / 'run.part.jsonl'} is the journal of an earlier run that was killed; it was kept"
    ]
    with Journal(path, {"run": 3}) as third:
        pass
    assert not third.warnings and Replay.read(path).facts["run"] == 3
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run.jsonl", "run.part.jsonl"]


def test_what_is_no_journal_at_all_is_kept_too(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("my notes")
    with Journal(path):
        pass
    assert (tmp_path / "notes.part.txt").read_text() == "my notes"
