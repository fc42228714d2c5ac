import json

import numpy as np
import pytest

from streams import MovieFrames


@pytest.fixture
def movie(tmp_path, write_movie):
    (tmp_path / "in").mkdir()
    return write_movie(tmp_path / "in" / "a.mp4")


def masks_of(folder):
    return list(MovieFrames(folder / "masks.mkv", pixels="gray"))


def test_chunks_that_hand_their_states_over_give_the_masks_of_the_whole(seqseg, trained, movie, tmp_path):
    whole, split = tmp_path / "whole", tmp_path / "split"
    assert seqseg("segment", trained, movie, "--out", whole, "--areas", "--masks")[0] == 0
    options = ("--areas", "--masks", "--split-long", "0.005", "--split-exact")
    code, printed, _ = seqseg("segment", trained, movie, "--out", split, *options)
    assert code == 0 and "1 done" in printed
    np.testing.assert_array_equal(masks_of(whole / "a"), masks_of(split / "a"))
    for table in ("areas.csv", "masks.mkv.times.csv"):
        assert (whole / "a" / table).read_bytes() == (split / "a" / table).read_bytes()
    record = json.loads((split / "a" / "segment.json").read_text())
    assert record["split"] == {"chunks": 3, "exact": True}
    assert sorted(path.name for path in split.iterdir()) == ["a", "segment.json"]
    assert "1 skipped" in seqseg("segment", trained, movie, "--out", split, *options)[1]


def test_chunks_that_are_done_are_not_done_again(seqseg, trained, movie, tmp_path, monkeypatch):
    from seqseg.cli.segment import splitting
    from seqseg.offline.perform import SourceFailed

    def fails(self, chunks):
        def segment(job, folder, watch):
            raise SourceFailed("the disk is full")

        return segment

    options = ("--split-long", "0.005", "--split-exact")
    with monkeypatch.context() as patch:
        patch.setattr(splitting.Splitter, "join", fails)
        code, _, complaint = seqseg("segment", trained, movie, "--out", tmp_path / "out", *options)
    assert code == 2 and "the disk is full" in complaint
    chunks = sorted((tmp_path / "out" / ".a.chunks").glob("*/masks.mkv"))
    before = [chunk.stat().st_mtime_ns for chunk in chunks]
    assert len(chunks) == 3

    done = []
    from seqseg.cli.segment import split_work

    join = split_work.perform

    def performed(job, *rest):
        done.append([chunk.stat().st_mtime_ns for chunk in chunks])
        return join(job, *rest)

    monkeypatch.setattr(split_work, "perform", performed)
    assert seqseg("segment", trained, movie, "--out", tmp_path / "out", *options)[0] == 0
    assert done == [before]


@pytest.mark.slow
def test_the_warm_up_is_measured_kept_and_bounds_what_differs(seqseg, trained, tmp_path):
    """The tiny network forgets: after its warm-up the chunks' masks agree with the whole's as far as was measured."""
    from streams import ArraySource, MovieSink, Overlay, run

    images = np.random.default_rng(0).integers(0, 256, (90, 45, 61, 3), np.uint8)
    overlay, movie = Overlay([[0, 0, 0]], ["nothing"], alpha=0, legend=False), tmp_path / "long.mp4"
    run(ArraySource(images, fps=10), lambda image, state: (image[..., 0] * 0, state), MovieSink(movie, overlay))
    seqseg("segment", trained, movie, "--out", tmp_path / "whole")
    code, _, _ = seqseg("segment", trained, movie, "--out", tmp_path / "split", "--split-long", "0.05")
    assert code == 0
    kept = json.loads((trained / "warm_up.json").read_text())
    split = json.loads((tmp_path / "split" / "long" / "segment.json").read_text())["split"]
    assert kept["agrees"] == 0.999 and split["warm_up"] == kept["frames"] and split["chunks"] == 3
    whole, parts = masks_of(tmp_path / "whole" / "long"), masks_of(tmp_path / "split" / "long")
    assert np.mean(np.array(whole) != np.array(parts)) <= 0.001 and split["differing_bound"] <= 0.001
