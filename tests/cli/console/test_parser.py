import pytest

from seqseg.cli.main import build_parser
from seqseg.errors import ConfigError

BAD = {
    "no command given": [],
    "unknown command 'trian'; did you mean train?": ["trian"],
    "seqseg train does not take '--epoch'; did you mean --epochs?": ["train", "--epoch", "3"],
    "seqseg train does not take '--epoch=3'; did you mean --epochs?": ["train", "--epoch=3"],
    "seqseg data does not take '--zzz'; see seqseg data --help": ["data", "--zzz"],
    "argument --batch: expected one argument; see seqseg train --help": ["train", "--batch"],
    "the following arguments are required: RUN, RUN2; see seqseg evaluate --help": ["evaluate"],
    "argument --max-frames: invalid int value: 'ten'": ["stream", "run", "--source", "x", "--max-frames", "ten"],
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_command_line_is_one_line_with_the_nearest_right_word(message):
    with pytest.raises(ConfigError) as caught:
        build_parser().parse(BAD[message])
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_flag_is_not_taken_for_one_that_begins_like_it():
    with pytest.raises(ConfigError, match="does not take '--time'"):
        build_parser().parse(["train", "--time", "3"])


@pytest.mark.parametrize("command", ["train", "evaluate", "stream", "models", "data", "inspect", "demo"])
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as leaving:
        build_parser().parse([command, "--help"])
    assert leaving.value.code == 0
    assert f"usage: seqseg {command}" in capsys.readouterr().out
