import argparse
import csv
import json

import numpy as np
import pytest

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.stream.objects import ObjectsOptions, add_object_options
from seqseg.errors import ConfigError


def options(*words):
    parser = argparse.ArgumentParser()
    add_object_options(parser)
    return ObjectsOptions.of(parser.parse_args([str(word) for word in words]))


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_objects_are_followed_where_they_are_asked_for_alone(tmp_path):
    assert options() is None
    assert options("--objects").path is None
    assert options("--objects", tmp_path / "o.csv", "--objects-keep", 0).keep == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--objects-area", 5), "add --objects FILE.csv"),
        (("--objects", "--objects-confirm", 0), "--objects-confirm must be at least 1, got 0"),
        (("--objects", "--objects-keep", -1), "--objects-keep must be at least 0, got -1"),
    ],
)
def test_what_makes_no_sense_is_one_line(words, message):
    with pytest.raises(ConfigError, match=message):
        options(*words)


def test_the_table_of_objects_takes_no_other_outputs_name(tmp_path):
    outputs = Outputs()
    options("--objects", tmp_path / "o.csv").claim(outputs)
    outputs.writes("--areas", tmp_path / "o.tracks.csv")
    with pytest.raises(ConfigError, match="two outputs go to .*: --objects and --areas"):
        outputs.check()


def test_a_stream_that_is_taken_up_again_goes_on_with_its_ids(seqseg, trained, tmp_path):
    def stream(*words):
        return seqseg("stream", trained, "--source", "shapes", "--objects-area", 3, "--objects-confirm", 1, *words)

    code, printed, complaint = stream("--max-frames", 8, "--objects", tmp_path / "whole.csv", "--masks", tmp_path / "m")
    assert (code, complaint) == (0, "") and " found " in printed
    stream("--max-frames", 5, "--objects", tmp_path / "a.csv", "--save-state", tmp_path / "state.npz")
    state, report = ("--load-state", tmp_path / "state.npz"), ("--report", tmp_path / "report.json")
    code, _, _ = stream("--max-frames", 3, "--objects", tmp_path / "b.csv", *state, *report)
    assert code == 0 and len(rows(tmp_path / "whole.csv"))
    assert rows(tmp_path / "a.csv") + rows(tmp_path / "b.csv") == rows(tmp_path / "whole.csv")
    told = json.loads((tmp_path / "report.json").read_text())["streams"][0]["objects"]
    assert sum(told.values()) == len({row["id"] for row in rows(tmp_path / "whole.csv")})
    code, _, _ = seqseg("stream", trained, "--source", "shapes", "--max-frames", 2, *state)  # without objects
    assert code == 0


def test_the_events_count_objects(seqseg, trained):
    code, printed, _ = seqseg("stream", trained, "--source", "shapes", "--max-frames", 4, "--objects", "--json")
    frames = [json.loads(line) for line in printed.splitlines() if '"event": "frames"' in line]
    assert code == 0 and np.all([set(count) == {"now", "total"} for count in frames[-1]["objects"].values()])
