"""Model files that lie are refused in one line, before anything is built from what they say."""

import dataclasses
import json
import zipfile

import pytest

from seqseg.errors import ModelError
from seqseg.models import build_model, file_checks, load_model, save_model
from seqseg.models.card import ModelCard


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """{name in the zip: bytes} of a small model file."""
    path = tmp_path_factory.mktemp("model") / "good.keras"
    save_model(build_model("unet", classes=5, filters=2), path)
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(path, parts, **changed):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, changed.get(name.partition(".")[0], content))
    return path


def card(**changed):
    good = ModelCard("unet", {}, ("a", "b"), ((0, 0, 0), (1, 2, 3)), size=(48, 64))
    return json.loads(json.dumps(dataclasses.asdict(good))) | changed


LIES = [
    {"palette": [[1, 2]]},
    {"palette": [[0, 0, 0]]},
    {"palette": [[10**9, 0, 0]] * 2},
    {"palette": [[0.5, 0, 0]] * 2},
    {"palette": "red"},
    {"void": 10**9},
    {"void": True},
    {"size": [-1, 0]},
    {"size": "abc"},
    {"size": [100_000, 100_000]},
    {"size": [30_000, 30_000]},
    {"head": "evil"},
    {"head": "sigmoid", "classes": ["a"], "palette": [[0, 0, 0]]},
    {"output": "evil"},
    {"classes": []},
    {"classes": [1, 2]},
    {"classes": "ab"},
    {"channels": 0},
    {"channels": 10**9},
    {"input_scale": [1]},
    {"input_scale": [float("nan"), 0]},
    {"input_scale": [[], 0]},
    {"timesteps": 0},
    {"timesteps": 1e9},
    {"fit": {"name": "letterbox", "evil": 1}},
    {"fit": [1]},
    {"condition": -1},
    {"l2": float("inf")},
    {"l2": "much"},
    {"evil": 1},
    {"options": None},
    {"model": 7},
    {"stack": 0},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_a_card_that_lies_is_one_line(lie):
    with pytest.raises(ModelError, match="card") as caught:
        ModelCard.from_dict(card(**lie))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["classes", "palette", "model", "options"])
def test_a_card_that_lacks_something_is_one_line(missing):
    with pytest.raises(ModelError, match=f"other entries than this version of seqseg knows .*{missing}"):
        ModelCard.from_dict({name: value for name, value in card().items() if name != missing})


def test_every_entry_of_a_card_is_checked():
    assert set(file_checks._ENTRIES) == {field.name for field in dataclasses.fields(ModelCard)}


def test_a_card_comes_back_as_it_was():
    good = ModelCard(
        "unet", {"filters": 2}, ("a", "b"), ((0, 0, 0), (1, 2, 3)), size=(48, 64), input_scale=((1, 2, 3), 0)
    )
    assert ModelCard.from_dict(json.loads(json.dumps(good.to_dict()))) == good


def test_a_lie_inside_a_model_file_names_the_file(tmp_path, parts):
    config = json.loads(parts["config.json"])
    config["config"]["card"]["void"] = 10**9
    path = packed(tmp_path / "x.keras", parts, config=json.dumps(config).encode())
    with pytest.raises(ModelError, match=r"x\.keras does not load: the model's card has void = '1000000000'"):
        load_model(path)


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"{" * 100, b"", b"\xff", b"7", b'{"a": ' * 400 + b"1" + b"}" * 400]
)
def test_a_damaged_configuration_is_one_line(tmp_path, parts, content):
    with pytest.raises(ModelError, match=r"x\.keras has a damaged config\.json") as caught:
        load_model(packed(tmp_path / "x.keras", parts, config=content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("filters", [10**6, 10**400])
def test_a_million_filters_are_not_built(tmp_path, parts, filters):
    config = json.loads(parts["config.json"])
    config["config"]["decoder"]["config"]["widths"] = [filters]
    path = packed(tmp_path / "x.keras", parts, config=json.dumps(config).encode())
    with pytest.raises(ModelError, match=r"x\.keras asks for 10000\d+ filters, units or the like"):
        load_model(path)


def test_a_file_without_a_configuration_is_one_line(tmp_path, parts):
    weights = {name: content for name, content in parts.items() if name != "config.json"}
    with pytest.raises(ModelError, match=r"it has no config\.json"):
        load_model(packed(tmp_path / "x.keras", weights))


def test_a_configuration_that_unpacks_to_too_much_is_not_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.keras", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", b" " * (2**25 + 1))
    with pytest.raises(ModelError, match="more than 32 MiB"):
        load_model(tmp_path / "x.keras")


def test_flipped_bytes_in_the_weights_are_one_line(tmp_path, parts):
    path = packed(tmp_path / "x.keras", parts)
    damaged = bytearray(path.read_bytes())
    middle = damaged.find(b"model.weights.h5") + len(parts["model.weights.h5"]) // 2
    for place in range(middle, middle + 400):
        damaged[place] ^= 0x5A
    path.write_bytes(damaged)
    with pytest.raises(ModelError, match=r"x\.keras does not load as a seqseg model") as caught:
        load_model(path)
    assert "\n" not in str(caught.value)
