import csv
from fractions import Fraction

import av
import numpy as np
import pytest

from streams import ArraySource, MaskMovieSink, MovieFrames, MovieSource, SinkError, run

MASKS = np.random.default_rng(0).integers(0, 256, (12, 33, 41), dtype=np.uint8)


def giving(masks):
    return lambda image, count: (masks[count or 0], (count or 0) + 1)


def blank(masks):
    return np.zeros((*masks.shape, 3), np.uint8)


@pytest.mark.parametrize("size", [(33, 41), (1, 1), (2, 300)])
def test_masks_come_back_exactly(tmp_path, size):
    masks = np.random.default_rng(0).integers(0, 256, (5, *size), dtype=np.uint8)
    run(ArraySource(blank(masks)), giving(masks), MaskMovieSink(tmp_path / "masks.mkv"))
    with av.open(str(tmp_path / "masks.mkv")) as container:
        stored = [picture.to_ndarray() for picture in container.decode(video=0)]
    np.testing.assert_array_equal(stored, masks)


def test_masks_of_more_than_256_values_come_back_exactly(tmp_path):
    masks = np.random.default_rng(0).integers(0, 65536, (3, 33, 41), dtype=np.uint16)
    run(ArraySource(blank(masks)), giving(masks), MaskMovieSink(tmp_path / "masks.mkv"))
    np.testing.assert_array_equal(list(MovieFrames(tmp_path / "masks.mkv", pixels="gray")), masks)


def test_the_movie_rounds_times_to_a_millisecond_and_the_table_beside_it_does_not(tmp_path, decode):
    rate = Fraction(30000, 1001)
    run(ArraySource(blank(MASKS), fps=rate), giving(MASKS), MaskMovieSink(tmp_path / "masks.mkv"))
    exact = [index / rate for index in range(12)]
    times = decode(tmp_path / "masks.mkv")[0]
    assert max(abs(time - wanted) for time, wanted in zip(times, exact, strict=True)) <= Fraction(1, 2000)
    with (tmp_path / "masks.mkv.times.csv").open() as file:
        assert [Fraction(row["pts"]) for row in csv.DictReader(file)] == exact


def test_times_of_a_real_movie_are_in_the_table(shared_data, tmp_path, decode):
    path = shared_data / "movies" / "fire2.mp4"
    run(MovieSource(path), lambda image, state: (image[..., 0].copy(), None), MaskMovieSink(tmp_path / "masks.mkv"))
    with (tmp_path / "masks.mkv.times.csv").open() as file:
        assert [Fraction(row["pts"]) for row in csv.DictReader(file)] == decode(path)[0]


def test_masks_of_another_size_go_to_a_next_movie_each_with_its_times(tmp_path):
    shapes = [(16, 24)] * 3 + [(24, 16)] * 2 + [(16, 24)]
    masks = [np.full(shape, index, np.uint8) for index, shape in enumerate(shapes)]
    sink = MaskMovieSink(tmp_path / "masks.mkv")
    with ArraySource([np.zeros((*shape, 3), np.uint8) for shape in shapes]) as source, sink:
        for frame, mask in zip(source, masks, strict=True):
            sink.write(frame, mask)
    for name, wanted in (("masks", masks[:3]), ("masks-2", masks[3:5]), ("masks-3", masks[5:])):
        np.testing.assert_array_equal(list(MovieFrames(tmp_path / f"{name}.mkv", pixels="gray")), wanted)
        with (tmp_path / f"{name}.mkv.times.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [(int(row["number"]), int(row["frame"])) for row in rows] == [
            (number, mask[0, 0]) for number, mask in enumerate(wanted)
        ]
    assert len(list(tmp_path.iterdir())) == 6
    assert sink.warnings[0] == f"from frame 3 on pictures are 16x24; they are in {tmp_path / 'masks-2.mkv'}"


def test_other_containers_are_refused(tmp_path):
    with pytest.raises(SinkError, match=r"masks\.mp4 must end in \.mkv"):
        MaskMovieSink(tmp_path / "masks.mp4")
