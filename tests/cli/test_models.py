import json

import pytest

from seqseg.cli.models import measured_models
from seqseg.inference.cost.arithmetic import frame_gflops
from seqseg.inference.cost.stopwatch import about
from seqseg.models import build_model, list_models

SMALL = 2_000_000
ROWS = {row["name"]: row for row in measured_models()}
RENEW = "run scripts/models_table, which measures what is new or changed"


def test_every_model_is_listed_with_its_cost(seqseg):
    code, printed, _ = seqseg("models")
    assert code == 0
    assert all(f"\n  {name} " in printed for name in list_models())
    assert "1,151,301" in printed  # image-models' lstm_unet with 3 channels and 21 classes
    assert "21 classes, frames of 360x480" in printed


def test_json_is_for_programs(seqseg):
    _, printed, _ = seqseg("models", "--json")
    rows = {row["name"]: row for row in json.loads(printed)}
    assert rows["unet_lstm"]["parameters"] == 1_151_301
    assert {"gflops", "weights_mb", "state_mb", "memory_mb", "milliseconds", "machine", "date"} <= set(
        rows["unet_lstm"]
    )


def test_the_models_named_are_measured_here(seqseg):
    code, printed, _ = seqseg("models", "full_lstm", "simple", "--classes", "2", "--size", "45x61", "--json")
    first, second = json.loads(printed)
    assert code == 0 and (first["name"], second["name"]) == ("full_lstm", "simple")
    assert (first["classes"], first["size"]) == (2, [45, 61])
    assert first["parameters"] == build_model("full_lstm", classes=2).count_params()
    assert first["state_mb"] == pytest.approx(4 * 12 * 16 * 8 * 4 / 1e6, rel=1e-3)  # h and c of two memories
    assert second["state_mb"] == 0 and second["milliseconds"] > 0


def test_a_narrow_terminal_cuts_what_is_said_about_a_model(seqseg, monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")
    _, printed, _ = seqseg("models")
    lines = printed.split("\n\n")[0].splitlines()
    assert max(map(len, lines)) <= 110 and any(line.endswith("…") for line in lines)


def test_an_unknown_model_gets_the_nearest(seqseg):
    code, _, complaint = seqseg("models", "unet_lstmm")
    assert code == 2 and "unknown model 'unet_lstmm'; did you mean unet_lstm?" in complaint


def test_a_number_of_classes_below_one_is_one_line(seqseg):
    code, _, complaint = seqseg("models", "--classes", "0")
    assert code == 2 and "classes must be at least 1" in complaint


def test_the_list_is_of_one_size_and_says_how_to_measure_others(seqseg):
    code, _, complaint = seqseg("models", "--size", "240x320")
    assert code == 2 and "name the models to be measured otherwise" in complaint


@pytest.mark.parametrize("size", ["big", "0x480"])
def test_a_size_that_is_invalid_is_one_line(seqseg, size):
    code, _, complaint = seqseg("models", "simple", "--size", size)
    assert code == 2 and f'--size must be HEIGHTxWIDTH such as 360x480, got "{size}"' in complaint


def test_the_list_holds_every_model_and_no_other():
    assert sorted(ROWS) == list_models(), RENEW


def test_the_list_was_measured_on_one_machine_and_alike():
    timed = [row for row in ROWS.values() if row["milliseconds"] is not None]  # null: on a machine that was busy
    assert len({row["machine"] for row in timed}) == 1, RENEW
    assert {(row["classes"], *row["size"]) for row in ROWS.values()} == {(21, 360, 480)}, RENEW


def test_the_list_says_of_a_model_what_its_documentation_says():
    assert {name: row["about"] for name, row in ROWS.items()} == {name: about(name) for name in list_models()}, RENEW


def check_against_a_fresh_build(name):
    model = build_model(name, classes=21)
    assert ROWS[name]["parameters"] == model.count_params(), RENEW
    assert ROWS[name]["gflops"] == pytest.approx(frame_gflops(model), rel=1e-3), RENEW


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row["parameters"] < SMALL])
def test_a_small_model_costs_what_the_list_says(name):
    check_against_a_fresh_build(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row["parameters"] >= SMALL])
def test_a_large_model_costs_what_the_list_says(name):
    check_against_a_fresh_build(name)
