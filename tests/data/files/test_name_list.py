"""Lists of names, damaged ones too."""

import pytest

from seqseg.data.files.name_list import read_names
from seqseg.data.left_out import LeftOut
from seqseg.errors import DataError


@pytest.fixture
def write(tmp_path):
    def write(content):
        (tmp_path / "list.txt").write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path / "list.txt"

    return write


def test_a_name_is_the_first_word_of_a_line(write):
    assert read_names(write("2007_000032\n\n2007_000039 -1\r\n  2008_1  \n")) == (
        "2007_000032",
        "2007_000039",
        "2008_1",
    )


def test_deeplabs_pairs_of_paths_name_the_image(write):
    text = "/JPEGImages/2007_000032.jpg /SegmentationClassAug/2007_000032.png\n"
    assert read_names(write(text)) == ("2007_000032",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\n../../etc/passwd\n", "line 2: '../../etc/passwd' is no plain name"),
        ("/etc/passwd\n", "line 1: '/etc/passwd' is no plain name"),
        ("..\\x\n", "is no plain name"),
        ("..\n", "'..' is no plain name"),
        ("/JPEGImages/../../x.jpg\n", "is no plain name"),
        ("a\nb\na\n", "names a twice, in lines 1 and 3"),
        ("\n \n", "names nothing"),
        (b"\xff\xfe\x00", "it must be UTF-8 text"),
    ],
)
def test_a_damaged_list_is_one_sentence_that_names_it(write, content, message):
    with pytest.raises(DataError, match="list.txt") as caught:
        read_names(write(content))
    assert message in str(caught.value)


def test_a_missing_list_is_named_with_those_there_are(write):
    with pytest.raises(DataError, match=r"gone.txt is not there; the lists there are: list"):
        read_names(write("a").with_name("gone.txt"))


def test_bad_names_can_be_left_out(write):
    left_out = LeftOut(skip=True)
    assert read_names(write("a\n../b\na\nc\n"), left_out=left_out) == ("a", "c")
    assert len(left_out.items) == 2
