"""Placement of frames: arithmetic only."""

import numpy as np
import pytest

from seqseg import geometry
from seqseg.errors import ConfigError
from seqseg.geometry import Resizing, blending_shares, make_resizing, resizing_of_card, round_up


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5, 0.8])
@pytest.mark.parametrize("source", [(101, 67), (48, 40), (49, 300), (20, 90)])
def test_tiles_cover_every_pixel_and_each_is_one_tiles_own(source, overlap):
    placement = Resizing("tile", (48, 40), overlap=overlap).place(*source)
    own = np.zeros(placement.canvas, int)
    for number, (top, left) in enumerate(placement.tiles):
        rows, columns = placement.own(number)
        own[rows, columns] += 1
        assert top <= rows.start < rows.stop <= top + 48 and left <= columns.start < columns.stop <= left + 40
    assert (own == 1).all()


def test_neighbouring_tiles_overlap_by_at_least_what_is_asked():
    starts = sorted({top for top, _ in Resizing("tile", (48, 40), overlap=0.5).place(200, 40).tiles})
    assert starts[0] == 0 and starts[-1] == 200 - 48
    assert max(np.diff(starts)) <= 24


def test_pictures_smaller_than_a_tile_are_padded_to_one():
    placement = Resizing("tile", (48, 40)).place(20, 30)
    assert placement.tiles == ((0, 0),) and placement.canvas == (48, 40) and placement.inside == (20, 30)


@pytest.mark.parametrize(
    ("source", "inside", "canvas"),
    [
        ((360, 480), (360, 480), (368, 480)),
        ((720, 1280), (288, 512), (288, 512)),
        ((1281, 720), (512, 288), (512, 288)),
    ],
)
def test_a_frame_within_a_size_is_shrunk_but_never_enlarged_and_padded_at_its_end(source, inside, canvas):
    placement = Resizing("within", (512, 512), multiple=16).place(*source)
    assert (placement.inside, placement.canvas, placement.top, placement.left) == (inside, canvas, 0, 0)


def test_a_native_canvas_is_a_multiple_and_the_frame_keeps_its_scale():
    placement = Resizing("native").place(375, 500)
    assert placement.canvas == (384, 512) and placement.inside == (375, 500) and placement.edges == (0, 9, 0, 12)
    assert round_up((32, 33), 32) == (32, 64)


@pytest.mark.parametrize("fit", ["resize", {"name": "letterbox", "enlarge": True, "border": 7}, {"name": "tile"}])
def test_a_fitting_comes_back_from_the_card(fit):
    resizing = make_resizing(fit, (40, 60))
    assert resizing_of_card(resizing.to_card(), (40, 60)) == resizing


def test_a_card_that_knows_its_size_alone_shrinks_without_padding_as_before():
    resizing = resizing_of_card(None, (24, 32))
    assert resizing.place(48, 128).canvas == (12, 32)
    assert resizing.place(10, 10).canvas == (10, 10)
    assert resizing_of_card(None, None) is None


@pytest.mark.parametrize(
    ("fit", "size", "message"),
    [
        ("leterbox", (4, 4), "unknown data.resize 'leterbox'; did you mean letterbox"),
        ({"enlarge": True}, (4, 4), "data.resize needs a name"),
        ({"name": "letterbox", "border": 300}, (4, 4), "data.resize.border must be"),
        ({"name": "letterbox", "enlarge": 1}, (4, 4), "data.resize.enlarge must be true or false, got 1"),
        (
            {"name": "tile", "overlap": 1.0},
            (4, 4),
            "data.resize.overlap must be a fraction of the tile from 0 to 0.9, got 1.0",
        ),
        ({"name": "resize", "border": 0}, (4, 4), "has no option 'border'"),
        ("tile", None, 'data.size is "native", which resizes nothing; leave data.resize = "tile" out'),
    ],
)
def test_a_fitting_that_cannot_be_is_one_line(fit, size, message):
    with pytest.raises(ConfigError, match=message):
        make_resizing(fit, size)


@pytest.mark.parametrize("old", ["Fitting", "FITTINGS", "make_fitting", "fitting_of_card"])
def test_a_former_name_warns_and_gives_the_same_object(old):
    new = old.replace("FITTING", "RESIZING").replace("Fitting", "Resizing").replace("fitting", "resizing")
    with pytest.warns(DeprecationWarning, match=rf"seqseg\.geometry\.{old} is now called {new}"):
        assert getattr(geometry, old) is getattr(geometry, new)


def test_a_name_that_never_was_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'seqseg.geometry' has no attribute 'Fittings'"):
        _ = geometry.Fittings


@pytest.mark.parametrize(("starts", "size", "whole"), [((0,), 7, 7), ((0, 3, 6), 5, 11), ((0, 13), 17, 30)])
def test_the_shares_of_overlapping_parts_add_up_to_one(starts, size, whole):
    total = np.zeros(whole)
    for start, shares in zip(starts, blending_shares(starts, size, whole), strict=True):
        total[start : start + size] += shares
    np.testing.assert_allclose(total, 1)
