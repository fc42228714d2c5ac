import json

import imageio.v3 as imageio
import numpy as np

SHAPES = "shapes:videos=1,frames=2,size=45x61"


def write_folder(root, *, labels):
    """One image of 45 x 61 a mask."""
    for number, mask in enumerate(labels):
        for kind, picture in (("images", np.full((45, 61, 3), 40 * number, np.uint8)), ("masks", mask)):
            (root / kind).mkdir(parents=True, exist_ok=True)
            imageio.imwrite(root / kind / f"{number}.png", picture)
    return f"folders:{root}"


def test_classes_are_counted_and_a_sheet_is_drawn(seqseg, tmp_path):
    sheet = tmp_path / "deep" / "sheet.png"
    code, printed, _ = seqseg("inspect", SHAPES, "--sheet", sheet)
    assert code == 0
    assert "background" in printed and "median_frequency" in printed and "problems  none" in printed
    assert imageio.imread(sheet).ndim == 3


def test_json_counts_every_pixel(seqseg, tmp_path):
    facts = json.loads(seqseg("inspect", SHAPES, "--json", "--sheet", tmp_path / "s.png")[1])
    assert sum(facts["counts"]) + facts["void"] == 2 * 45 * 61
    assert set(facts["class_weights"]) == {"median_frequency", "inverse_log", "inverse", "effective_number"}


def test_a_mask_of_another_size_is_a_problem_that_names_the_file(seqseg, tmp_path):
    source = write_folder(tmp_path / "data", labels=[np.zeros((45, 61), np.uint8), np.ones((44, 61), np.uint8)])
    code, printed, _ = seqseg("inspect", source, "--split", "all", "--sheet", tmp_path / "s.png")
    assert code == 0
    assert "problem: " in printed and "1.png" in printed and "44x61" in printed


def test_data_that_is_not_there_is_one_line_and_no_sheet(seqseg, tmp_path):
    code, printed, complaint = seqseg("inspect", f"folders:{tmp_path}/nowhere", "--sheet", tmp_path / "s.png")
    assert (code, printed) == (2, "") and complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_augmentation_is_drawn_before_and_after(seqseg, tmp_path):
    sheet = tmp_path / "deep" / "augment.png"
    code, printed, _ = seqseg(
        "inspect", SHAPES, "--augment", "--set", "data.timesteps=2", "--set", "augment.flip=1", "--sheet", sheet
    )
    assert (code, printed) == (0, f"sheet  {sheet}\n")
    assert imageio.imread(sheet).shape[1] == 2 * (150 + 4) + 4


def test_augmentation_is_drawn_as_a_config_says(seqseg, tmp_path):
    config = tmp_path / "some.toml"
    config.write_text("[augment]\ncopy_paste = 1.0\npaste_classes = ['dics']\n", encoding="utf-8")
    code, _, complaint = seqseg("inspect", SHAPES, "--augment", config, "--sheet", tmp_path / "a.png")
    assert code == 2 and "did you mean disc?" in complaint and complaint.count("\n") == 1
    config.write_text("[augment]\nenabled = false\n", encoding="utf-8")
    assert "augment.enabled" in seqseg("inspect", SHAPES, "--augment", config)[2]


def test_an_option_that_shapes_does_not_have_is_one_line(seqseg):
    code, _, complaint = seqseg("inspect", "shapes:video=2")
    assert code == 2 and "did you mean videos?" in complaint


def test_a_map_merges_classes_before_they_are_counted(seqseg, tmp_path):
    (tmp_path / "map.toml").write_text('[data.map]\nflat = ["disc", "cross"]\nrest = "*"\n')
    plain = json.loads(seqseg("inspect", SHAPES, "--json", "--sheet", tmp_path / "s.png")[1])
    words = ("inspect", SHAPES, "--map", tmp_path / "map.toml", "--json", "--sheet", tmp_path / "s.png")
    merged = json.loads(seqseg(*words)[1])
    assert merged["classes"] == ["flat", "rest"]
    assert merged["counts"] == [sum(plain["counts"][1:3]), plain["counts"][0] + sum(plain["counts"][3:])]


def test_a_page_and_json_go_to_files(seqseg, tmp_path):
    words = ("inspect", SHAPES, "--sheet", tmp_path / "s.png")
    code, printed, _ = seqseg(*words, "--html", tmp_path / "deep/p.html", "--json", tmp_path / "f.json", "--sample", 1)
    assert code == 0 and str(tmp_path / "deep/p.html") in printed and "1 frames" in printed
    assert (tmp_path / "deep/p.html").read_text().startswith("<!doctype html>")
    facts = json.loads((tmp_path / "f.json").read_text())
    assert facts["sample"] == 1 and facts["left_out"] == []


def test_what_is_wrong_is_all_listed_instead_of_stopping_at_the_first(seqseg, tmp_path):
    labels = [np.full((45, 61), number % 2, np.uint8) for number in range(4)]
    labels[1][0, :7] = 9
    source = write_folder(tmp_path / "data", labels=labels)
    (tmp_path / "data/classes.txt").write_text("water\nice\n")
    (tmp_path / "data/images/2.png").write_bytes(b"")
    code, printed, _ = seqseg("inspect", source, "--split", "all", "--sheet", tmp_path / "s.png")
    assert code == 0 and "problems  2" in printed
    assert "labels that are no classes" in printed and "images/2.png is empty" in printed
    assert max(map(len, (line for line in printed.splitlines() if str(tmp_path) not in line))) <= 80


def test_with_skip_bad_it_shows_what_is_left_and_lists_the_rest(seqseg, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = write_folder(tmp_path / "data", labels=[np.full((45, 61), number % 2, np.uint8) for number in range(4)])
    (tmp_path / "data/images/2.png").write_bytes(b"")
    code, printed, complaint = seqseg("inspect", source, "--split", "all", "--skip-bad")
    assert code == 0 and "2 videos, 3 frames" in printed
    assert complaint == "warning: left out 1 broken item, listed in left_out-folders-all.txt\n"
    assert "images/2.png is empty" in (tmp_path / "left_out-folders-all.txt").read_text()


def test_numbers_that_make_no_sense_are_one_line(seqseg):
    assert seqseg("inspect", SHAPES, "--sample", 0)[0] == 2
    assert "--near" in seqseg("inspect", SHAPES, "--near", 9)[2]


def test_the_receptive_field_is_reported_for_a_name_and_a_run(seqseg, trained, tmp_path):
    words = ("inspect", SHAPES, "--sheet", tmp_path / "s.png", "--json", "--model")
    field = json.loads(seqseg(*words, trained)[1])["receptive_field"]
    assert field["trained"] and len(field["by_frame"]) == 2 and sum(field["by_frame"]) > 0.99
    code, _, complaint = seqseg(*words, tmp_path / "nowhere")
    assert code == 2 and "no run folder" in complaint


def test_a_path_without_a_kind_is_looked_at_and_its_command_is_printed(seqseg, tmp_path, monkeypatch):
    from seqseg.data.drawn.writing.drawing import drawings_of
    from seqseg.data.drawn.writing.writers import make_writer

    monkeypatch.chdir(tmp_path)
    mask = np.zeros((21, 33), np.uint8)
    mask[5:15, 7:20] = 1
    with make_writer("out", {1: "cell"}, form="labelme") as writer:
        writer.add("a", np.zeros((21, 33, 3), np.uint8), drawings_of(mask, [1]))
    code, printed, told = seqseg("inspect", "out", "--split", "all")
    assert code == 0 and "out is labelme:out: a.json is of LabelMe\n  seqseg inspect labelme:out\n" in told
    assert "cell" in printed
    (tmp_path / "out" / "annotations.xml").write_text("<annotations/>")
    code, _, told = seqseg("inspect", "out")
    assert code == 2 and "out may be several things: cvat:out" in told and "labelme:out" in told
    (tmp_path / "empty").mkdir()
    code, _, told = seqseg("inspect", "empty")
    assert code == 2 and "empty is of no kind that can be told by looking" in told
