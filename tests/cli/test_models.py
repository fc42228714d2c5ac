import json

from seqseg.models.build import list_models


def test_every_model_is_listed_with_its_size(seqseg):
    code, printed, _ = seqseg("models")
    assert code == 0
    assert all(f"\n  {name} " in printed for name in list_models())
    assert "1,151,301" in printed  # image-models' lstm_unet with 3 channels and 21 classes


def test_json_is_for_programs(seqseg):
    _, printed, _ = seqseg("models", "--json", "--classes", "21")
    parameters = {row["name"]: row["parameters"] for row in json.loads(printed)}
    assert parameters["unet_lstm"] == 1_151_301


def test_a_number_of_classes_below_one_is_one_line(seqseg):
    code, _, complaint = seqseg("models", "--classes", "0")
    assert code == 2 and "classes must be at least 1" in complaint
