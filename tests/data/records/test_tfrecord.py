"""TFRecords as others read them: plain tf.data, with nothing of ours but what is documented."""

import dataclasses
import gzip

import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.data.records import plan as record_plan
from seqseg.data.records.convert import convert
from seqseg.data.records.encoding import Recipe
from seqseg.errors import DataError


def written(data, out, **recipe):
    index = convert([data], out, source="made", recipe=Recipe(storage="tfrecord", **recipe))
    return index, sorted(map(str, out.glob("*.tfrecord.gz")))


def read_by_tensorflow(files, *, multi_label=False):
    """Every record as (context, lists) of numpy arrays."""
    tf = pytest.importorskip("tensorflow")
    integers = ("start", "frames", "video_frames", "height", "width", "classes", "void", "multi_label")
    context = {name: tf.io.FixedLenFeature([], tf.int64) for name in integers}
    context |= {name: tf.io.FixedLenFeature([], tf.string) for name in ("name", "split")}
    context["class_names"] = tf.io.VarLenFeature(tf.string)
    lists = {name: tf.io.FixedLenSequenceFeature([], tf.string)
             for name in ("image/encoded", "image/format", "label/encoded")}  # fmt: skip
    for name in ("image/height", "image/width", "labelled", "time/numerator", "time/denominator"):
        lists[name] = tf.io.FixedLenSequenceFeature([], tf.int64)
    lists["vector"] = tf.io.FixedLenSequenceFeature([2], tf.float32)
    if multi_label:
        lists["label/planes"] = tf.io.RaggedFeature(tf.int64)
    for record in tf.data.TFRecordDataset(files, compression_type="GZIP"):
        yield tf.io.parse_single_sequence_example(record, context_features=context, sequence_features=lists)


def test_tensorflow_reads_every_pixel_label_time_and_vector(make_set, tmp_path):
    tf = pytest.importorskip("tensorflow")
    data = make_set(5, 1, 4)
    _, files = written(data, tmp_path / "out", image="png", shards=2)
    records = list(read_by_tensorflow(files))
    assert [context["name"].numpy().decode() for context, _ in records] == ["video 0", "video 1", "video 2"]
    for (context, lists), video in zip(records, data.videos, strict=True):
        assert (context["frames"], context["start"], context["video_frames"]) == (len(video), 0, len(video))
        assert (context["height"], context["width"], context["void"], context["classes"]) == (*video.size, 255, 3)
        assert context["split"].numpy() == b"train"
        assert tf.sparse.to_dense(context["class_names"]).numpy().tolist() == [b"ground", b"cell", b"wall"]
        np.testing.assert_array_equal(lists["vector"], video.vectors)
        for index in range(len(video)):
            frame, mask = video.pair(index)
            assert lists["image/format"][index] == b"png"
            np.testing.assert_array_equal(tf.io.decode_png(lists["image/encoded"][index], channels=3), frame)
            assert bool(lists["labelled"][index]) == (mask is not None)
            assert (lists["image/height"][index], lists["image/width"][index]) == frame.shape[:2]
            if mask is None:
                assert lists["label/encoded"][index] == b""
            else:
                np.testing.assert_array_equal(tf.io.decode_png(lists["label/encoded"][index])[..., 0], mask)
            time = video.times[index]
            assert (lists["time/numerator"][index], lists["time/denominator"][index]) == (
                time.numerator, time.denominator,
            )  # fmt: skip


def test_tensorflow_reads_several_labels_a_pixel_as_documented(make_set, tmp_path):
    tf = pytest.importorskip("tensorflow")
    data = make_set(4, multi_label=True)
    _, files = written(data, tmp_path / "out")
    ((context, lists),) = read_by_tensorflow(files, multi_label=True)
    assert context["multi_label"] == 1
    for index, mask in enumerate(data.videos[0].masks):
        planes = lists["label/planes"][index].numpy()
        if mask is None:
            assert planes.size == 0
            continue
        packed = tf.strings.substr(lists["label/encoded"][index], 12 + 2 * len(planes), -1)
        flat = tf.io.decode_raw(tf.io.decode_compressed(packed, "ZLIB"), tf.uint8)
        found = np.zeros_like(mask)
        found[..., planes] = np.moveaxis(np.reshape(flat, (len(planes), *mask.shape[:2])), 0, -1)
        np.testing.assert_array_equal(found, mask)


def test_tensorflow_decodes_its_jpegs_to_our_pixels(make_set, tmp_path):
    tf = pytest.importorskip("tensorflow")
    _, files = written(make_set(2), tmp_path / "out", quality=90)
    ((_, lists),) = read_by_tensorflow(files)
    for index in range(2):
        shown = tf.io.decode_jpeg(lists["image/encoded"][index], dct_method="INTEGER_ACCURATE").numpy()
        ours = open_data(f"records:{tmp_path / 'out'}").videos[0].frame(index)
        assert np.abs(shown.astype(int) - ours).max() <= 1


def test_python_s_gzip_reads_it_as_one_file(make_set, tmp_path):
    _, (file,) = written(make_set(3), tmp_path / "out")
    data = gzip.open(file).read()
    assert int.from_bytes(data[:8], "little") + 16 == len(data)  # one record: length, sum, data, sum


def test_a_long_video_is_cut_and_says_so(make_set, require_equal, tmp_path, monkeypatch):
    monkeypatch.setattr(record_plan, "CLIP_BYTES", 2000)
    data = make_set(7, 1)
    index, files = written(data, tmp_path / "out", image="png", shards=1)
    records = index.splits["train"].shards[0].records
    assert records > 2 and index.splits["train"].notes[-1] == (
        f"too long for one TFRecord, so in several: video 0 ({records - 1})"
    )
    require_equal(open_data(f"records:{tmp_path / 'out'}"), data)
    starts = [(c["name"].numpy().decode(), int(c["start"]), int(c["frames"])) for c, _ in read_by_tensorflow(files)]
    assert sum(frames for name, _, frames in starts if name == "video 0") == 7
    assert [start for _, start, _ in starts[:2]] == [0, starts[0][2]]


def test_a_time_that_64_bits_cannot_hold_is_reported(make_set, tmp_path):
    data = make_set(1)
    video = dataclasses.replace(data.videos[0], times=(data.videos[0].times[0] + 2**63,))
    with pytest.raises(DataError, match="64 bits cannot hold; use --format array_record"):
        written(dataclasses.replace(data, videos=(video,)), tmp_path / "out")


def test_a_full_disk_is_an_error_of_the_system(make_set):
    from pathlib import Path

    from seqseg.data.records.frame import EncodedFrame
    from seqseg.data.records.plan import Clip, Unit
    from seqseg.data.records.tfrecord import write_tfrecords

    data = make_set(1)
    frames = iter([(0, EncodedFrame(bytes(200_000), b"", 0, (1, 1)))])
    with pytest.raises(OSError, match="No space left"):
        write_tfrecords(Path("/dev/full"), [Clip(data, data.videos[0], Unit(0, 0, 1), frames)])
