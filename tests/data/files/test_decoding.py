"""Image and label files, written with Pillow and imageio, which are not what reads them."""

import numpy as np
import pytest
from PIL import Image

from seqseg.data.files.decoding import ImageFiles, LabelFiles, read_image, read_label_values
from seqseg.data.files.listing import names_in
from seqseg.data.labels.meaning import IndexLabels
from seqseg.errors import DataError


@pytest.fixture
def colours():
    return np.random.default_rng(0).integers(0, 256, (13, 17, 3), np.uint8)


def save(array, path, **options):
    Image.fromarray(array).save(path, **options)
    return path


def palette_png(values, path, **options):
    image = Image.fromarray(values).convert("L")
    picture = Image.frombytes("P", image.size, values.tobytes())
    picture.putpalette(np.random.default_rng(1).integers(0, 256, 768).tolist())
    picture.save(path, **options)
    return path


def test_an_image_is_rgb_not_bgr(tmp_path, colours):
    np.testing.assert_array_equal(read_image(save(colours, tmp_path / "a.png")), colours)


def test_a_gray_image_has_three_equal_channels(tmp_path, colours):
    gray = colours[..., 0]
    np.testing.assert_array_equal(read_image(save(gray, tmp_path / "a.png")), np.dstack([gray] * 3))


def test_alpha_is_dropped(tmp_path, colours):
    with_alpha = np.dstack([colours, np.full(colours.shape[:2], 9, np.uint8)])
    np.testing.assert_array_equal(read_image(save(with_alpha, tmp_path / "a.png")), colours)


def test_the_orientation_a_camera_noted_is_applied(tmp_path, colours):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    save(colours, tmp_path / "a.jpg", exif=exif, quality=95)
    assert read_image(tmp_path / "a.jpg").shape == (17, 13, 3)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_deep_gray_images_of_a_video_are_stretched_alike(tmp_path, suffix):
    ramp = np.linspace(1000, 3000, 20 * 30).reshape(20, 30).astype(np.uint16)
    paths = [save(ramp, tmp_path / f"0.{suffix}"), save(ramp // 2 + 500, tmp_path / f"1.{suffix}")]
    frames = ImageFiles(paths)
    assert frames[0].max() == 255 and frames[0].min() == 0
    assert int(frames[1].max()) == pytest.approx(127, abs=2)


def test_deep_images_look_as_in_a_stream(tmp_path):
    from streams.sources import ImageSource

    rng = np.random.default_rng(3)
    for index in range(3):
        save(rng.integers(200, 4000, (15, 21)).astype(np.uint16), tmp_path / f"{index}.png")
    with ImageSource(tmp_path) as source:
        streamed = [frame.image for frame in source]
    frames = ImageFiles(sorted(tmp_path.iterdir()))
    for index, image in enumerate(streamed):
        np.testing.assert_array_equal(frames[index], image)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_png_gives_its_indices(tmp_path, bits):
    values = np.random.default_rng(2).integers(0, 2**bits, (9, 13), np.uint8)
    palette_png(values, tmp_path / "a.png", bits=bits, transparency=0)
    np.testing.assert_array_equal(read_label_values(tmp_path / "a.png"), values)


def test_a_bilevel_mask_is_0_and_1(tmp_path):
    mask = np.random.default_rng(2).random((9, 13)) > 0.5
    np.testing.assert_array_equal(read_label_values(save(mask, tmp_path / "a.png")), mask)


def test_three_equal_channels_are_one(tmp_path):
    values = np.random.default_rng(2).integers(0, 5, (9, 13), np.uint8)
    np.testing.assert_array_equal(read_label_values(save(np.dstack([values] * 3), tmp_path / "a.png")), values)


def test_voc_masks_read_as_pillow_reads_their_indices(shared_data):
    paths = sorted((shared_data / "voc").rglob("SegmentationClass/*.png"))[:20]
    for path in paths:
        with Image.open(path) as image:
            np.testing.assert_array_equal(read_label_values(path), np.array(image))


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("read", [read_image, read_label_values])
def test_a_truncated_file_is_named(tmp_path, colours, suffix, read, capfd):
    path = save(colours, tmp_path / f"cut.{suffix}")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=rf"cut.{suffix} is truncated"):
        read(path)
    assert capfd.readouterr().err == ""


def test_an_empty_file_is_named(tmp_path):
    (tmp_path / "nothing.png").touch()
    with pytest.raises(DataError, match=r"nothing.png is empty"):
        read_image(tmp_path / "nothing.png")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*gone.png: No such file"):
        read_image(tmp_path / "gone.png")


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    for read in (read_image, read_label_values):
        with pytest.raises(DataError, match=r"text.png: damaged"):
            read(tmp_path / "text.png")


def test_a_label_outside_the_classes_names_the_file_and_the_label(tmp_path):
    path = save(np.array([[0, 1, 7]], np.uint8), tmp_path / "mask.png")
    with pytest.raises(DataError, match=r"mask.png has label 7 outside the 3 classes 0–2"):
        LabelFiles([path], IndexLabels(3))[0]


def test_frame2_comes_before_frame10(tmp_path):
    for number in (10, 2, 1):
        (tmp_path / f"frame{number}.png").touch()
    assert names_in(tmp_path, (".png",)) == ["frame1.png", "frame2.png", "frame10.png"]


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "webp"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_lossless_images_of_every_mode_are_what_pillow_makes_rgb_of(tmp_path, colours, suffix, mode):
    cannot = {("png", "CMYK"), ("bmp", "LA"), ("bmp", "CMYK"), ("webp", "CMYK"), ("bmp", "RGBA")}
    if (suffix, mode) in cannot:
        pytest.skip("no such file is written")
    path, options = tmp_path / f"a.{suffix}", {"lossless": True, "exact": True} if suffix == "webp" else {}
    Image.fromarray(colours).convert(mode).save(path, **options)
    np.testing.assert_array_equal(read_image(path), np.array(Image.open(path).convert("RGB")))


@pytest.mark.parametrize("options", [{"subsampling": 0}, {"subsampling": 2}, {"progressive": True}])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpegs_are_pillows_within_rounding(tmp_path, colours, mode, options):
    picture = colours if mode != "CMYK" else np.dstack([colours, colours[..., 0] // 3])
    Image.fromarray(picture[..., 0] if mode == "L" else picture, mode).save(tmp_path / "a.jpg", quality=90, **options)
    expected = np.array(Image.open(tmp_path / "a.jpg").convert("RGB")).astype(int)
    bound = 2 if mode == "CMYK" else 1  # cv2 multiplies inks by black without rounding
    assert np.abs(read_image(tmp_path / "a.jpg") - expected).max() <= bound


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_every_orientation_is_pillows(tmp_path, colours, orientation, suffix):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(colours, tmp_path / f"a.{suffix}", exif=exif)
    upright = np.array(ImageOps.exif_transpose(Image.open(path)).convert("RGB")).astype(int)
    assert read_image(path).shape == upright.shape
    assert np.abs(read_image(path) - upright).max() <= 1


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_of_a_file_of_several_pictures_an_image_is_the_first(tmp_path, colours, suffix):
    options = {"lossless": True} if suffix == "webp" else {}
    more = [Image.fromarray(255 - colours)]
    Image.fromarray(colours).save(tmp_path / f"a.{suffix}", save_all=True, append_images=more, **options)
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{suffix}"), colours)


def test_deep_colours_keep_their_upper_bits(tmp_path):
    import cv2

    deep = np.random.default_rng(0).integers(0, 65536, (13, 17, 3), np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), deep[..., ::-1])
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), deep >> 8)
