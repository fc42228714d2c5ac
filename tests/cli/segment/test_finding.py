import os

import pytest

from seqseg.cli.segment.finding import count_frames, find_jobs
from seqseg.errors import ConfigError


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Movies and pictures in any mixture; their content does not matter here."""
    for name in (
        "day/a.mp4", "day/b.MKV", "day/notes.txt", "day/.hidden.mp4", "day/frames/2.png", "day/frames/10.png",
        "night/a.mp4", "night/1.jpg", "out/old/masks.mkv", "day/.cache/c.mp4",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*texts):
    return {job.name: (os.path.relpath(job.path), job.kind) for job in find_jobs(texts, out="out")}


def test_folders_are_searched_to_the_bottom_without_hidden_files_and_outputs(tree):
    assert found(".") == {
        "day-a": ("day/a.mp4", "movie"),
        "b": ("day/b.MKV", "movie"),
        "frames": ("day/frames", "pictures"),
        "night": ("night", "pictures"),
        "night-a": ("night/a.mp4", "movie"),
    }


def test_a_source_that_is_named_twice_is_one(tree):
    os.symlink("day", "again")
    assert len(found("day", "day/a.mp4", "./day/b.MKV", "again")) == 3


def test_a_circle_of_links_ends(tree):
    os.symlink(tree / "day", tree / "day" / "round")
    assert len(found("day")) == 3


def test_pictures_that_are_given_one_by_one_are_one_sequence(tree):
    (job,) = find_jobs(["day/frames/2.png", "day/frames/10.png"], out="out")
    assert (job.name, job.kind, job.pictures) == ("frames", "pictures", ("day/frames/2.png", "day/frames/10.png"))


def test_a_picture_alone_is_named_after_itself(tree):
    (job,) = find_jobs(["night/1.jpg"], out="out")
    assert job.name == "1.jpg" and job.pictures == ("night/1.jpg",)


def test_a_quoted_pattern_names_its_movies(tree):
    assert set(found("*/a.mp4")) == {"day-a", "night-a"}


@pytest.mark.parametrize("text", ["gone.mp4", "*.nothing", "rtsp://door:554/main", "-"])
def test_what_is_no_file_is_one_line(tree, text):
    with pytest.raises(ConfigError, match="not there|is no file"):
        find_jobs([text], out="out")


def test_a_folder_without_anything_to_segment_is_one_line(tree):
    (tree / "empty").mkdir()
    with pytest.raises(ConfigError, match="holds neither movies nor pictures"):
        find_jobs(["empty"], out="out")


def test_the_frames_of_a_source_are_counted_where_it_can_be_opened(tree, write_movie):
    write_movie(tree / "seven.mp4")
    counts = {job.name: count_frames(job) for job in find_jobs(["seven.mp4", "day/a.mp4"], out="out")}
    assert counts == {"seven": 7, "a": None}
