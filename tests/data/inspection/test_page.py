"""The page of an inspection."""

import re
from html.parser import HTMLParser

import numpy as np

from seqseg.data import open_data
from seqseg.data.inspection.page import draw_influence, inspection_page, write_page
from seqseg.data.inspection.report import inspect
from tests.data.sound_sets import label, write, write_folders


class Reader(HTMLParser):
    """Collects tags, addresses and text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.addresses, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.text += data


def page_of(source, split="all"):
    data = open_data(source, split=split)
    facts = inspect(data).to_dict() | {"class_weights": {"inverse": [1.0] * len(data.classes)}}
    return inspection_page(data, facts)


def test_the_page_holds_all_its_pictures_and_asks_for_nothing_else(tmp_path):
    page = page_of(write_folders(tmp_path))
    reader = Reader(page)
    assert reader.addresses and all(address.startswith("data:image/") for address in reader.addresses)
    assert "script" not in reader.tags and not re.search(r"https?:|@import|url\(", page)
    assert "prefers-color-scheme:dark" in page and "water" in reader.text


def test_problems_unknown_values_and_names_are_shown_as_text(tmp_path):
    source = write_folders(tmp_path)
    (tmp_path / "classes.txt").write_text("<b>water\nice&snow\n")
    mask = label(2)
    mask[0, 0] = 77
    write(tmp_path / "masks/2.png", mask)
    page = page_of(source)
    reader = Reader(page)
    assert "b" not in set(reader.tags) - {"b"} and "<b>water" in reader.text and "ice&snow" in reader.text
    assert "Values outside the classes" in reader.text and "77" in reader.text


def test_several_labels_a_pixel_have_a_page():
    assert "Classes" in Reader(page_of("shapes:videos=1,frames=2,multi_label=1", "train")).text


def test_a_page_is_written_where_no_folder_is_with_any_name(tmp_path):
    write_page(tmp_path / "deep" / "a.html", "caf\u00e9 \udcff")
    assert (tmp_path / "deep" / "a.html").read_text(encoding="utf-8") == "caf\u00e9 \\udcff"


def test_influence_is_brightest_where_it_is_highest():
    influence = np.zeros((2, 8, 8))
    influence[1, 4, 4] = 1.0
    drawn = draw_influence(influence, width=80)
    assert drawn.shape == (80, 160, 3)
    assert np.unravel_index(drawn.sum(-1).argmax(), (80, 160))[1] > 80
