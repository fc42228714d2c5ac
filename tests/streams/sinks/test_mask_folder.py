import csv
from fractions import Fraction

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from streams import ArraySource, ImageSource, MaskFolderSink, SinkError, run

MASKS = np.random.default_rng(0).choice(np.uint8([0, 1, 2, 3, 255]), (4, 33, 41))


def giving(masks):
    return lambda image, count: (masks[count or 0], (count or 0) + 1)


def written(folder, palette, masks=MASKS):
    clip = np.zeros((*masks.shape, 3), np.uint8)
    run(ArraySource(clip, fps=Fraction(30000, 1001)), giving(masks), MaskFolderSink(folder, palette))


def test_pillow_reads_the_class_numbers_and_the_colours(tmp_path, palette):
    written(tmp_path / "masks", palette)
    for index, mask in enumerate(MASKS):
        with Image.open(tmp_path / "masks" / f"{index:06d}.png") as image:
            assert image.mode == "P"
            np.testing.assert_array_equal(np.array(image), mask)
            wanted = np.concatenate([palette, np.full((252, 3), 255, np.uint8)])[mask]
            np.testing.assert_array_equal(np.array(image.convert("RGB")), wanted)


def test_masks_are_named_as_their_images(tmp_path, palette):
    (tmp_path / "images").mkdir()
    for name in ("b10", "b9"):
        iio.imwrite(tmp_path / "images" / f"{name}.jpg", np.zeros((33, 41, 3), np.uint8))
    run(ImageSource(tmp_path / "images"), giving(MASKS), MaskFolderSink(tmp_path / "masks", palette))
    np.testing.assert_array_equal(Image.open(tmp_path / "masks" / "b9.png"), MASKS[0])
    np.testing.assert_array_equal(Image.open(tmp_path / "masks" / "b10.png"), MASKS[1])


def test_the_table_holds_exact_times(tmp_path, palette):
    written(tmp_path / "masks", palette)
    with (tmp_path / "masks" / "times.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [f"{index:06d}.png" for index in range(4)]
    assert [Fraction(row["pts"]) for row in rows] == [Fraction(1001 * index, 30000) for index in range(4)]


def test_nothing_unfinished_is_left_in_the_folder(tmp_path, palette):
    written(tmp_path / "masks", palette)
    assert {path.suffix for path in (tmp_path / "masks").iterdir()} == {".png", ".csv"}


def test_masks_of_more_than_256_values_are_refused(tmp_path, palette):
    with pytest.raises(SinkError, match="hold uint8 masks, got uint16"):
        written(tmp_path / "masks", palette, MASKS.astype(np.uint16))


def test_a_file_in_the_way_is_refused(tmp_path, palette):
    (tmp_path / "masks").touch()
    with pytest.raises(SinkError, match="is a file; give a folder"), MaskFolderSink(tmp_path / "masks", palette):
        pass


def test_a_palette_of_another_shape_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"palette must be \(classes, 3\)"):
        MaskFolderSink(tmp_path, np.zeros((4, 4)))
