import numpy as np
import pytest

from seqseg.layers import ConvStack
from seqseg.models import build_model

# image-models' networks, counted layer by layer: 3 channels and 21 classes, then 1 channel and 1 class.
ORIGINALS = {
    "full_lstm": (46_821, 46_353),
    "segnet": (15_474_389, 15_471_937),
    "shallow_lstm": (80_853, 79_713),
    "shallow_segnet": (1_742_421, 1_739_969),
    "shallow_unet": (5_229_845, 5_225_345),
    "simple": (221_301, 220_833),
    "unet": (31_380_245, 31_377_793),
    "unet_lstm": (1_151_301, 1_150_673),
}
RECURRENT = {"full_lstm": ["P2.0", "P2.1"], "shallow_lstm": ["P1"], "unet_lstm": ["P3"]}


@pytest.mark.parametrize("name", ORIGINALS)
def test_a_preset_has_the_parameters_of_the_original(name):
    assert build_model(name, classes=21).count_params() == ORIGINALS[name][0]


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_counts_hold_for_grey_images_and_one_class(name):
    assert build_model(name, classes=1, channels=1).count_params() == ORIGINALS[name][1]


@pytest.mark.parametrize(("name", "count"), [("unet_lstm", 442_624), ("shallow_lstm", 27_712)])
def test_the_memory_holds_its_share_of_the_parameters(name, count):
    memory = build_model(name, classes=21).temporal[RECURRENT[name][0]]
    assert memory.count_params() == count


def test_full_lstm_stacks_two_memories_of_32_064_parameters():
    memories = build_model("full_lstm", classes=21).temporal
    assert sum(memory.cell.count_params() for memory in memories.values()) == 32_064


def test_segnet_with_indices_has_29_million_parameters_as_in_its_paper():
    """Table V of Badrinarayanan et al. (2017) says 29.45 M; a 64 x 11 kernel is too small to show there."""
    assert build_model("segnet_indices", classes=11).count_params() == pytest.approx(29.45e6, rel=1e-3)


def test_segnets_encoder_with_indices_has_the_kernels_of_vgg16():
    """14,714,688 parameters without top (keras.applications), of which 4,224 are biases that batch norm replaces."""
    encoder = build_model("segnet_indices", classes=2).backbone
    kernels = sum(int(np.prod(w.shape)) for w in encoder.trainable_variables if len(w.shape) == 4)
    assert kernels == 14_714_688 - 4_224


@pytest.mark.parametrize("name", RECURRENT)
def test_the_frame_only_twin_has_no_state(name):
    assert build_model(name, classes=3, filters=4, memory="none").initial_state(1, 32, 32) == {}


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("memory", ["convlstm", "convgru"])
def test_the_state_is_named_after_where_the_memory_stands(name, memory):
    state = build_model(name, classes=3, filters=4, memory=memory).initial_state(1, 32, 32)
    parts = {"convlstm": ["h", "c"], "convgru": ["h"]}[memory]
    assert list(state) == [f"{place}/{part}" for place in RECURRENT[name] for part in parts]


@pytest.mark.parametrize("name", RECURRENT)
def test_the_recurrence_is_tanh_and_may_be_the_originals_relu(name):
    def activation(**options):
        memory = next(iter(build_model(name, classes=3, filters=4, **options).temporal.values()))
        return getattr(memory, "cell", memory).activation.__name__

    assert (activation(), activation(activation="relu")) == ("tanh", "relu")


def test_unet_can_take_unet_lstms_encoder():
    recurrent = build_model("unet_lstm", classes=3)
    image = build_model("unet", classes=3, filters=16, depths=(1, 2, 2, 2), norm="batch")
    assert image.backbone.get_config()["depths"] == recurrent.backbone.get_config()["depths"]
    assert image.backbone.count_params() == recurrent.backbone.count_params()


def test_the_first_block_of_full_lstm_is_not_dead():
    """The original's first pooling read the image, so its first two convolutions changed nothing."""
    model = build_model("full_lstm", classes=3, filters=2)
    clip = np.random.default_rng(0).integers(0, 256, (1, 2, 16, 16, 3))
    before = np.array(model(clip))
    first = next(stack for stack in model.backbone.stacks if isinstance(stack, ConvStack)).convolutions[0]
    first.kernel.assign(first.kernel + 1)
    assert np.abs(np.array(model(clip)) - before).max() > 1e-3
