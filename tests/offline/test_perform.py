import json
import os

import pytest

from seqseg.offline.jobs import Job
from seqseg.offline.perform import Outcome, Segmented, SourceFailed, perform, skipped
from seqseg.offline.records import Settings
from seqseg.offline.summary import write_summary

SETTINGS = Settings("cells", "a" * 64, {"size": "trained"})


def write_mask(job, folder, watch):
    (folder / "masks.mkv").write_bytes(b"masks")
    return Segmented(5, ("it flickers",))


def fail(job, folder, watch):
    (folder / "masks.mkv").write_bytes(b"half")
    raise SourceFailed("its header is damaged")


@pytest.fixture
def job(tmp_path):
    movie = tmp_path / "in" / "monday.mp4"
    movie.parent.mkdir()
    movie.write_bytes(b"movie")
    return Job("monday", str(movie))


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def do(job, out, segment=write_mask, settings=SETTINGS):
    return perform(job, out, settings, segment, lambda frames: None)


def test_a_source_gets_its_outputs_and_a_record(job, out):
    assert do(job, out).status == "done"
    record = json.loads((out / "monday" / "segment.json").read_text())
    assert record["model_sha256"] == "a" * 64 and record["frames"] == 5
    assert record["outputs"] == {"masks.mkv": {"files": 1, "bytes": 5}} and record["stamp"]["bytes"] == 5
    assert os.listdir(out) == ["monday"]


def test_what_is_done_is_skipped(job, out):
    assert not skipped(job, out, SETTINGS)
    do(job, out)
    assert skipped(job, out, SETTINGS)


@pytest.mark.parametrize(
    "settings", [Settings("cells", "b" * 64, {"size": "trained"}), Settings("cells", "a" * 64, {"size": "32x32"})]
)
def test_another_model_or_other_options_are_another_thing_to_do(job, out, settings):
    do(job, out)
    assert not skipped(job, out, settings)


def test_the_models_name_does_not_count(job, out):
    do(job, out)
    assert skipped(job, out, Settings("elsewhere/cells", "a" * 64, {"size": "trained"}))


def test_a_source_that_changed_is_not_done(job, out):
    do(job, out)
    os.utime(job.path, ns=(1, 1))
    assert not skipped(job, out, SETTINGS)


def test_pictures_that_came_or_went_are_not_done(tmp_path, out):
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "1.png").write_bytes(b"one")
    job = Job("frames", str(folder), "pictures")
    do(job, out)
    assert skipped(job, out, SETTINGS)
    (folder / "2.png").write_bytes(b"two")
    assert not skipped(job, out, SETTINGS)


@pytest.mark.parametrize("harm", ["cut", "removed", "record removed", "record damaged"])
def test_an_output_that_is_not_whole_is_not_done(job, out, harm):
    do(job, out)
    masks, record = out / "monday" / "masks.mkv", out / "monday" / "segment.json"
    {
        "cut": lambda: masks.write_bytes(b"mas"),
        "removed": masks.unlink,
        "record removed": record.unlink,
        "record damaged": lambda: record.write_text("{"),
    }[harm]()
    assert not skipped(job, out, SETTINGS)


def test_a_failure_leaves_no_output_and_says_why(job, out):
    outcome = do(job, out, fail)
    assert outcome.status == "failed" and outcome.error == "its header is damaged"
    assert [path.name for path in out.iterdir()] == [".monday.failed.json"]


def test_a_failure_leaves_what_was_done_before_as_it_was(job, out):
    do(job, out)
    do(job, out, fail)
    assert skipped(job, out, SETTINGS)


def test_a_source_that_is_gone_fails_alone(out):
    outcome = do(Job("gone", "/nowhere/gone.mp4"), out)
    assert outcome.status == "failed" and "No such file" in outcome.error


def test_a_folder_of_somebody_else_is_not_replaced(job, out):
    (out / "monday").mkdir(parents=True)
    (out / "monday" / "thesis.txt").write_text("precious")
    assert "not from seqseg segment" in do(job, out).error
    assert (out / "monday" / "thesis.txt").read_text() == "precious"


def test_an_interruption_leaves_nothing(job, out):
    def interrupted(job, folder, watch):
        (folder / "masks.mkv").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do(job, out, interrupted)
    assert list(out.iterdir()) == []


def test_what_a_killed_process_left_is_removed(job, out):
    import subprocess
    import sys

    from seqseg import files

    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for end in ("part", "old.part"):
        (out / f".monday.{files._HOST}-{dead.pid}-0.{end}").mkdir(parents=True)
    alive = out / f".monday.{files._HOST}-{os.getpid()}-999.part"
    alive.mkdir()
    do(job, out)
    assert sorted(path.name for path in out.iterdir()) == [alive.name, "monday"]


def test_the_summary_lists_what_is_done_and_what_failed(job, out, tmp_path):
    do(job, out)
    do(Job("gone", "/nowhere/gone.mp4"), out)
    summary = write_summary(out)
    assert summary == json.loads((out / "segment.json").read_text())
    assert summary["counts"] == {"done": 1, "failed": 1} and summary["frames"] == 5
    assert [source["name"] for source in summary["sources"]] == ["gone", "monday"]


def test_a_source_that_succeeds_later_is_no_failure_any_more(job, out):
    do(job, out, fail)
    do(job, out)
    assert write_summary(out)["counts"] == {"done": 1}


def test_an_outcome_is_the_same_after_its_journey():
    outcome = Outcome("a", "x/a.mp4", "done", 3, 0.5, None, ("flickers",))
    assert Outcome.of(json.loads(json.dumps(outcome.to_dict()))) == outcome
