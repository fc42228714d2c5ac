"""Files that are called or made in unusual ways, and are read all the same, or said to be unreadable in one line."""

import struct
import zlib
from fractions import Fraction

import av
import numpy as np
import pytest
import tifffile
from PIL import Image

from streams import (
    ImageSource,
    MaskMovieSink,
    MovieSink,
    MovieSource,
    Overlay,
    RecordingMovieSink,
    SourceError,
    open_source,
)
from tests.streams.conftest import moving_picture

OVERLAY = Overlay(np.uint8([[0, 0, 0], [255, 0, 0]]), ["a", "b"])


def frames(source):
    with source:
        return list(source)


@pytest.mark.parametrize("name", ["2024-11-30T12:30:05.mp4", "cam1:front.mp4", "concat:a.mp4", "file:b.mp4", "50%.mp4"])
def test_a_name_with_a_colon_is_a_file_and_no_protocol(make_movie, tmp_path, monkeypatch, name):
    make_movie("plain.mp4").rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(frames(open_source(name))) == 10
    with MaskMovieSink("12:31.mkv") as sink:
        for frame in frames(open_source(name)):
            sink.write(frame, np.zeros(frame.image.shape[:2], np.uint8))
    assert (tmp_path / "12:31.mkv").is_file()


def test_a_title_that_is_not_utf8_does_not_end_a_movie(tmp_path):
    path = tmp_path / "titled.mp4"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "CafeXXXX"
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 64, 48
        for index in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(moving_picture(index, 48, 64))))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    assert b"CafeXXXX" in data
    path.write_bytes(data.replace(b"CafeXXXX", b"Caf\xe9 M\xfcl"))
    assert len(frames(MovieSource(path))) == 5


@pytest.mark.parametrize("name", ["a.webp", "a.png", "a.avif"])
def test_every_frame_of_an_animated_picture_is_read(tmp_path, name):
    pictures = [Image.fromarray(moving_picture(index * 20, 48, 64)) for index in range(7)]
    pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=100, loop=0, lossless=True)
    shown = frames(open_source(tmp_path / name, fps=10))
    assert [float(frame.pts) for frame in shown] == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    tolerance = 40 if name == "a.avif" else 0
    for frame, picture in zip(shown, pictures, strict=True):
        assert np.abs(frame.image.astype(int) - np.asarray(picture)).mean() <= tolerance


@pytest.mark.parametrize("name", ["one.avif", "one.jp2", "one.webp"])
def test_still_pictures_of_every_kind_that_is_offered_are_read(tmp_path, name):
    picture = moving_picture(3, 48, 64)
    Image.fromarray(picture).save(tmp_path / name)
    (frame,) = frames(ImageSource(tmp_path))
    assert np.abs(frame.image.astype(int) - picture).mean() < 12


def test_files_that_systems_leave_are_no_frames(tmp_path):
    for number in range(3):
        Image.fromarray(moving_picture(number, 20, 30)).save(tmp_path / f"{number}.png")
        (tmp_path / f"._{number}.png").write_bytes(b"\0\5\x16\7Mac OS X")
    (tmp_path / "Thumbs.db").write_bytes(b"thumbs")
    assert [frame.name for frame in frames(open_source(tmp_path))] == ["0", "1", "2"]


def test_a_folder_of_movies_and_pictures_is_not_read_by_half(make_movie, tmp_path):
    make_movie("a.mp4"), make_movie("b.mp4")
    Image.fromarray(moving_picture(0, 20, 30)).save(tmp_path / "poster.png")
    with pytest.raises(SourceError, match=r"holds 2 movies and 1 images \(a.mp4, poster.png …\); give a pattern"):
        open_source(tmp_path)
    assert len(frames(open_source(f"{tmp_path}/*.mp4"))) == 20
    assert len(frames(open_source(f"{tmp_path}/*.png"))) == 1


@pytest.mark.parametrize("aspect", [Fraction(16, 15), Fraction(8, 9), Fraction(4, 3)])
def test_pixels_keep_their_shape_in_every_movie_that_is_written(tmp_path, aspect):
    path = tmp_path / "tv.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 720, 576, "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        for index in range(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(moving_picture(index, 576, 720))))
        container.mux(stream.encode(None))
    sinks = [
        MovieSink(tmp_path / "o.mp4", OVERLAY),
        MovieSink(tmp_path / "o.mkv", OVERLAY),
        MaskMovieSink(tmp_path / "m.mkv"),
        RecordingMovieSink(tmp_path / "r.mkv"),
    ]
    for sink in sinks:
        with sink, MovieSource(path) as source:
            for frame in source:
                assert frame.aspect == aspect
                sink.write(frame, np.zeros((576, 720), np.uint8))
        with av.open(str(sink.paths[0])) as written:
            found = written.streams.video[0].sample_aspect_ratio
            assert abs(found / aspect - 1) < 0.001  # mkv notes whole pixels
            assert len(list(written.decode(video=0))) == 4


def test_square_pixels_are_not_noted(make_movie, tmp_path):
    with MaskMovieSink(tmp_path / "m.mkv") as sink, MovieSource(make_movie("a.mp4")) as source:
        for frame in source:
            sink.write(frame, np.zeros(frame.image.shape[:2], np.uint8))
    with av.open(str(tmp_path / "m.mkv")) as written:
        assert written.streams.video[0].sample_aspect_ratio in (None, 1)


@pytest.fixture
def interlaced(tmp_path):
    """A bright box that moves to the right between the two fields of every frame."""
    path = tmp_path / "tv.mpg"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg2video", rate=25, options={"flags": "+ildct+ilme", "qscale": "1"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 128, 96, "yuv422p", 9_000_000
        for index in range(6):
            picture = np.full((96, 128, 3), 40, np.uint8)
            picture[0::2, 16 + 8 * index : 32 + 8 * index] = 220
            picture[1::2, 20 + 8 * index : 36 + 8 * index] = 220
            frame = av.VideoFrame.from_ndarray(picture).reformat(format="yuv422p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(marked(frame)))
        container.mux(stream.encode(None))
    with av.open(str(path)) as written:
        if not next(written.decode(video=0)).interlaced_frame:
            pytest.skip("this FFmpeg does not mark the frames as interlaced")
    return path


def marked(frame):
    """The frame, marked as interlaced by FFmpeg's own filter."""
    graph = av.filter.Graph()
    kind = {"width": frame.width, "height": frame.height, "format": frame.format, "time_base": frame.time_base}
    graph.link_nodes(graph.add_buffer(**kind), graph.add("setfield", "tff"), graph.add("buffersink"))
    graph.configure()
    graph.push(frame)
    return graph.vpull()


def combs(image):
    """How much rows differ from the mean of their neighbours."""
    gray = image[..., 1].astype(int)
    return np.abs(gray[1:-1] - (gray[:-2] + gray[2:]) / 2).mean()


def test_interlaced_movies_are_named_and_deinterlaced_on_request(interlaced):
    with MovieSource(interlaced) as source:
        woven = [frame.image for frame in source]
    assert any("is interlaced" in warning and "--deinterlace" in warning for warning in source.warnings)
    with MovieSource(interlaced, deinterlace=True) as source:
        single = [frame.image for frame in source]
    assert not source.warnings
    assert combs(single[2]) < combs(woven[2]) / 4
    np.testing.assert_array_equal(single[2][::2], woven[2][::2])  # the first field is as it was


@pytest.mark.parametrize(
    ("kind", "low", "span"),
    [("float32", 0, 0.05), ("float32", 0.4, 0.05), ("float64", -0.1, 0.2), ("float32", 0, 1000), ("uint16", 100, 900),
     ("int16", -500, 1000), ("uint32", 2**31, 2**30), ("int8", -100, 150), ("float16", 0, 1)],
)  # fmt: skip
def test_deep_pictures_of_every_type_use_the_whole_range(tmp_path, kind, low, span):
    tifffile = pytest.importorskip("tifffile")
    values = (low + span * np.random.default_rng(0).random((5, 40, 30))).astype(kind)
    values[0, 0, :2] = values.min(), values.max()
    tifffile.imwrite(tmp_path / "s.tif", values, photometric="minisblack")
    images = np.stack([frame.image for frame in frames(open_source(tmp_path / "s.tif"))])
    assert images.shape == (5, 40, 30, 3) and images.min() == 0 and images.max() == 255
    order = np.argsort(values.ravel().astype(np.float64), kind="stable")
    assert (np.diff(images[..., 0].ravel()[order].astype(int)) >= 0).all()  # brighter stays brighter


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_pixel_that_is_no_number_changes_no_other(tmp_path, bad):
    tifffile = pytest.importorskip("tifffile")
    values = np.random.default_rng(0).random((4, 40, 30)).astype(np.float32) * 1000
    tifffile.imwrite(tmp_path / "good.tif", values, photometric="minisblack")
    values[2, 5, 5] = bad
    tifffile.imwrite(tmp_path / "bad.tif", values, photometric="minisblack")
    good, read = (frames(open_source(tmp_path / name)) for name in ("good.tif", "bad.tif"))
    for number, (one, other) in enumerate(zip(good, read, strict=True)):
        differ = np.abs(one.image.astype(int) - other.image).max(axis=2) > 1
        assert differ.sum() == (1 if number == 2 else 0) or not differ.any()
    assert read[2].image[5, 5, 0] == (255 if bad == np.inf else 0)


def png_of_size(side):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(("side", "message"), [(13_000, "damaged|is too large"), (50_000, "is too large")])
def test_a_picture_that_claims_to_be_huge_is_one_line_and_no_warning(tmp_path, side, message):
    (tmp_path / "bomb.png").write_bytes(png_of_size(side))
    with pytest.raises(SourceError, match=message) as caught, open_source(tmp_path / "bomb.png"):
        pass
    assert "\n" not in str(caught.value)


def tiff_that_claims(path, side):
    """A small TIFF of float64 colours whose tags say that it is side x side."""
    tifffile.imwrite(path, np.zeros((4, 4, 3)), photometric="rgb", compression="zlib")
    data = bytearray(path.read_bytes())
    (directory,) = struct.unpack_from("<I", data, 4)
    for entry in range(struct.unpack_from("<H", data, directory)[0]):
        place = directory + 2 + 12 * entry
        tag, kind = struct.unpack_from("<HH", data, place)
        if tag in (256, 257, 278):  # width, height, rows of a strip
            struct.pack_into("<H" if kind == 3 else "<I", data, place + 8, side)
    path.write_bytes(data)


@pytest.mark.parametrize(("side", "reason"), [(13_000, "bytes a page"), (50_000, "pixels, at most")])
def test_a_small_tiff_that_claims_much_is_refused_before_it_is_decoded(tmp_path, side, reason):
    tiff_that_claims(tmp_path / "liar.tif", side)
    with pytest.raises(SourceError, match=f"liar.tif is too large .*{reason}"), open_source(tmp_path / "liar.tif"):
        pass


def test_planes_of_colours_are_colours(tmp_path):
    colours = np.random.default_rng(0).random((5, 23, 17, 3)).astype("float32")
    tifffile.imwrite(tmp_path / "planes.tif", np.moveaxis(colours, -1, 1), photometric="rgb", planarconfig="separate")
    tifffile.imwrite(tmp_path / "pixels.tif", colours, photometric="rgb")
    with open_source(tmp_path / "planes.tif") as planes, open_source(tmp_path / "pixels.tif") as pixels:
        for one, other in zip(planes, pixels, strict=True):
            np.testing.assert_array_equal(one.image, other.image)
