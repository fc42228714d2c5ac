"""The one rule for outputs: by identity of the file, before any work, leaving nothing behind."""

import os
import re

import pytest

from seqseg.cli.console.outputs import RUN_FILES, Outputs
from seqseg.cli.stream.keeping import KeepingOptions
from seqseg.errors import ConfigError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")


def refused(outputs, message):
    with pytest.raises(ConfigError, match=message) as caught:
        outputs.check()
    assert "\n" not in str(caught.value)


@pytest.fixture
def movie(tmp_path):
    path = tmp_path / "movie.mp4"
    path.write_bytes(b"pixels")
    return path


@pytest.mark.parametrize("kind", ["itself", "another spelling", "a link", "a hard link"])
def test_what_is_read_is_not_written_however_it_is_called(movie, tmp_path, kind):
    names = {"itself": movie, "another spelling": tmp_path / "no" / ".." / "movie.mp4"}
    path = names.get(kind, tmp_path / "other.mp4")
    if kind == "a link":
        path.symlink_to(movie)
    elif kind == "a hard link":
        path.hardlink_to(movie)
    outputs = Outputs()
    outputs.reads(movie, "what --source reads")
    outputs.writes("--report", path)
    refused(outputs, "--report .* is what --source reads; give the output another name")


def test_what_a_pattern_reads_is_not_written(movie, tmp_path):
    outputs = Outputs()
    outputs.reads(tmp_path / "*.mp4", "what --source reads")
    outputs.writes("--journal", movie)
    refused(outputs, "is what --source reads")


def test_what_lies_in_a_folder_that_is_read_is_not_replaced_but_something_new_may_go_there(movie, tmp_path):
    outputs = Outputs()
    outputs.reads(tmp_path, "part of the data set")
    outputs.writes("--json", tmp_path / "new.json")
    outputs.check()
    outputs.writes("--sheet", movie)
    refused(outputs, "--sheet .*movie.mp4 is part of the data set")


def test_in_a_folder_of_frames_only_movies_and_pictures_are_read(movie, tmp_path):
    (tmp_path / "report.json").write_text("{}")
    outputs = Outputs()
    outputs.reads(tmp_path, "what --source reads", media=True)
    outputs.writes("--report", tmp_path / "report.json")
    outputs.check()
    outputs.writes("--save", movie)
    refused(outputs, "--save .*movie.mp4 is what --source reads")


@pytest.mark.parametrize("name", RUN_FILES)
def test_what_belongs_to_a_run_is_not_replaced_even_if_it_is_not_there_yet(tmp_path, name):
    outputs = Outputs()
    outputs.run(tmp_path, "part of the run")
    outputs.writes("--report", tmp_path / name)
    refused(outputs, re.escape(f"{name} is part of the run"))


def test_an_output_beside_the_files_of_a_run_is_fine(tmp_path):
    outputs = Outputs()
    outputs.run(tmp_path)
    outputs.writes("--report", tmp_path / "report.json", suffixes=(".json",))
    outputs.check()


def test_two_outputs_may_not_be_one_file_nor_a_table_beside_one(tmp_path):
    outputs = Outputs()
    outputs.writes("--masks", tmp_path / "m.mkv", beside=[tmp_path / "m.mkv.times.csv"])
    outputs.writes("--areas", tmp_path / "m.mkv.times.csv")
    refused(outputs, "two outputs go to .*m.mkv.times.csv: --masks and --areas")


def test_devices_hold_nothing_that_could_be_lost(tmp_path):
    outputs = Outputs()
    outputs.writes("--areas", "/dev/null", suffixes=(".csv",))
    outputs.writes("--rle", "/dev/null", suffixes=(".jsonl",))
    outputs.check()


def test_folders_are_proven_writable_and_nothing_is_left_behind(tmp_path):
    outputs = Outputs()
    outputs.writes("--report", tmp_path / "a" / "b" / "r.json")
    outputs.writes("--masks", tmp_path / "c" / "masks", folder=True)
    outputs.check()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs a folder in which nothing can be made")
def test_a_folder_that_cannot_be_made_is_noticed_before_any_work():
    outputs = Outputs()
    outputs.writes("--save-state", "/proc/nope/s.npz")
    refused(outputs, "--save-state cannot be written in /proc/nope: .*; give another place")


def test_a_link_to_nowhere_is_named(tmp_path):
    (tmp_path / "disk").symlink_to(tmp_path / "unplugged")
    outputs = Outputs()
    outputs.writes("--report", tmp_path / "disk" / "r.json")
    refused(outputs, "disk is a link to nowhere")


def test_a_file_is_no_folder_and_a_folder_no_file(tmp_path):
    outputs = Outputs()
    outputs.writes("--report", tmp_path)
    refused(outputs, "is a folder; give the name of a file to write")
    (tmp_path / "plain").write_text("text")
    outputs = Outputs()
    outputs.writes("--masks", tmp_path / "plain", folder=True)
    refused(outputs, "is a file; give the name of a folder")


def test_a_folder_is_not_called_like_a_file_unless_it_is_there(tmp_path):
    outputs = Outputs()
    with pytest.raises(ConfigError, match="--masks .*out.mp4 cannot be written as .mp4; it must end in .mkv"):
        outputs.writes("--masks", tmp_path / "out.mp4", folder=True, suffixes=(".mkv",))
    (tmp_path / "out.mp4").mkdir()
    outputs.writes("--masks", tmp_path / "out.mp4", folder=True, suffixes=(".mkv",))
    outputs.check()


@pytest.fixture
def data_set(tmp_path):
    for name in ("images", "masks"):
        (tmp_path / "set, of + mine" / name).mkdir(parents=True)
        (tmp_path / "set, of + mine" / name / "a.png").write_bytes(b"pixels")
    return tmp_path / "set, of + mine"


@pytest.mark.parametrize("source", ["folders:{}", 'folders:"{}",foreground=255', "shapes + folders:{},map=a_to_b"])
@pytest.mark.parametrize(
    ("output", "folder"), [("masks/a.png", False), ("masks", True), ("images", True), ("masks/../images/a.png", False)]
)
def test_what_a_data_set_holds_is_not_replaced_however_it_is_called(data_set, source, output, folder):
    outputs = Outputs()
    outputs.data(source.format(data_set))
    outputs.writes("--out", data_set / output, folder=folder)
    refused(outputs, "is part of the data set")


def test_new_files_and_folders_may_go_into_a_data_set(data_set):
    (data_set / "runs" / "one").mkdir(parents=True)
    (data_set / "runs" / "one" / "config.toml").touch()
    outputs = Outputs()
    outputs.data(f"folders:{data_set}")
    outputs.writes("the run", data_set / "runs" / "one", folder=True)
    outputs.writes("--worst", data_set / "worst", folder=True)
    outputs.writes("--json", data_set / "scores.json")
    outputs.check()


def test_the_pictures_beside_a_list_are_not_replaced_and_a_page_is(data_set):
    for name in ("list.csv", "page.html"):
        (data_set / "images" / name).touch()
    outputs = Outputs()
    outputs.data(f"list:{data_set / 'images' / 'list.csv'}")
    outputs.writes("--html", data_set / "images" / "page.html")
    outputs.check()
    outputs.writes("--sheet", data_set / "images" / "a.png")
    refused(outputs, "--sheet .* is part of the data set")


def test_folders_that_options_name_are_read_as_well(data_set, tmp_path):
    (tmp_path / "via.json").touch()
    outputs = Outputs()
    outputs.data(f"via:{tmp_path / 'via.json'},images={tmp_path / 'pictures'}")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "b.png").touch()
    outputs.data(f"via:{tmp_path / 'via.json'},images={tmp_path / 'pictures'}")
    outputs.writes("--sheet", tmp_path / "pictures" / "b.png")
    refused(outputs, "--sheet .* is part of the data set")


@pytest.mark.parametrize("name", ["step.onnx", "step.onnx.json", "step.bin", "saved/model.pb"])
def test_what_belongs_to_an_export_is_not_replaced(tmp_path, name):
    (tmp_path / "saved").mkdir()
    for file in ("step.onnx", "step.onnx.json", "step.bin", "saved/model.pb"):
        (tmp_path / file).write_bytes(b"weights")
    outputs = Outputs()
    outputs.run(tmp_path / "step.onnx")
    outputs.run(tmp_path / "saved")
    outputs.writes("--report", tmp_path / name)
    refused(outputs, "--report .* is part of the run")


def test_a_state_may_be_saved_over_the_one_that_was_loaded_and_nothing_else(tmp_path):
    for name in ("a.npz", "b.npz"):
        (tmp_path / name).touch()
    for save, load in (("a.npz", "a.npz"), ("a.npz", "b.npz")):
        outputs = Outputs()
        KeepingOptions(save_state=str(tmp_path / save), load_state=str(tmp_path / load)).claim(outputs)
        outputs.check()
    outputs.writes("--report", tmp_path / "b.npz")
    refused(outputs, "--report .* is what --load-state reads")
