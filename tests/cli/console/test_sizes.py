"""--size is read in one place."""

import pytest

from seqseg.cli.console.sizes import size_option, working_size
from seqseg.errors import ConfigError


def test_a_size_is_height_and_width():
    assert size_option("45x61") == working_size("45 X 61") == (45, 61)


def test_a_working_size_may_be_native_or_trained():
    assert working_size("native") is None and working_size("trained") == "trained"


@pytest.mark.parametrize("text", ["big", "0x480", "360", "360x480x3", "-1x4", "native"])
def test_anything_else_is_one_line(text):
    with pytest.raises(ConfigError, match=f'--size must be HEIGHTxWIDTH such as 360x480, got "{text}"'):
        size_option(text)


def test_the_message_names_the_words_that_are_allowed():
    with pytest.raises(ConfigError, match='360x480, "native" or "trained", got "large"'):
        working_size("large")
