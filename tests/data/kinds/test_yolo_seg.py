import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.data.left_out import LeftOut
from seqseg.errors import DataError

HEIGHT, WIDTH = 20, 40
LINE = "1 0.1 0.2 0.6 0.2 0.6 0.7 0.1 0.7"  # x 4 to 24, y 4 to 14


def write(root, line=LINE, *, yaml="names: [cat, dog]\ntrain: images/train\nval: images/val\n", layout="images/{0}"):
    for part in ("train", "val"):
        images = root / layout.format(part)
        labels = root / layout.format(part).replace("images", "labels")
        images.mkdir(parents=True)
        labels.mkdir(parents=True)
        imageio.imwrite(images / "a.jpg", np.full((HEIGHT, WIDTH, 3), 80, "uint8"))
        imageio.imwrite(images / "empty.jpg", np.full((HEIGHT, WIDTH, 3), 80, "uint8"))
        (labels / "a.txt").write_text(line + "\n")
    (root / "data.yaml").write_text(yaml)
    return f"yolo_seg:{root}"


@pytest.mark.parametrize(
    ("layout", "yaml"),
    [
        ("images/{0}", "names: [cat, dog]\ntrain: images/train\nval: images/val\n"),
        ("images/{0}", "path: /home/somebody/set\nnames:\n  0: cat\n  1: dog\ntrain: images/train\nval: images/val\n"),
        ("{0}/images", "train: ../train/images\nval: ../val/images\nnc: 2\nnames: ['cat', 'dog']\n"),
    ],
)
def test_polygons_are_shares_of_width_and_height(tmp_path, layout, yaml):
    data = open_data(write(tmp_path, layout=layout, yaml=yaml), split="val")
    assert data.classes == ("background", "cat", "dog")
    mask = data.videos[0].mask(0)
    expected = np.zeros((HEIGHT, WIDTH), "uint8")
    expected[4:14, 4:24] = 2
    np.testing.assert_array_equal(mask, expected)
    assert not data.videos[1].mask(0).any()  # no text file: background


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1 0.5 0.5 0.2 0.2", "is a box, not a polygon"),
        ("7 0.1 0.2 0.6 0.2 0.6 0.7", "class 7 is none of 0 to 1"),
        ("1 0.1 0.2 0.6 0.2 0.6", "cannot be read"),
        ("1 0.1 0.2 nan 0.2 0.6 0.7", "cannot be read"),
        ("1 a b c d e f", "cannot be read"),
    ],
)
def test_lines_of_no_use_are_reported(tmp_path, line, message):
    where = write(tmp_path, line)
    with pytest.raises(DataError, match=message):
        open_data(where, split="train")
    left_out = LeftOut(skip=True)
    (tmp_path / "labels/train/empty.txt").write_text(LINE)
    open_data(where, split="train", left_out=left_out)
    assert len(left_out.items) == 1


@pytest.mark.parametrize(
    "yaml", ["names: [a", "names: 3", "train: nowhere\nnames: [a]", "- 1", "!!python/object:os.system x"]
)
def test_a_yaml_of_no_use_is_one_line(tmp_path, yaml):
    (tmp_path / "data.yaml").write_text(yaml)
    with pytest.raises(DataError) as error:
        open_data(f"yolo_seg:{tmp_path}", split="train")
    assert "\n" not in str(error.value)
