import pytest

from seqseg.errors import ConfigError
from seqseg.registry import make, nearest


def plain(width=8, *, depth=2):
    return width, depth


def needy(*, classes):
    return classes


class LayerLike:
    def __init__(self, width=8, **kwargs):
        self.width, self.kwargs = width, kwargs


PARTS = {"plain": plain, "needy": needy, "layer": LayerLike}


def test_make_calls_the_part_of_that_name_with_the_options():
    assert make(PARTS, "decoder", "plain", width=3) == (3, 2)


def test_an_option_may_be_called_name():
    assert make(PARTS, "decoder", "layer", name="first").kwargs == {"name": "first"}


def test_an_unknown_name_gets_the_nearest_and_all_of_them():
    with pytest.raises(ConfigError, match="unknown decoder 'plian'; did you mean plain.*plain, needy, layer"):
        make(PARTS, "decoder", "plian")


def test_an_unknown_option_gets_the_options_of_the_part():
    with pytest.raises(ConfigError, match="has no option 'widht'; did you mean width.*width, depth"):
        make(PARTS, "decoder", "plain", widht=3)


def test_the_open_arguments_of_a_layer_take_only_what_keras_knows():
    with pytest.raises(ConfigError, match="has no option 'colour'"):
        make(PARTS, "decoder", "layer", colour="red")


def test_a_missing_option_is_named():
    with pytest.raises(ConfigError, match="decoder 'needy' needs classes"):
        make(PARTS, "decoder", "needy")


def test_an_error_inside_the_part_is_not_taken_for_a_wrong_option():
    def broken(*, width):
        raise TypeError("inside")

    with pytest.raises(TypeError, match="inside"):
        make({"broken": broken}, "decoder", "broken", width=1)


def test_the_nearest_names_come_best_first():
    assert nearest("unet_lstn", ["fcn", "unet", "unet_lstm"])[0] == "unet_lstm"


def test_nothing_is_near_to_something_quite_different():
    assert nearest("zebra", ["fcn", "unet"]) == []
