import dataclasses
import subprocess
import sys

import pytest

from seqseg.config import (
    SECTIONS,
    AugmentConfig,
    DataConfig,
    Experiment,
    ModelConfig,
    TrainingConfig,
    dump_experiment,
    known_keys,
    load_experiment,
)
from seqseg.errors import ConfigError


def written(tmp_path, text):
    path = tmp_path / "experiment.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_the_default_experiment(tmp_path):
    assert load_experiment(written(tmp_path, "")) == Experiment()


def test_a_line_of_toml_and_an_override_are_the_same_thing(tmp_path):
    from_file = load_experiment(written(tmp_path, "[data]\ntimesteps = 5\nsize = [45, 61]\n"))
    assert from_file == load_experiment(overrides={"data.timesteps": "5", "data.size": "45x61"})


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[data]\ntimesteps = 7\n", encoding="utf-8-sig")
    assert load_experiment(path).data.timesteps == 7


def test_an_override_wins_over_the_file(tmp_path):
    path = written(tmp_path, "[training]\nepochs = 3\nbatch = 2\n")
    training = load_experiment(path, {"training.epochs": 7}).training
    assert (training.epochs, training.batch) == (7, 2)


def test_every_other_key_of_the_model_is_an_option_of_its_preset():
    model = load_experiment(overrides={"model.name": "unet", "model.filters": "8", "model.decoder.width": "3"}).model
    assert model == ModelConfig(name="unet", options={"filters": 8, "decoder": {"width": 3}})


def test_a_size_is_height_by_width():
    assert load_experiment(overrides={"data.size": "360x480"}).data.size == (360, 480)


def test_a_number_given_to_a_text_setting_stays_text():
    assert load_experiment(overrides={"data.source": "2024"}).data.source == "2024"


def test_none_switches_an_optional_setting_off():
    assert load_experiment(overrides={"training.clip_norm": "none"}).training.clip_norm is None


def test_a_loss_is_a_name_or_a_table_of_its_name_and_options(tmp_path):
    table = {"name": "focal", "gamma": 3.0}
    path = written(tmp_path, '[training]\nloss = {name = "focal", gamma = 3.0}\n')
    assert load_experiment(path).training.loss == table
    assert load_experiment(overrides={"training.loss": '{name = "focal", gamma = 3.0}'}).training.loss == table
    assert load_experiment(overrides={"training.loss": "dice"}).training.loss == "dice"
    again = written(tmp_path, dump_experiment(Experiment(training=TrainingConfig(loss=table))))
    assert load_experiment(again).training.loss == table


def test_an_option_set_beside_a_name_makes_the_name_a_table():
    overrides = {"training.loss": "focal", "training.loss.gamma": "3.0"}
    assert load_experiment(overrides=overrides).training.loss == {"name": "focal", "gamma": 3.0}


def test_the_former_name_of_a_key_still_works(tmp_path):
    old = written(tmp_path, '[data]\nfit = {name = "letterbox", enlarge = true}\n')
    assert load_experiment(old).data.resize == {"name": "letterbox", "enlarge": True}
    assert load_experiment(old, {"data.resize.border": "7"}).data.resize["border"] == 7
    assert load_experiment(overrides={"data.fit": "letterbox", "data.fit.border": "7"}).data.resize == {
        "name": "letterbox",
        "border": 7,
    }
    with pytest.raises(ConfigError, match=r"data\.fit is the former name of data\.resize, and both are set"):
        load_experiment(written(tmp_path, '[data]\nfit = "tile"\nresize = "tile"\n'))


def test_a_small_learning_rate_in_exponent_form_is_a_number(tmp_path):
    assert load_experiment(written(tmp_path, "[training]\nlearning_rate = 1e-4\n")).training.learning_rate == 0.0001


def test_what_is_dumped_loads_back_equal(tmp_path):
    experiment = Experiment(
        ModelConfig("unet", {"filters": 8, "memory": {"levels": ["P5", "P1"], "odd key": 'a "quoted" \\ word\x7f'}}),
        DataConfig("folders:C:\\données\\été", timesteps=3, stride=2, size=(45, 61), val="camvid:/x"),
        AugmentConfig(enabled=False, scale=(0.5, 2.0), crop=(33, 47)),
        TrainingConfig(epochs=3, clip_norm=None, class_weights=[1.0, 0.25, 1e-7], patience=4),
    )
    assert load_experiment(written(tmp_path, dump_experiment(experiment))) == experiment


def test_every_key_is_written_out(tmp_path):
    text = dump_experiment(Experiment())
    assert all(f"\n{key.partition('.')[2]} = " in text for key in known_keys())


BAD = {
    "unknown key training.epoch; did you mean training.epochs?": {"training.epoch": 5},
    "unknown key data.epochs; did you mean training.epochs?": {"data.epochs": 5},
    "unknown key trainig.batch; did you mean training.batch?": {"trainig.batch": 5},
    "unknown key epochs; did you mean training.epochs?": {"epochs": 5},
    'training.epochs must be a whole number, got "many"': {"training.epochs": "many"},
    "training.epochs must be a whole number, got 1.5": {"training.epochs": "1.5"},
    "training.epochs must be a whole number, got true": {"training.epochs": "true"},
    "training.epochs must be at least 1, got 0": {"training.epochs": "0"},
    "data.timesteps must be at least 1, got -2": {"data.timesteps": -2},
    "training.learning_rate must be more than 0, got 0.0": {"training.learning_rate": "0"},
    "training.learning_rate must be a finite number, got nan": {"training.learning_rate": "nan"},
    "augment.flip must be at most 1, got 1.5": {"augment.flip": "1.5"},
    "augment.scale must go from the smaller to the larger, got [2.0, 0.5]": {"augment.scale": "[2, 0.5]"},
    "training.encoder_rate must be more than 0, got 0.0": {"training.encoder_rate": "0"},
    "training.l2 must be at least 0, got -1.0": {"training.l2": "-1"},
    "training.loss must be text or a table, got 3": {"training.loss": "3"},
    'training.initial_match must be one of "all", "matching", got "some"': {"training.initial_match": "some"},
    "training.carry_state must be true or false, got 1": {"training.carry_state": "1"},
    'data.size must be [height, width] or HEIGHTxWIDTH such as 360x480 or "native" or "none", got "big"': {
        "data.size": "big"
    },
    "data.size must be at least 1, got [0, 480]": {"data.size": "0x480"},
    "training.class_weights must be at least 0, got [1.0, -1.0]": {"training.class_weights": "[1, -1]"},
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_setting_is_named_with_what_came_and_what_is_wanted(message):
    with pytest.raises(ConfigError) as caught:
        load_experiment(overrides=BAD[message])
    assert str(caught.value) == message


def test_an_unknown_section_gets_the_nearest(tmp_path):
    with pytest.raises(ConfigError, match=r"unknown section \[trainig\]; did you mean training\?"):
        load_experiment(written(tmp_path, "[trainig]\nepochs = 3\n"))


def test_a_section_that_is_a_number_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"\[data\] must be a section with keys, got data = 3"):
        load_experiment(written(tmp_path, "data = 3\n"))


def test_a_setting_below_a_number_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="model.filters.size cannot be set: filters is 8, not a table"):
        load_experiment(written(tmp_path, "[model]\nfilters = 8\n"), {"model.filters.size": 3})


def test_a_file_that_is_not_toml_is_named_with_the_line(tmp_path):
    with pytest.raises(ConfigError, match="experiment.toml is not valid TOML: .*line 2"):
        load_experiment(written(tmp_path, "[data]\ntimesteps 5\n"))


def test_a_file_that_nests_without_end_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="experiment.toml is not valid TOML: maximum recursion depth"):
        load_experiment(written(tmp_path, "[data]\ntimesteps = " + "[" * 5000))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no config file at .*missing.toml"):
        load_experiment(tmp_path / "missing.toml")


def test_a_folder_is_not_a_config(tmp_path):
    with pytest.raises(ConfigError, match="is a folder"):
        load_experiment(tmp_path)


def test_a_config_made_in_python_is_as_strict_as_a_file():
    with pytest.raises(ConfigError, match="data.timesteps must be a whole number"):
        dataclasses.replace(DataConfig(), timesteps="8.5")


def test_an_option_of_none_cannot_be_dumped():
    with pytest.raises(ConfigError, match="model.norm is None"):
        dump_experiment(Experiment(ModelConfig(options={"norm": None})))


def test_a_config_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Experiment().data.timesteps = 3


def test_the_sections_are_those_of_the_experiment():
    assert list(SECTIONS) == [item.name for item in dataclasses.fields(Experiment)]


def test_reading_a_config_imports_nothing_heavy():
    code = "import sys, seqseg.config; print(sorted({'keras', 'numpy', 'tensorflow', 'cv2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
