import pytest

from streams import CameraSource, ImageSource, MovieSource, SourceError, open_source


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0", CameraSource),
        (2, CameraSource),
        ("frames/*.png", ImageSource),
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


def test_a_network_address_is_refused_without_showing_its_password():
    with pytest.raises(SourceError, match="rtsp://camera/live is a network address") as caught:
        open_source("rtsp://admin:secret@camera/live")
    assert "secret" not in str(caught.value)
