"""TIFFs of many pages, written with tifffile and Pillow."""

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from seqseg.data import VOID, LeftOut, open_data
from seqseg.data.files.tiff_pages import TiffPages, count_pages
from seqseg.errors import DataError

PAGES = np.random.default_rng(0).integers(200, 4000, (7, 15, 21), np.uint16)
MASKS = (np.arange(7 * 15 * 21).reshape(7, 15, 21) % 3).astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    tifffile.imwrite(tmp_path / "take.tif", PAGES, photometric="minisblack")
    return tmp_path


def masks_as(kind, place):
    if kind == "npy":
        np.save(f"{place}.npy", MASKS)
    elif kind == "tif":
        tifffile.imwrite(f"{place}.tif", MASKS, photometric="minisblack", compression="zlib")
    else:
        place.mkdir()
        for index, mask in enumerate(MASKS):
            cv2.imwrite(str(place / f"{index:03d}.png"), mask)


@pytest.mark.parametrize("kind", ["npy", "tif", "folder"])
@pytest.mark.parametrize("place", ["take_mask", "take_labels", "masks/take"])
def test_masks_belong_to_the_pages(folder, kind, place):
    (folder / "masks").mkdir()
    masks_as(kind, folder / place)
    (video,) = open_data(f"tiff:{folder}", split="all").videos
    assert (video.name, len(video), video.size, len(video.labelled)) == ("take", 7, (15, 21), 7)
    for index in (5, 0):
        np.testing.assert_array_equal(video.mask(index), MASKS[index])


def test_a_folder_may_hold_masks_of_some_pages(folder):
    masks_as("folder", folder / "take_mask")
    (folder / "take_mask" / "003.png").unlink()
    video = open_data(f"tiff:{folder / 'take.tif'}", split="all").videos[0]
    assert video.labelled == (0, 1, 2, 4, 5, 6) and (video.mask(3) == VOID).all()


def test_deep_pages_look_as_in_a_stream(folder):
    from streams.sources import ImageSource

    masks_as("npy", folder / "take_mask")
    video = open_data(f"tiff:{folder}", split="all").videos[0]
    with ImageSource(folder / "take.tif") as source:
        for index, frame in enumerate(source):
            np.testing.assert_array_equal(video.frame(index), frame.image)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int32", "float32"])
@pytest.mark.parametrize("options", [{}, {"imagej": True}, {"compression": "zlib"}, {"bigtiff": True},
                                     {"tile": (16, 16)}, {"byteorder": ">"}])  # fmt: skip
def test_pages_are_as_written(tmp_path, kind, options):
    if kind == "int32" and options.get("imagej"):
        pytest.skip("ImageJ knows no such pages")
    pages = PAGES.astype(kind)
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack", **options)
    read = TiffPages(tmp_path / "a.tif")
    assert len(read) == count_pages(tmp_path / "a.tif") == 7
    for index in (6, 0, 3):
        np.testing.assert_array_equal(read[index], pages[index])


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_deflate", "raw"])
def test_pages_that_pillow_wrote_are_as_written(tmp_path, compression):
    first, *others = (Image.fromarray(mask) for mask in MASKS)
    first.save(tmp_path / "a.tif", save_all=True, append_images=others, compression=compression)
    read = TiffPages(tmp_path / "a.tif")
    np.testing.assert_array_equal(np.stack([read[index] for index in range(7)]), MASKS)


def test_colour_pages_are_rgb(tmp_path):
    colours = np.random.default_rng(1).integers(0, 256, (3, 9, 12, 3), np.uint8)
    tifffile.imwrite(tmp_path / "take.tif", colours, photometric="rgb")
    np.save(tmp_path / "take_mask.npy", MASKS[:3, :9, :12])
    video = open_data(f"tiff:{tmp_path}", split="all").videos[0]
    np.testing.assert_array_equal(video.frame(2), colours[2])


def test_the_real_stack_of_a_thousand_pages_is_read_page_by_page(shared_data):
    path = shared_data / "movies" / "calcium_imaging.tif"
    pages, whole = TiffPages(path), tifffile.imread(path)
    assert len(pages) == 1000 and whole.shape[0] == 1000
    for index in (0, 1, 499, 999):
        np.testing.assert_array_equal(pages[index], whole[index])


def test_stacks_that_do_not_fit_or_are_damaged_are_named(folder, tmp_path):
    with pytest.raises(DataError, match=r"has no masks; put take_mask.tif or take_mask/ beside take.tif"):
        open_data(f"tiff:{folder}")
    np.save(folder / "take_mask.npy", MASKS[:5])
    with pytest.raises(DataError, match=r"take_mask.npy has 5 pictures, take.tif has 7"):
        open_data(f"tiff:{folder}", split="all")
    for bad, said in ((MASKS[0], "have the shape"), (MASKS.astype(float), "holds float64"), (None, "cannot read")):
        np.save(folder / "take_mask.npy", np.array([None]) if bad is None else bad, allow_pickle=True)
        with pytest.raises(DataError, match=f"take_mask.npy.*{said}|{said}.*take_mask.npy"):
            open_data(f"tiff:{folder}", split="all")
    np.save(folder / "take_mask.npy", MASKS)
    whole = (folder / "take.tif").read_bytes()
    for keep in (0, 3, 100, len(whole) // 2, len(whole) - 60):
        (folder / "take.tif").write_bytes(whole[:keep])
        with pytest.raises(DataError, match=r"take\.tif"):
            open_data(f"tiff:{folder}", split="all")
    left_out = LeftOut(skip=True)
    tifffile.imwrite(folder / "other.tif", PAGES, photometric="minisblack")
    np.save(folder / "other_mask.npy", MASKS)
    assert [video.name for video in open_data(f"tiff:{folder}", split="all", left_out=left_out).videos] == ["other"]


def test_channels_are_reported_from_frames(tmp_path):
    tifffile.imwrite(tmp_path / "take.tif", PAGES[:6].reshape(3, 2, 15, 21), imagej=True, metadata={"axes": "TCYX"})
    with pytest.raises(DataError, match="has channels"):
        TiffPages(tmp_path / "take.tif")


def test_a_label_beyond_the_classes_names_the_page(folder):
    np.save(folder / "take_mask.npy", MASKS)
    (folder / "classes.txt").write_text("sea\nice\n")
    with pytest.raises(DataError, match=r"take_mask.npy \(page 2\) has label 2 outside the 2 classes"):
        open_data(f"tiff:{folder}", split="all").videos[0].mask(2)
