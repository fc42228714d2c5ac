"""Files and folders, found in one pass."""

import os

from seqseg.data.files.listing import files_in, folders_below, folders_in, readable_name


def test_files_come_in_natural_order_by_their_endings(tmp_path):
    for name in ("f10.png", "f9.PNG", "f1.jpg", "note.txt", "f2.png.bak"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [file.name for file in files_in(tmp_path, (".png", ".jpg"))] == ["f1.jpg", "f9.PNG", "f10.png"]
    assert folders_in(tmp_path) == [tmp_path / "folder.png"]
    assert files_in(tmp_path / "gone", (".png",)) == []


def test_links_that_lead_in_a_circle_end(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    assert list(folders_below(tmp_path)) == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]


def test_names_that_are_no_text_can_be_printed():
    assert readable_name(os.fsdecode(b"caf\xe9")).encode("utf-8").decode() == "caf�"
