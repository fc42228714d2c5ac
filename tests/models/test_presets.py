import pytest

from seqseg.models import build_model


def test_unet_lstm_has_the_parameters_of_the_original():
    assert build_model("unet_lstm", classes=21, filters=16).count_params() == 1_151_301


def test_unet_has_the_parameters_of_the_original():
    assert build_model("unet", classes=21).count_params() == 31_380_245


@pytest.mark.parametrize(("name", "count"), [("unet_lstm", 1_150_673), ("unet", 31_377_793)])
def test_the_counts_hold_for_grey_images_and_one_class(name, count):
    assert build_model(name, classes=1, channels=1).count_params() == count


def test_the_memory_holds_442_624_of_unet_lstms_parameters():
    assert build_model("unet_lstm", classes=21).temporal["P3"].count_params() == 442_624


def test_the_frame_only_twin_has_no_state():
    assert build_model("unet_lstm", classes=3, filters=4, memory="none").initial_state(1, 32, 32) == {}


def test_unet_can_take_unet_lstms_encoder():
    recurrent = build_model("unet_lstm", classes=3)
    image = build_model("unet", classes=3, filters=16, depths=(1, 2, 2, 2), norm="batch")
    assert image.backbone.get_config()["depths"] == recurrent.backbone.get_config()["depths"]
    assert image.backbone.count_params() == recurrent.backbone.count_params()
