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


def test_another_size_is_refused_and_what_was_written_can_be_played(tmp_path):
    clip = [np.zeros((16, 24, 3), np.uint8)] * 3 + [np.zeros((24, 16, 3), np.uint8)]
    with pytest.raises(SinkError, match="was begun at 24x16 and cannot take 16x24 of frame 3; write folders"):
        run(ArraySource(clip), lambda image, state: (image[..., 0], None), MaskMovieSink(tmp_path / "masks.mkv"))
    assert len(MovieFrames(tmp_path / "masks.mkv", pixels="gray")) == 3


def test_other_containers_are_refused(tmp_path):
    with pytest.raises(SinkError, match=r"masks\.mp4 must end in \.mkv"):
        MaskMovieSink(tmp_path / "masks.mp4")
