"""Movies with mask movies and mask folders, written with PyAV."""

import json
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from seqseg.data import VOID, open_data
from seqseg.errors import DataError
from streams.errors import SourceError

HEIGHT, WIDTH, FRAMES = 46, 62, 12


def write_movie(path, pictures, pixel_format):
    """FFV1, so that every value arrives as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(25))
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = {"rgb24": "bgr0"}.get(pixel_format, pixel_format)
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format=pixel_format)))
        container.mux(stream.encode(None))


def pictures(frames=FRAMES):
    return [np.full((HEIGHT, WIDTH, 3), 10 * index, np.uint8) for index in range(frames)]


def masks(frames=FRAMES, top=2):
    drawn = []
    for index in range(frames):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[index : index + 9], mask[-5:] = top, VOID
        mask[:, :7] = 1
        drawn.append(mask)
    return drawn


def write_mask(path, mask):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), mask)


@pytest.mark.parametrize("place", ["take_mask.mkv", "take_labels.mkv", "masks/take.mkv"])
def test_a_mask_movie_belongs_to_the_movie_it_is_named_after(tmp_path, place):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    write_movie(tmp_path / place, masks(), "gray")
    (video,) = open_data(f"movies:{tmp_path}", split="all").videos
    assert (video.name, len(video), video.size) == ("take", FRAMES, (HEIGHT, WIDTH))
    for index in (5, 0, 11):
        assert video.frame(index)[0, 0].tolist() == [10 * index] * 3
        np.testing.assert_array_equal(video.mask(index), masks()[index])


@pytest.mark.parametrize("place", ["take_mask", "masks/take"])
def test_masks_in_a_folder_belong_to_the_frames_they_number(tmp_path, place):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    for index in (0, 3, 9):
        write_mask(tmp_path / place / f"{index:06d}.png", masks()[index])
    (video,) = open_data(f"movies:{tmp_path}", split="all").videos
    assert video.labelled == (0, 3, 9)
    np.testing.assert_array_equal(video.mask(3), masks()[3])
    assert (video.mask(4) == VOID).all()


def test_as_many_masks_as_frames_go_in_order(tmp_path):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    for index in range(FRAMES):
        write_mask(tmp_path / "take_mask" / f"m{index + 1}.png", masks()[index])
    video = open_data(f"movies:{tmp_path}", split="all").videos[0]
    np.testing.assert_array_equal(video.mask(10), masks()[10])


def test_times_are_those_of_the_movie(tmp_path):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    write_movie(tmp_path / "take_mask.mkv", masks(), "gray")
    video = open_data(f"movies:{tmp_path / 'take.mkv'}", split="all").videos[0]
    assert list(video.times) == [Fraction(index, 25) for index in range(FRAMES)]


def test_one_movie_is_split_by_frames_and_several_by_movies(tmp_path):
    write_movie(tmp_path / "a.mkv", pictures(), "rgb24")
    write_movie(tmp_path / "a_mask.mkv", masks(), "gray")
    assert [open_data(f"movies:{tmp_path}", split=split).frames for split in ("train", "val")] == [10, 2]
    write_movie(tmp_path / "b.mkv", pictures(), "rgb24")
    write_movie(tmp_path / "b_mask.mkv", masks(), "gray")
    assert [video.name for video in open_data(f"movies:{tmp_path}", split="val").videos] == ["b"]


def test_a_clip_of_a_movie_is_its_frames_with_their_masks(tmp_path):
    from seqseg.data.clips.pipeline import clip_batches

    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    write_movie(tmp_path / "take_mask.mkv", masks(), "gray")
    data = open_data(f"movies:{tmp_path}", split="all")
    clips, labels = clip_batches(data, timesteps=5, batch=1, shuffle=False)[1]
    assert clips[0, :, 0, 0, 0].tolist() == [50, 60, 70, 80, 90]
    np.testing.assert_array_equal(labels[0], np.stack(masks()[5:10]))


def test_movies_without_masks_are_an_error_that_says_where_to_put_them(tmp_path):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    with pytest.raises(DataError, match="has no masks; put take_mask.mkv or take_mask/ beside take.mkv"):
        open_data(f"movies:{tmp_path}")


def test_a_mask_movie_of_another_length_is_an_error(tmp_path):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    write_movie(tmp_path / "take_mask.mkv", masks(frames=9), "gray")
    with pytest.raises(DataError, match="take_mask.mkv has 9 pictures, take.mkv has 12"):
        open_data(f"movies:{tmp_path}", split="all")


def test_a_label_beyond_the_classes_names_movie_and_frame(tmp_path):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    write_movie(tmp_path / "take_mask.mkv", masks(), "gray")
    (tmp_path / "classes.txt").write_text("sea\nice\n")
    video = open_data(f"movies:{tmp_path}", split="all").videos[0]
    with pytest.raises(DataError, match=r"take_mask.mkv \(frame 7\) has label 2 outside the 2 classes"):
        video.mask(7)


def test_a_mask_that_belongs_to_no_frame_is_named(tmp_path):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    write_mask(tmp_path / "take_mask" / "000099.png", masks()[0])
    with pytest.raises(DataError, match="000099.png belongs to none of the frames 0–11"):
        open_data(f"movies:{tmp_path}", split="all")


def test_missing_and_empty_places_are_reported(tmp_path):
    with pytest.raises(DataError, match="there is no .*gone"):
        open_data(f"movies:{tmp_path / 'gone'}")
    with pytest.raises(DataError, match="has no movies"):
        open_data(f"movies:{tmp_path}")


def test_a_movie_that_is_invalid_is_named(tmp_path):
    (tmp_path / "take.mp4").write_bytes(b"not a movie at all")
    write_mask(tmp_path / "take_mask" / "0.png", masks()[0])
    with pytest.raises(SourceError, match="take.mp4"):
        open_data(f"movies:{tmp_path}", split="all")


def objects(name="take", frames=FRAMES):
    shapes = [
        {"size": [HEIGHT, WIDTH], "counts": [46 * index, 46, 46 * (WIDTH - 1 - index)]} for index in range(frames)
    ]
    return {
        "videos": [{"id": 1, "height": HEIGHT, "width": WIDTH, "name": name,
                    "file_names": [f"{name}/{index:05d}.jpg" for index in range(frames)]}],
        "categories": [{"id": 5, "name": "boat"}],
        "annotations": [{"id": 1, "video_id": 1, "category_id": 5, "segmentations": shapes}],
    }  # fmt: skip


@pytest.mark.parametrize("place", ["take_mask.json", "take.json", "annotations.json", "masks/instances.json"])
def test_masks_may_be_json(tmp_path, place):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    (tmp_path / "masks").mkdir()
    (tmp_path / place).write_text(json.dumps(objects()))
    data = open_data(f"movies:{tmp_path}", split="all")
    assert data.classes == ("background", "boat")
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[:, 4] = 1
    np.testing.assert_array_equal(data.videos[0].mask(4), expected)


def test_one_json_for_all_movies_must_name_each(tmp_path):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    write_movie(tmp_path / "other.mkv", pictures(), "rgb24")
    (tmp_path / "annotations.json").write_text(json.dumps(objects()))
    with pytest.raises(DataError, match="annotations.json has no video called other, but take"):
        open_data(f"movies:{tmp_path}", split="all")


def test_masks_may_be_a_stack(tmp_path):
    write_movie(tmp_path / "take.mkv", pictures(), "rgb24")
    np.save(tmp_path / "take_mask.npy", np.stack(masks()))
    np.testing.assert_array_equal(open_data(f"movies:{tmp_path}", split="all").videos[0].mask(7), masks()[7])
