import pytest

from seqseg.cli.help import TOPICS
from seqseg.cli.help.kinds import list_kinds
from seqseg.cli.help.parts import GROUPS, list_parts, options_of
from seqseg.config import known_keys
from seqseg.data import DATASETS, open_data
from seqseg.errors import DataError


def test_without_a_topic_commands_and_topics_are_listed(seqseg):
    code, printed, _ = seqseg("help")
    assert code == 0
    assert all(word in printed for word in (*TOPICS, "train", "stream"))


def test_a_command_prints_its_own_help(seqseg):
    assert seqseg("help", "stream")[1] == seqseg_help("stream", seqseg)


def seqseg_help(command, seqseg):
    from seqseg.cli.main import build_parser

    return build_parser()._commands()[command].format_help()


def test_every_setting_is_explained(seqseg):
    code, printed, _ = seqseg("help", "settings")
    explained = [line.partition(" = ")[0] for line in printed.splitlines() if " = " in line and line[0] != " "]
    assert code == 0 and set(known_keys()) <= set(explained)


def test_one_key_gives_its_type_limits_default_and_meaning(seqseg):
    printed = seqseg("help", "settings", "training.ema")[1]
    assert "training.ema = 0.0    (a number, at least 0 and at most 0.99999)" in printed
    assert "average of the weights" in printed and "training.seed" not in printed


def test_every_part_says_what_it_is():
    parts = list_parts()
    assert {part.group for part in parts} == set(GROUPS)
    assert [part.name for part in parts if not part.about] == []


def test_a_part_is_shown_with_its_options(seqseg):
    printed = seqseg("help", "parts", "deeplabv3plus")[1]
    assert "Chen et al. 2018" in printed and "skip_filters = 48" in printed


def test_every_kind_names_all_of_its_options():
    undocumented = []
    for kind in list_kinds():
        for option in _options(kind.name):
            if f"{option}=" not in f"{kind.text} {kind.about} {kind.example}":
                undocumented.append(f"{kind.name}: {option}")
    assert undocumented == []


def _options(kind):
    """What the error about an option that does not exist says there are."""
    if kind == "frames":  # takes no options: what follows its path belongs to the path
        return []
    with pytest.raises(DataError) as error:
        open_data(f"{kind}:/nowhere,no_such_option=1")
    _, found, options = str(error.value).partition("it takes ")
    return options.split(", ") if found and options != "none" else []


def test_a_kind_prints_its_description(seqseg):
    code, printed, _ = seqseg("help", "kinds", "coco")
    assert code == 0 and "labels=multi" in printed
    assert seqseg("data", "coco")[1] == printed


@pytest.mark.parametrize(
    ("words", "near"),
    [(("settngs",), "settings"), (("settings", "training.emo"), "training.ema"), (("parts", "unett"), "unet"),
     (("kinds", "camvit"), "camvid")],
)  # fmt: skip
def test_a_wrong_word_is_answered_with_the_nearest(seqseg, words, near):
    code, _, complaint = seqseg("help", *words)
    assert code == 2 and f"did you mean {near}?" in complaint


def test_kinds_cover_the_registry():
    assert {kind.name for kind in list_kinds()} == set(DATASETS)


def test_the_options_of_a_model_are_those_of_its_preset():
    assert options_of("unet_lstm").startswith("filters = 16, kernel_size = 3")
