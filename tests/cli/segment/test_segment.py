import json
import os
import shutil

import imageio.v3 as imageio
import numpy as np
import pytest

from streams import MovieFrames


@pytest.fixture
def sources(tmp_path, write_movie):
    """Two movies of one name, a folder of pictures, and a file that is no movie."""
    folder = tmp_path / "in"
    for place in ("east", "west", "frames"):
        (folder / place).mkdir(parents=True)
    write_movie(folder / "east" / "a.mp4")
    shutil.copy(folder / "east" / "a.mp4", folder / "west" / "a.mp4")
    for number, image in enumerate(MovieFrames(folder / "east" / "a.mp4")):
        imageio.imwrite(folder / "frames" / f"{number}.png", image)
    (folder / "bad.mp4").write_bytes(b"no movie")
    return folder


def masks_of(folder):
    return [np.asarray(imageio.imread(file)) for file in sorted(folder.glob("*.png"))]


def all_masks(out):
    """The masks of every source in an output folder, by its name."""
    movies = {path.parent.name: list(MovieFrames(path, pixels="gray")) for path in out.glob("*/masks.mkv")}
    return movies | {path.parent.name: masks_of(path) for path in out.glob("*/masks")}


def assert_same(some, others):
    assert some.keys() == others.keys()
    for name in some:
        np.testing.assert_array_equal(some[name], others[name])


def test_sources_in_any_mixture_get_a_folder_each_and_a_bad_one_is_listed(seqseg, trained, sources, tmp_path):
    out = tmp_path / "out"
    code, printed, complaint = seqseg("segment", trained, sources, "--out", out, "--masks", "--areas", "--save")
    assert code == 2 and "1 of 4 sources failed: bad: " in complaint and "3 done, 0 skipped, 1 failed" in printed
    summary = json.loads((out / "segment.json").read_text())
    assert summary["counts"] == {"done": 3, "failed": 1} and summary["frames"] == 21
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["east-a", "frames", "west-a"]
    files = sorted(path.name for path in (out / "east-a").iterdir())
    assert files == ["areas.csv", "masks.mkv", "masks.mkv.times.csv", "overlay.mp4", "segment.json"]
    assert len(list((out / "frames" / "masks").glob("*.png"))) == 7

    (sources / "bad.mp4").unlink()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file() and path.parent != out}
    options = ("--out", out, "--masks", "--areas", "--save")
    code, printed, _ = seqseg("segment", trained, sources, *options)
    assert code == 0 and "0 done, 3 skipped, 0 failed; 0 frames" in printed
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file() and path.parent != out}
    code, printed, _ = seqseg("segment", trained, sources / "east", *options, "--again")
    assert code == 0 and "1 done, 0 skipped" in printed


@pytest.mark.parametrize("options", [(), ("--smooth", "0.6", "--size", "32x40")])
def test_the_masks_are_those_of_stream_bit_for_bit(seqseg, trained, sources, tmp_path, options):
    movie, pictures, out = sources / "east" / "a.mp4", sources / "frames", tmp_path / "out"
    assert seqseg("segment", trained, movie, pictures, "--out", out, *options)[0] == 0
    seqseg("stream", trained, "--source", movie, "--masks", tmp_path / "m.mkv", *options)
    seqseg("stream", trained, "--source", pictures, "--masks", tmp_path / "m", *options)
    written = list(MovieFrames(out / "a" / "masks.mkv", pixels="gray"))
    np.testing.assert_array_equal(written, list(MovieFrames(tmp_path / "m.mkv", pixels="gray")))
    np.testing.assert_array_equal(masks_of(out / "frames" / "masks"), masks_of(tmp_path / "m"))


def test_shards_together_do_all_of_it_and_agree_on_the_names(seqseg, trained, sources, tmp_path):
    (sources / "bad.mp4").unlink()
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert seqseg("segment", trained, sources, "--out", whole)[0] == 0
    counts = []
    for shard in ("1/2", "2/2"):
        code, printed, _ = seqseg("segment", trained, sources, "--out", parts, "--shard", shard)
        counts.append((code, printed.split()[0]))
    assert counts == [(0, "2"), (0, "1")]
    assert_same(all_masks(whole), all_masks(parts))
    assert json.loads((parts / "segment.json").read_text())["counts"] == {"done": 3}


def test_a_ready_models_own_smoothing_is_part_of_what_is_done(seqseg, trained, sources, tmp_path, make_ready):
    from seqseg.models.pretrained import ready

    folder = make_ready(tiny=trained / "best.keras")
    listed = json.loads((folder / "index.json").read_text())
    listed[0]["stream"] = {"smooth": 0.6}
    (folder / "index.json").write_text(json.dumps(listed))
    assert ready.ready_models()["tiny"].stream == {"smooth": 0.6}
    assert seqseg("segment", "tiny", sources / "east", "--out", tmp_path / "out")[0] == 0
    record = json.loads((tmp_path / "out" / "a" / "segment.json").read_text())
    assert record["options"]["smooth"] == 0.6 and record["model"] == "tiny"


def test_machines_get_events(seqseg, trained, sources, tmp_path):
    code, printed, _ = seqseg("segment", trained, sources / "east", "--out", tmp_path / "out", "--json")
    events = [json.loads(line) for line in printed.splitlines()]
    assert code == 0 and [event["event"] for event in events if event["event"] != "progress"] == [
        "start",
        "done",
        "end",
    ]
    assert events[-1]["frames"] == 7


def test_a_source_that_another_run_is_writing_is_left_to_it(seqseg, trained, sources, tmp_path):
    from seqseg.cli.console.claims import claimed

    out = tmp_path / "out"
    with claimed([("the other", out / "a")]):
        code, _, complaint = seqseg("segment", trained, sources / "east", "--out", out)
    assert code == 2 and "is being written by another run" in complaint


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--shard", "5/4"], '--shard must be I/N with I from 1 to N, such as 3/16, got "5/4"'),
        (["--workers", "0"], "--workers must be at least 1, got 0"),
        (["--workers", "2", "--shard", "1/2"], "not allowed with"),
        (["--fps", "0"], "--fps must be greater than 0"),
        (["--runtime", "onnx"], "--runtime onnx runs files of seqseg export"),
        (["--opacity", "0.3"], "add --save"),
        (["--size", "big"], "--size must be HEIGHTxWIDTH"),
        (["--split-long", "0"], "--split-long must be greater than 0 minutes"),
        (["--split-exact"], "give --split-long MINUTES, too"),
        (["gone.mp4"], "gone.mp4 is not there"),
        (["--shards", "1/2"], "does not take '--shards'; did you mean --shard?"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(seqseg, trained, sources, tmp_path, words, complaint):
    code, _, said = seqseg("segment", trained, sources, "--out", tmp_path / "out", *words)
    assert code == 2 and complaint in said and said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_model_without_anything_to_segment_is_one_line(seqseg, trained, tmp_path):
    code, _, said = seqseg("segment", trained, "--out", tmp_path / "out")
    assert code == 2 and "is a model; give the movies" in said


def test_outputs_do_not_go_where_sources_are(seqseg, trained, sources):
    code, _, said = seqseg("segment", trained, sources / "east", "--out", sources / "east")
    assert code == 2 and "is what" in said


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_an_output_folder_that_cannot_be_written_is_one_line(seqseg, trained, sources, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    code, _, said = seqseg("segment", trained, sources, "--out", tmp_path / "closed" / "out")
    assert code == 2 and "cannot be written" in said


def test_stream_says_what_segment_would_do_with_a_folder_of_movies(seqseg, trained, sources, tmp_path):
    shutil.copy(sources / "east" / "a.mp4", sources / "east" / "b.mp4")
    code, _, said = seqseg("stream", trained, "--source", sources / "east", "--masks", tmp_path / "m.mkv")
    assert code == 0 and f"seqseg segment {sources / 'east'} --out DIR gives each its own masks" in said


@pytest.mark.slow
def test_workers_give_the_same_masks(seqseg, trained, sources, tmp_path):
    (sources / "bad.mp4").unlink()
    alone, together = tmp_path / "alone", tmp_path / "together"
    seqseg("segment", trained, sources, "--out", alone)
    code, printed, _ = seqseg("segment", trained, sources, "--out", together, "--workers", "2")
    assert code == 0 and "3 done" in printed
    assert_same(all_masks(alone), all_masks(together))


@pytest.mark.slow
def test_memory_is_flat_over_two_hundred_movies(seqseg, trained, tmp_path, write_movie, monkeypatch):
    from pathlib import Path

    from seqseg.cli.segment.segmenting import Segmenter

    movie, folder, sizes = write_movie(tmp_path / "first.mp4"), tmp_path / "in", []
    folder.mkdir()
    for number in range(200):
        shutil.copy(movie, folder / f"{number:03d}.mp4")
    segment = Segmenter._segment

    def measured(self, *arguments):
        done = segment(self, *arguments)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
        return done

    monkeypatch.setattr(Segmenter, "_segment", measured)
    assert seqseg("segment", trained, folder, "--out", tmp_path / "out")[0] == 0
    assert len(sizes) == 200
    print(f"memory in MiB: {[round(size, 1) for size in sizes[::20]]} … {sizes[-1]:.1f}")
    assert max(sizes[40:]) / sizes[40] < 1.02
