from fractions import Fraction

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from streams import Frame, ImageSource, Known, SourceError


def picture(value, size=(5, 7)):
    return np.full((*size, 3), value, np.uint8)


@pytest.fixture
def folder(tmp_path):
    for number in (10, 2, 1):
        iio.imwrite(tmp_path / f"frame{number}.png", picture(number))
    (tmp_path / "notes.txt").write_text("not an image")
    return tmp_path


def read(files, **options):
    with ImageSource(files, **options) as source:
        return list(source)


def test_a_folder_is_read_in_natural_order(folder):
    frames = read(folder, fps=10)
    assert [frame.image[0, 0, 0] for frame in frames] == [1, 2, 10]
    assert [frame.name for frame in frames] == ["frame1", "frame2", "frame10"]
    assert [frame.pts for frame in frames] == [0, Fraction(1, 10), Fraction(1, 5)]


def test_a_pattern_a_file_and_a_list_are_read_too(folder):
    assert len(read(str(folder / "frame1*.png"))) == 2
    assert len(read(folder / "frame2.png")) == 1
    assert [frame.image[0, 0, 0] for frame in read([folder / "frame10.png", folder / "frame1.png"])] == [10, 1]


def test_two_files_of_one_stem_have_no_name_to_write_masks_under(tmp_path):
    iio.imwrite(tmp_path / "a.png", picture(1))
    iio.imwrite(tmp_path / "a.bmp", picture(2))
    assert [frame.name for frame in read(tmp_path)] == ["", ""]


def test_another_size_is_a_new_epoch(tmp_path):
    for number, size in enumerate([(5, 7), (5, 7), (7, 5)]):
        iio.imwrite(tmp_path / f"{number}.png", picture(0, size))
    assert [frame.epoch for frame in read(tmp_path)] == [0, 0, 1]


def test_gray_palette_and_transparent_pictures_become_rgb(tmp_path):
    colours = np.uint8([[[10, 20, 30], [200, 100, 50]]])
    Image.fromarray(colours).quantize(colors=2).save(tmp_path / "palette.png")
    Image.fromarray(np.uint8([[7, 9]])).save(tmp_path / "gray.png")
    Image.fromarray(np.concatenate([colours, np.uint8([[[0], [255]]])], axis=-1)).save(tmp_path / "transparent.png")
    images = {frame.name: frame.image for frame in read(tmp_path)}
    np.testing.assert_array_equal(images["palette"], colours)
    np.testing.assert_array_equal(images["transparent"], colours)
    assert images["gray"].tolist() == [[[7, 7, 7], [9, 9, 9]]]


def test_exif_rotation_is_honoured(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    Image.fromarray(picture(0, (10, 20))).save(tmp_path / "turned.jpg", exif=exif)
    assert read(tmp_path)[0].image.shape == (20, 10, 3)


def test_deep_pictures_are_stretched_alike(tmp_path):
    for number, low in enumerate((1000, 2000)):
        values = np.linspace(low, low + 2000, 3000).reshape(50, 60).astype(np.uint16)
        iio.imwrite(tmp_path / f"{number}.png", values)
    first, second = (frame.image for frame in read(tmp_path))
    assert first.min() == 0 and second.max() == 255
    assert second.min() == pytest.approx(85, abs=2) and first.max() == pytest.approx(170, abs=2)


def test_the_pages_of_a_stack_are_frames(shared_data):
    with ImageSource(shared_data / "movies" / "calcium_imaging.tif") as source:
        frames = list(source)
    raw = np.asarray(iio.imread(shared_data / "movies" / "calcium_imaging.tif", index=..., plugin="pillow"), float)
    assert len(frames) == len(raw) == 1000 and frames[999].name == "calcium_imaging_000999"
    stretched = np.array([frame.image[..., 0] for frame in frames[::100]], float)
    inside = (stretched > 0) & (stretched < 255)
    slope, offset = np.polyfit(raw[::100][inside], stretched[inside], 1)
    assert np.abs(slope * raw[::100][inside] + offset - stretched[inside]).max() < 0.6
    wanted = 255 / np.ptp(np.percentile(raw, (0.1, 99.9)))
    assert slope == pytest.approx(wanted, rel=0.25)  # the range is estimated from 16 pages


def test_a_damaged_image_is_named_when_its_turn_comes(folder):
    whole = (folder / "frame2.png").read_bytes()
    (folder / "frame2.png").write_bytes(whole[: len(whole) - 25])
    with pytest.raises(SourceError, match=r"frame2\.png is not an image or is damaged \(.+\); replace it") as caught:
        read(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("format", ["jpg", "bmp", "tif", "webp"])
def test_a_cut_off_image_of_any_format_is_an_error(tmp_path, format):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / f"cut.{format}"
    iio.imwrite(path, noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match="is not an image or is damaged"):
        read(path)


def test_a_folder_without_images_says_what_it_needs(tmp_path):
    with pytest.raises(SourceError, match=r"no images in .*; it needs files that end in \.png, \.jpg"):
        read(tmp_path)


def test_missing_empty_and_false_images_are_named(tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    for name, reason in {"none.png": "does not exist", "empty.png": "is empty", "text.png": "is not an image"}.items():
        with pytest.raises(SourceError, match=f"{name} {reason}"):
            read(tmp_path / name)


def test_a_part_of_a_sequence_keeps_its_times_and_names(tmp_path):
    for index in range(10):
        iio.imwrite(tmp_path / f"frame{index}.png", np.full((5, 7, 3), index, np.uint8))
    with ImageSource(tmp_path, fps=10, start=0.3, end=0.6) as source:
        frames = list(source)
    assert [(frame.name, frame.pts) for frame in frames] == [(f"frame{n}", Fraction(n, 10)) for n in (3, 4, 5)]
    assert (source.length, frames[0].image[0, 0, 0]) == (3, 3)


def test_a_beginning_after_the_end_of_a_sequence_is_refused(tmp_path):
    iio.imwrite(tmp_path / "frame0.png", np.zeros((5, 7, 3), np.uint8))
    with pytest.raises(SourceError, match=r"ends after 0\.10 s; there is nothing at 5 s"):
        with ImageSource(tmp_path, fps=10, start=5):
            pass


def test_going_on_reads_from_the_known_picture_on(tmp_path):
    for index in range(9):
        iio.imwrite(tmp_path / f"{index}.png", np.full((5, 7, 3), index, np.uint8))
    with ImageSource(tmp_path, fps=10) as source:
        whole = list(source)
    source = ImageSource(tmp_path, fps=10)
    source.go_on_from(Known.of(whole[6]))
    with source:
        rest = list(source)
    assert [(frame.index, frame.pts, frame.epoch, int(frame.image[0, 0, 0])) for frame in rest] == [
        (index, Fraction(index, 10), 0, index) for index in (6, 7, 8)
    ]
    assert source.meter.report()["stages_ms"]["decode"]["count"] == 3


def test_going_on_from_a_picture_that_is_another_by_now_begins_at_the_beginning(tmp_path):
    for index in range(4):
        iio.imwrite(tmp_path / f"{index}.png", np.full((5, 7, 3), index, np.uint8))
    source = ImageSource(tmp_path, fps=10)
    source.go_on_from(Known.of(Frame(np.zeros((5, 7, 3), np.uint8), Fraction(2, 10), 2)))
    with source:
        assert [frame.index for frame in source] == [0, 1, 2, 3]
