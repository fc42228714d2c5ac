import json
import shutil

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.models import load_model


def test_both_ways_are_scored_and_written(seqseg, trained, tmp_path):
    scores = tmp_path / "deep" / "scores.json"
    code, printed, _ = seqseg("evaluate", trained, "--json", scores, "--worst", tmp_path / "worst")
    assert code == 0
    assert "in clips" in printed and "as deployed" in printed and "mIoU" in printed
    assert {"model", "data", "split", "set", "notes", "clips", "deployed"} == set(json.loads(scores.read_text()))
    assert list((tmp_path / "worst" / "deployed").glob("*.png"))


def test_the_json_score_is_the_mean_of_its_confusion_matrix(seqseg, trained, tmp_path):
    seqseg("evaluate", trained, "--as", "deployed", "--json", tmp_path / "scores.json")
    deployed = json.loads((tmp_path / "scores.json").read_text())["deployed"]
    confusion = np.array(deployed["confusion"])
    right, union = np.diag(confusion), confusion.sum(0) + confusion.sum(1) - np.diag(confusion)
    assert deployed["miou"] == pytest.approx((right[union > 0] / union[union > 0]).mean())
    assert confusion.sum() == 2 * 5 * 45 * 61


def test_a_model_file_is_scored_on_the_data_named(seqseg, trained, tmp_path):
    model = shutil.copy(trained / "last.keras", tmp_path / "mine.keras")
    code, printed, _ = seqseg("evaluate", model, "--data", "shapes:videos=1,frames=2,size=45x61", "--as", "clips")
    assert code == 0 and "as deployed" not in printed


def test_a_model_file_without_data_is_one_line(seqseg, trained):
    code, _, complaint = seqseg("evaluate", trained / "best.keras")
    assert code == 2 and "name it with --data KIND:PATH" in complaint


def test_a_folder_that_is_no_run_is_one_line(seqseg, tmp_path):
    code, printed, complaint = seqseg("evaluate", tmp_path)
    assert (code, printed) == (2, "")
    assert complaint == (
        f"seqseg: error: {tmp_path} is not a run folder: it has no config.toml; give one that `seqseg train` made\n"
    )


def test_a_run_that_is_not_there_is_one_line(seqseg):
    code, _, complaint = seqseg("evaluate", "nowhere")
    assert code == 2 and complaint.startswith("seqseg: error: no run folder at nowhere")


def test_a_damaged_model_file_is_one_line(seqseg, trained, tmp_path):
    (tmp_path / "cut.keras").write_bytes((trained / "best.keras").read_bytes()[:1000])
    code, _, complaint = seqseg("evaluate", tmp_path / "cut.keras", "--data", "shapes")
    assert code == 2 and "cut.keras" in complaint and complaint.count("\n") == 1


def test_data_with_other_classes_is_one_line(seqseg, trained, shared_data):
    code, _, complaint = seqseg("evaluate", trained, "--data", f"camvid:{shared_data}/camvid")
    assert code == 2 and "they must be the same" in complaint


def test_temporal_consistency_is_reported_on_request(seqseg, trained, tmp_path):
    scores = tmp_path / "scores.json"
    data = "shapes:videos=2,frames=9,size=45x61"
    code, printed, _ = seqseg("evaluate", trained, "--data", data, "--as", "deployed", "--temporal", "--json", scores)
    deployed = json.loads(scores.read_text())["deployed"]
    assert code == 0
    assert f"TC {100 * deployed['tc']:.1f}   VC8 {100 * deployed['vc8']:.1f}   VC16 –" in printed
    assert [video["tc"] is not None for video in deployed["videos"]] == [True, True]


def test_the_confusion_matrix_is_drawn(seqseg, trained, tmp_path):
    picture = tmp_path / "deep" / "confusion.png"
    code, printed, _ = seqseg("evaluate", trained, "--as", "clips", "--confusion", picture)
    assert code == 0 and str(picture) in printed
    assert imageio.imread(picture).shape == (5 * 32 + 10, 5 * 32 + 10, 3)  # five classes and their colours


def test_both_ways_have_a_confusion_matrix_each(seqseg, trained, tmp_path):
    seqseg("evaluate", trained, "--confusion", tmp_path / "confusion.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["confusion_clips.png", "confusion_deployed.png"]


def test_a_confusion_matrix_is_a_png(seqseg, trained):
    code, printed, complaint = seqseg("evaluate", trained, "--confusion", "matrix.jpg")
    assert (code, printed) == (2, "")
    assert complaint == "seqseg: error: --confusion draws a .png file, got matrix.jpg; name it matrix.png\n"


def test_what_is_broken_is_an_error_or_left_out_and_listed(seqseg, trained, tmp_path, monkeypatch):
    for kind in ("images", "masks"):
        (tmp_path / "data/val" / kind).mkdir(parents=True)
        for number in range(4):
            imageio.imwrite(tmp_path / "data/val" / kind / f"{number}.png", np.full((45, 61), number, np.uint8))
    (tmp_path / "data/classes.txt").write_text("\n".join(load_model(trained / "best.keras").card.classes))
    mask = tmp_path / "data/val/masks/2.png"
    mask.write_bytes(mask.read_bytes()[:40])
    monkeypatch.chdir(tmp_path)
    words = ("evaluate", trained, "--data", f"folders:{tmp_path}/data", "--as", "deployed")
    code, _, complaint = seqseg(*words)
    assert code == 2 and f"{mask} is truncated" in complaint and "--skip-bad" in complaint
    code, printed, complaint = seqseg(*words, "--skip-bad")
    assert code == 0 and "mIoU" in printed
    assert complaint == "warning: left out 1 broken item, listed in left_out-folders-val.txt\n"
    assert (tmp_path / "left_out-folders-val.txt").read_text().startswith(f"{mask} is truncated")


def test_runs_and_views_are_averaged_as_deployed(seqseg, trained, tmp_path):
    code, printed, complaint = seqseg("evaluate", trained, trained, "--tta", "--json", tmp_path / "s.json")
    assert code == 0, complaint
    assert "averaging 4 views a frame, of 2 models" in printed and "in clips" not in printed
    assert "deployed" in json.loads((tmp_path / "s.json").read_text())
    code, _, complaint = seqseg("evaluate", trained, "--tta", "flop")
    assert code == 2 and 'such as flip,0.75,1.25, got "flop"' in complaint
    code, _, complaint = seqseg("evaluate", trained, "--tta", "--as", "clips")
    assert code == 2 and "average masks as deployed" in complaint
