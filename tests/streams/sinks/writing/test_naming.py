from pathlib import Path

import pytest

from streams.sinks.writing.naming import name_for_files, name_in_short, numbered, with_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("front", "front"),
        ("../../etc/passwd", "etc-passwd"),
        ("a/b\\c:d*e?f", "a-b-c-d-e-f"),
        ("", "stream"),
        ("...", "stream"),
        ("カメラ", "stream"),
        ("Tür 1", "Tur-1"),
        ("con", "con-stream"),
        ("LPT1.txt", "LPT1.txt-stream"),
        ("x" * 300, "x" * 60),
        ("line\nbreak\0", "line-break"),
    ],
)
def test_any_name_becomes_one_that_every_file_system_takes(name, safe):
    assert name_for_files(name) == safe


def test_names_that_differ_only_in_case_or_strange_letters_stay_apart():
    taken, given = set(), []
    for name in ("Cam", "cam", "c/am", "c:am", "cam-2"):
        given.append(name_for_files(name, taken))
        taken.add(given[-1].lower())
    assert given == ["Cam", "cam-2", "c-am", "c-am-2", "cam-2-2"]


def test_the_name_is_before_the_ending():
    assert with_name("a/out.part.mp4", "door") == Path("a/out.part-door.mp4")
    assert with_name("masks", "door") == Path("masks-door")


def test_the_first_of_several_files_keeps_its_name():
    assert [str(numbered(Path("out.mp4"), number)) for number in (1, 2, 3)] == ["out.mp4", "out-2.mp4", "out-3.mp4"]


def test_a_stream_of_a_file_or_folder_is_called_like_it_and_not_like_the_way_there(tmp_path):
    (tmp_path / "front.view.mp4").touch()
    (tmp_path / "frames.d").mkdir()
    assert name_in_short(str(tmp_path / "front.view.mp4")) == "front.view"
    assert name_in_short(str(tmp_path / "frames.d")) == "frames.d"
    assert name_in_short(f"{tmp_path}/front.view.mp4 2") == "front.view 2"
    assert name_in_short("rtsp://door/a.mp4") == "rtsp://door/a.mp4"
