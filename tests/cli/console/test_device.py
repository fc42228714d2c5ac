"""--device: a processor by name, or one line that says what there is."""

import keras
import pytest

from seqseg.cli.console.device import Device, choose_device, device_environment
from seqseg.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "device"), [("cpu", Device("cpu")), ("gpu", Device("gpu")), ("gpu:1", Device("gpu", 1))]
)
def test_a_device_is_read_and_written_alike(text, device):
    assert Device.parse(text) == device
    assert str(device) == text


@pytest.mark.parametrize("text", ["tpu", "gpu:", "gpu:x", "cpu:1", "GPU", "gpu:-1", ""])
def test_what_is_no_device_is_one_line(text):
    with pytest.raises(ConfigError, match="must be cpu, gpu or gpu:N"):
        Device.parse(text)


def test_another_process_sees_the_one_card_alone():
    assert device_environment("gpu:1") == {"CUDA_VISIBLE_DEVICES": "1"}
    assert device_environment("cpu") == {"CUDA_VISIBLE_DEVICES": "-1"}
    assert device_environment("gpu") == device_environment(None) == {}


def test_a_device_that_is_not_there_is_one_line(seqseg, monkeypatch):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("looks for the cards that TensorFlow sees")
    import tensorflow

    monkeypatch.setattr(tensorflow.config, "list_physical_devices", lambda kind=None: [])
    for words in (["train", "--data", "shapes"], ["stream", "voc", "--source", "shapes"], ["models", "unet"]):
        code, printed, complaint = seqseg(*words, "--device", "gpu:1")
        assert (code, printed) == (2, "")
        assert complaint == "seqseg: error: there is no gpu:1: TensorFlow finds no GPU here, cpu alone\n"


def test_the_second_of_one_card_is_not_there(monkeypatch):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("looks for the cards that TensorFlow sees")
    import tensorflow

    grown, seen = [], []
    monkeypatch.setattr(tensorflow.config, "list_physical_devices", lambda kind=None: ["first"])
    monkeypatch.setattr(tensorflow.config.experimental, "set_memory_growth", lambda card, on: grown.append((card, on)))
    monkeypatch.setattr(tensorflow.config, "set_visible_devices", lambda cards, kind: seen.append((cards, kind)))
    with pytest.raises(ConfigError, match="there is no gpu:1: TensorFlow finds gpu:0"):
        choose_device("gpu:1")
    choose_device("gpu:0")
    choose_device("cpu")
    assert grown == 3 * [("first", True)]
    assert seen == [(["first"], "GPU"), ([], "GPU")]


def test_options_for_keras_beside_an_export_are_one_line(seqseg, tmp_path):
    for words in (["--device", "cpu"], ["--precision", "mixed_float16"], ["--xla"]):
        code, _, complaint = seqseg("stream", tmp_path / "x.onnx", "--source", "shapes", *words)
        assert code == 2 and f"{words[0]} is for models run by Keras" in complaint
