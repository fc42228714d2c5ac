import pytest

from seqseg.config import AugmentConfig, load_experiment
from seqseg.data import open_data
from seqseg.data.augment.augmentation import Augmentation
from seqseg.data.augment.config import make_augmentation
from seqseg.data.augment.time_warp import TimeWarp
from seqseg.errors import ConfigError


@pytest.fixture(scope="module")
def shapes():
    return open_data("shapes:videos=2,frames=3,size=19x29")


def test_what_the_config_leaves_alone_is_what_the_augmentation_does_by_itself(shapes):
    assert make_augmentation(AugmentConfig(), shapes) == Augmentation()
    assert make_augmentation(AugmentConfig(enabled=False), shapes) is None


def test_variation_in_time_and_classes_by_name_arrive(shapes):
    config = AugmentConfig(speed=(0.5, 2.0), drop=0.1, copy_paste=0.5, paste_classes=[shapes.classes[2]])
    made = make_augmentation(config, shapes)
    assert made.time == TimeWarp(speed=(0.5, 2.0), drop=0.1)
    assert made.paste_classes == (2,)
    assert made.needs_whole_clips == ("copy_paste", "speed", "drop")


def test_a_balanced_crop_knows_the_pixels_of_the_whole_set(shapes):
    counts = make_augmentation(AugmentConfig(balanced_crop=0.5), shapes).class_counts
    assert len(counts) == len(shapes.classes) and sum(counts) == 2 * 3 * 19 * 29


def test_a_class_that_is_not_there_is_refused_with_the_nearest(shapes):
    name = shapes.classes[1]
    with pytest.raises(ConfigError, match=f"augment.paste_classes names '{name}s'.*did you mean {name}"):
        make_augmentation(AugmentConfig(copy_paste=1.0, paste_classes=[f"{name}s"]), shapes)


def test_copy_paste_without_classes_says_what_to_name(shapes):
    with pytest.raises(ConfigError, match="augment.paste_classes"):
        make_augmentation(AugmentConfig(copy_paste=0.5), shapes)


def test_classes_to_paste_are_text_in_toml():
    read = load_experiment(overrides={"augment.paste_classes": '["car", "truck"]'})
    assert read.augment.paste_classes == ["car", "truck"]
    with pytest.raises(ConfigError, match="augment.paste_classes must be a list of text"):
        load_experiment(overrides={"augment.paste_classes": "[1]"})
