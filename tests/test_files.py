"""What is written takes the place of the file before, complete, or leaves it alone."""

import json
import os
import subprocess
import sys
import threading

import pytest

from seqseg.files import replacing, replacing_path, write_json, write_text


def test_the_file_appears_only_when_it_is_complete(tmp_path):
    path = tmp_path / "metrics.csv"
    with replacing(path) as file:
        file.write(b"epoch")
        assert not path.exists()
    assert path.read_bytes() == b"epoch" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("writer", [replacing, replacing_path])
def test_an_error_leaves_the_file_before_and_nothing_else(writer, tmp_path):
    path = tmp_path / "best.keras"
    path.write_bytes(b"before")
    with pytest.raises(OSError, match="disk full"), writer(path):
        raise OSError("disk full")
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]


def test_a_library_writes_to_a_path_beside_it_with_the_same_suffix(tmp_path):
    with replacing_path(tmp_path / "best.keras") as part:
        assert (part.parent, part.suffix) == (tmp_path, ".keras")
        part.write_bytes(b"model")
    assert (tmp_path / "best.keras").read_bytes() == b"model" and len(list(tmp_path.iterdir())) == 1


def test_two_writers_of_one_file_do_not_disturb_each_other(tmp_path):
    path, failures = tmp_path / "state.npz", []

    def write(content):
        try:
            for _ in range(50):
                with replacing(path) as file:
                    file.write(content)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in (b"a" * 5000, b"b" * 5000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(set(path.read_bytes())) == 1 and list(tmp_path.iterdir()) == [path]


def test_what_killed_writers_left_is_removed_after_an_hour(tmp_path):
    names = ("a.elsewhere-7-0", "a.elsewhere-8-0", "b.elsewhere-7-0")
    old, new, other = (tmp_path / f".{name}.part.json" for name in names)
    for part in (old, new, other):
        part.write_text("half")
    for part in (old, other):
        os.utime(part, (0, 0))
    write_json(tmp_path / "a.json", {})
    assert not old.exists() and new.exists() and other.exists()


@pytest.mark.skipif(os.name != "posix", reason="only there is it known which processes are alive")
def test_what_a_killed_writer_of_this_machine_left_is_removed_at_once(tmp_path):
    script = "import os, sys; from seqseg.files import replacing\nwith replacing(sys.argv[1]): os._exit(9)"
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.json")], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    with replacing(tmp_path / "a.json") as file:
        file.write(b"{}")
        assert len(list(tmp_path.iterdir())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_it_is_on_the_disk_before_it_takes_its_name(tmp_path, monkeypatch):
    calls = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (calls.append("fsync"), sync(handle)))
    monkeypatch.setattr(os, "replace", lambda *paths: (calls.append("replace"), replace(*paths)))
    write_text(tmp_path / "a.txt", "a")
    assert calls[:2] == ["fsync", "replace"]


def test_the_folder_is_made_and_a_name_of_another_encoding_can_be_written(tmp_path):
    write_text(tmp_path / "deep" / "left_out.txt", "caf\udce9.png\n")
    assert (tmp_path / "deep" / "left_out.txt").read_text("utf-8") == "caf\\udce9.png\n"


def test_json_is_indented_and_comes_back(tmp_path):
    write_json(tmp_path / "scores.json", {"miou": 0.5})
    text = (tmp_path / "scores.json").read_text("utf-8")
    assert text == '{\n  "miou": 0.5\n}\n' and json.loads(text) == {"miou": 0.5}


def test_a_folder_takes_the_place_of_another_whole(tmp_path):
    from seqseg.files import replacing_folder

    for text in ("old", "new"):
        with replacing_folder(tmp_path / "out") as part:
            (part / "deep").mkdir()
            (part / "deep" / f"{text}.txt").write_text(text)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "deep", "new.txt"]


def test_a_folder_stays_as_it_was_when_its_successor_fails(tmp_path):
    from seqseg.files import replacing_folder

    with replacing_folder(tmp_path / "out") as part:
        (part / "old.txt").touch()
    with pytest.raises(ValueError, match="half"), replacing_folder(tmp_path / "out") as part:
        (part / "new.txt").touch()
        raise ValueError("half")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "old.txt"]
