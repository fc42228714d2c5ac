import json
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest

from seqseg.data import open_data

SHAPES = "shapes:videos=2,frames=3,size=16x24"


def test_a_set_is_packed_and_says_how_to_go_on(seqseg, tmp_path):
    out = tmp_path / "packed"
    code, printed, progress = seqseg("convert", SHAPES, out, "--shards", 2)
    assert code == 0
    assert "train    2 videos, 6 frames" in printed
    assert f"seqseg train --data records:{out}" in printed
    assert progress.splitlines()[-1] == "  test  18/18 frames, 6/6 shards"
    assert list(json.loads((out / "index.json").read_text())["splits"]) == ["train", "val", "test"]


def test_one_split_keeps_its_name(seqseg, tmp_path):
    assert seqseg("convert", SHAPES, tmp_path / "packed", "--split", "val", "--split", "test")[0] == 0
    code, _, complaint = seqseg("convert", f"records:{tmp_path}/packed", tmp_path / "again", "--split", "train")
    assert code == 2 and "no train split; it has: val, test" in complaint


def test_a_split_that_is_not_there_is_reported_and_left_out(seqseg, tmp_path):
    assert seqseg("convert", SHAPES, tmp_path / "packed", "--split", "val")[0] == 0
    code, printed, errors = seqseg("convert", f"records:{tmp_path}/packed", tmp_path / "again")
    assert code == 0 and "val      2 videos" in printed
    assert [line.strip().partition(":")[0] for line in errors.splitlines()[:2]] == ["no train split", "no test split"]


def test_verify_reports_what_is_damaged(seqseg, tmp_path):
    out = tmp_path / "packed"
    seqseg("convert", SHAPES, out, "--split", "train", "--shards", 2)
    assert seqseg("convert", "--verify", out)[:2] == (0, f"{out}: 2 shards with 6 frames are unchanged\n")
    shard = next(out.glob("*00001-of*"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    code, _, complaint = seqseg("convert", "--verify", out)
    assert code == 2 and shard.name in complaint and complaint.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give what to convert and where to"),
        ([SHAPES], "give what to convert and where to"),
        ([SHAPES, "OUT", "--format", "zip"], "invalid choice: 'zip'"),
        ([SHAPES, "OUT", "--size", "12"], "--size must be HEIGHTxWIDTH"),
        ([SHAPES, "OUT", "--quality", "0"], "quality must be from 1 to 100"),
        ([SHAPES, "OUT", "--shards", "0"], "shards must be at least 1"),
        ([SHAPES, "OUT", "--workers", "0"], "--workers must be at least 1"),
        ([SHAPES, "--verify", "OUT"], "--verify takes the folder alone"),
        (["shape:x", "OUT"], "did you mean shapes?"),
    ],
)
def test_a_wrong_word_is_one_line_and_nothing_is_made(seqseg, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    code, _, complaint = seqseg("convert", *words)
    assert code == 2 and message in complaint and complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("request_to_stop", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_keeps_finished_shards_and_says_how_to_go_on(tmp_path, request_to_stop):
    words = ["shapes:videos=40,frames=50,size=96x128", str(tmp_path / "out"), "--split", "train", "--shards", "500"]
    command = [sys.executable, "-u", "-m", "seqseg.cli.main", "convert", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        next(line for line in process.stderr if "2/500 shards" in line)
        process.send_signal(request_to_stop)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    last = complaint.splitlines()[-1]
    assert last.startswith("seqseg: interrupted; ") and last.endswith("run the same command with --resume")
    kept = list((tmp_path / "out").glob("*.array_record"))
    assert 2 <= len(kept) == int(last.split()[2]) < 500
    assert not list((tmp_path / "out").glob("*.part"))


def test_what_is_broken_may_be_left_out_and_cuts_its_video(seqseg, tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / "set" / kind).mkdir(parents=True)
        for number in range(7):
            picture = np.full((9, 11), number % 2, np.uint8)
            cv2.imwrite(str(tmp_path / "set" / kind / f"{number}.png"), picture)
    (tmp_path / "set" / "images" / "3.png").write_bytes(b"")
    out = tmp_path / "packed"
    code, _, errors = seqseg("convert", f"folders:{tmp_path}/set", out, "--split", "all", "--skip-bad")
    assert code == 0 and "left out 1 broken item" in errors
    videos = open_data(f"records:{out}", split="all").videos
    assert [len(video) for video in videos] == [3, 2, 1]  # train up to the hole and from there on, val
    assert "3.png" in (out / "left_out.txt").read_text()
