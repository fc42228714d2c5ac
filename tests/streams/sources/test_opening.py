import pytest

from streams import ImageSource, MovieSource, Reconnecting, SourceError, StandardInput, open_source


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0", Reconnecting),
        (2, Reconnecting),
        ("/dev/video3", Reconnecting),
        ("rtsp://camera/live", Reconnecting),
        ("-", StandardInput),
        ("picture.JPG", ImageSource),
        ("stack.tiff", ImageSource),
        ("movie.mp4", MovieSource),
        ("picture.gif", MovieSource),
        ("no_suffix", MovieSource),
    ],
)
def test_the_text_chooses_the_source(text, kind):
    assert type(open_source(text)) is kind


def test_a_folder_is_a_sequence_of_images(tmp_path):
    assert type(open_source(tmp_path)) is ImageSource


def test_a_file_whose_name_looks_like_a_pattern_is_the_file(tmp_path):
    (tmp_path / "take[1].mp4").touch()
    assert type(open_source(tmp_path / "take[1].mp4")) is MovieSource


@pytest.mark.parametrize("how", ["folder", "folder/*.mp4"])
def test_movies_of_a_folder_or_pattern_follow_each_other_in_natural_order(tmp_path, make_movie, how):
    (tmp_path / "folder").mkdir()
    for number, count in {10: 2, 2: 3}.items():
        make_movie(f"folder/clip{number}.mp4", range(count))
    with open_source(str(tmp_path / how)) as source:
        assert [frame.epoch for frame in source] == [0, 0, 0, 1, 1]
        assert [path.name for path in source.paths] == ["clip2.mp4", "clip10.mp4"]


def test_a_file_address_is_the_file(tmp_path):
    assert open_source(f"file://{tmp_path}/a%20b.mp4").name == f"{tmp_path}/a b.mp4"


@pytest.mark.parametrize("text", ["ftp://host/x.mp4", "gopher://user:secret@host/"])
def test_a_scheme_that_no_one_reads_is_named(text):
    with pytest.raises(SourceError, match=f"{text[:3]}.* is none of rtsp, rtsps") as caught:
        open_source(text)
    assert "secret" not in str(caught.value)


def test_a_pattern_that_matches_nothing_says_so(tmp_path):
    with pytest.raises(SourceError, match=r"nothing matches .*/\*\.png; check the pattern, and quote it"):
        open_source(f"{tmp_path}/*.png")
