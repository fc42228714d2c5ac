"""Pictures that are there twice."""

import numpy as np

from seqseg.data.inspection.duplicates import Seen, find_twice


def seen(split, video, frame, *, digest=None, fingerprint=0, contrast=50.0):
    return Seen(split, video, frame, digest or f"{split}{video}{frame}".encode(), fingerprint, contrast)


def far_apart(count, seed=0):
    return [int(value) for value in np.random.default_rng(seed).integers(0, 2**63, count)]


def test_the_same_picture_in_two_splits_is_a_leak():
    (found,) = find_twice([seen("train", "a", 3, digest=b"x"), seen("val", "b", 5, digest=b"x", fingerprint=2**60)])
    assert (found.kind, found.leaks, found.distance, found.count) == ("exact", True, 0, 1)
    assert (found.one.frame, found.other.frame) == (3, 5)


def test_pictures_up_to_three_bits_apart_are_near_and_four_are_not():
    base = far_apart(1)[0]
    for bits, number in ((0b111, 1), (1 | 1 << 20 | 1 << 40, 1), (0b1111, 0), (1 | 1 << 20 | 1 << 40 | 1 << 60, 0)):
        pictures = [seen("train", "a", 0, fingerprint=base), seen("val", "b", 0, fingerprint=base ^ bits)]
        assert len(find_twice(pictures)) == number


def test_near_is_found_as_by_comparing_all_pairs():
    rng = np.random.default_rng(3)
    bases = far_apart(40, seed=4)
    pictures = []
    for number in range(300):
        value = bases[rng.integers(40)]
        for bit in rng.integers(0, 64, rng.integers(0, 4)):
            value ^= 1 << int(bit)
        pictures.append(seen("train" if number % 2 else "val", f"v{number}", 0, fingerprint=value))
    expected = sum(
        (one.fingerprint ^ other.fingerprint).bit_count() <= 3
        for place, one in enumerate(pictures) for other in pictures[place + 1 :]
    )  # fmt: skip
    assert sum(found.count for found in find_twice(pictures)) == expected > 100


def test_frames_of_one_video_are_no_near_duplicates_and_a_frozen_one_counts_not():
    pictures = [seen("train", "a", frame, fingerprint=7, digest=b"same" if frame < 3 else None) for frame in range(9)]
    assert find_twice(pictures) == []


def test_flat_pictures_are_alike_only_when_they_are_the_same():
    black = [seen("train", "a", 0, contrast=0.0), seen("val", "b", 0, contrast=0.0)]
    assert find_twice(black) == []


def test_many_pairs_of_two_videos_are_one_finding_with_the_closest():
    base = far_apart(1)[0]
    pictures = [seen("train", "a", 0, fingerprint=base), seen("train", "a", 1, fingerprint=base ^ 1)]
    pictures += [seen("val", "b", 4, fingerprint=base ^ 0b11)]
    (found,) = find_twice(pictures)
    assert found.count == 2 and found.distance == 1 and found.one.frame == 1
