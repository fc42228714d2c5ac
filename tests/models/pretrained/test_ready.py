"""Ready models are found by name, checked, and run as the file they were made of."""

import json

import numpy as np
import pytest

from seqseg.errors import ModelError
from seqseg.files import sha256_of
from seqseg.models import load_model
from seqseg.models.pretrained.pull import pull
from seqseg.models.pretrained.ready import ready_folder, ready_models

CLIP = np.random.default_rng(0).integers(0, 256, (1, 3, 21, 33, 3), "uint8")
MOST_BYTES = 12_000_000


def test_a_ready_model_loads_by_its_name(make_ready, small_model):
    make_ready(coast=small_model)
    np.testing.assert_array_equal(np.array(load_model("coast")(CLIP)), np.array(load_model(small_model)(CLIP)))


def test_a_name_that_is_not_there_offers_the_nearest_and_lists_the_ready_and_the_pulled(make_ready, small_model):
    make_ready(coast=small_model, road=small_model)
    pull(str(small_model), name="cells")
    with pytest.raises(ModelError) as error:
        load_model("cost")
    assert str(error.value) == (
        "no model 'cost'; did you mean coast?; the ready models are: coast, road; pulled: cells; "
        "or give a run folder or a .keras file"
    )


def test_a_path_that_is_not_there_is_a_path_and_no_name(make_ready, small_model):
    make_ready(coast=small_model)
    for path in ("runs/coast", "coast.keras"):
        with pytest.raises(ModelError, match=f"no model file at {path}"):
            load_model(path)


def test_a_ready_model_goes_before_a_pulled_one_of_its_name(make_ready, small_model, tmp_path):
    other = tmp_path / "other.keras"
    other.write_bytes(b"not a model")
    pull(str(other), name="coast")
    make_ready(coast=small_model)
    assert load_model("coast").card.classes == ("sky", "sea")


def test_a_file_that_was_changed_is_not_loaded(make_ready, small_model):
    folder = make_ready(coast=small_model)
    with (folder / "coast.keras").open("ab") as file:
        file.write(b"more")
    with pytest.raises(ModelError, match=r"coast\.keras is damaged: expected sha256 \w{64}, got \w{64}; install"):
        load_model("coast")


def test_a_file_that_is_gone_is_not_loaded(make_ready, small_model):
    (make_ready(coast=small_model) / "coast.keras").unlink()
    with pytest.raises(ModelError, match=r"got no file; install seqseg again"):
        load_model("coast")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"name": "coast"}]'])
def test_an_index_that_is_damaged_is_named(make_ready, small_model, text):
    (make_ready(coast=small_model) / "index.json").write_text(text)
    with pytest.raises(ModelError, match=r"index\.json is damaged \(.*install seqseg again"):
        load_model("coast")


def test_an_index_of_a_later_version_may_say_more(make_ready, small_model):
    path = make_ready(coast=small_model) / "index.json"
    path.write_text(json.dumps([one | {"energy": 3} for one in json.loads(path.read_text())]))
    assert load_model("coast").card.classes == ("sky", "sea")


def test_the_models_that_come_with_seqseg_are_whole_and_small():
    for model in ready_models().values():
        path = ready_folder() / f"{model.name}.keras"
        assert (sha256_of(path), path.stat().st_size) == (model.sha256, model.bytes)
    assert sum(model.bytes for model in ready_models().values()) <= MOST_BYTES


@pytest.mark.parametrize("name", ready_models())
def test_a_model_that_comes_with_seqseg_is_what_its_index_and_its_card_say(repository, name):
    facts, model = ready_models()[name], load_model(name)
    card = (repository / "docs" / "models" / f"{name}.md").read_text(encoding="utf-8")
    assert facts.sha256 in card
    assert f"{facts.parameters:,}" in card
    assert all(score in card for score in facts.scores.values())
    assert (len(model.card.classes), model.count_params()) == (facts.classes, facts.parameters)


@pytest.mark.parametrize("name", ready_models())
def test_a_model_that_comes_with_seqseg_holds_no_path(name):
    import zipfile

    with zipfile.ZipFile(ready_folder() / f"{name}.keras") as archive:
        for part in archive.namelist():
            data = archive.read(part)
            for place in (b"/work", b"/home", b"/root", b"/tmp", b"/Users", b"C:\\"):
                assert place not in data, (part, place)
