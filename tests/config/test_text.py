import tomllib

import pytest

from seqseg.config.text import parse_assignment, parse_value, toml_table
from seqseg.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("1e-4", 1e-4), ("true", True), ("[1, 2]", [1, 2]), ("cosine", "cosine"), ('"5"', "5"), ("", "")],
)
def test_text_is_read_as_toml_where_it_is_toml(text, value):
    assert parse_value(text) == value


def test_text_cannot_smuggle_in_a_second_line():
    assert parse_value("5\nother = 6") == "5\nother = 6"


def test_an_assignment_is_cut_at_the_first_equals_sign():
    assert parse_assignment("data.source=shapes:seed=3") == ("data.source", "shapes:seed=3")


@pytest.mark.parametrize("text", ["training.epochs", "=5", ""])
def test_an_assignment_without_key_or_value_is_refused(text):
    with pytest.raises(ConfigError, match="--set takes key=value"):
        parse_assignment(text)


def test_a_table_is_read_back_by_the_standard_library():
    values = {"text": "é\n\t\x01\U0001f600", "on": True, "pair": (1, 2.5), "inner": {"a b": {"deep": [{"x": 1}]}}}
    assert tomllib.loads(toml_table("top", values)) == {"top": values | {"pair": [1, 2.5]}}


def test_what_toml_cannot_hold_is_named():
    with pytest.raises(ConfigError, match="model.when holds a complex"):
        toml_table("model", {"when": 1j})
