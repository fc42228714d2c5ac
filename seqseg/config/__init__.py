"""TOML -> `Experiment`: what to train, on what, and how. Strict: a typo is an error."""

from seqseg.config.experiment import dump_experiment, experiment_from, known_keys, load_experiment
from seqseg.config.sections import SECTIONS, AugmentConfig, DataConfig, Experiment, ModelConfig, TrainingConfig

__all__ = [
    "SECTIONS",
    "AugmentConfig",
    "DataConfig",
    "Experiment",
    "ModelConfig",
    "TrainingConfig",
    "dump_experiment",
    "experiment_from",
    "known_keys",
    "load_experiment",
]
