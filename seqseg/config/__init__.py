"""TOML -> `Experiment`: what to train, on what, and how. Strict: a typo is an error."""

from seqseg.config.experiment import (
    SECTIONS,
    AugmentConfig,
    DataConfig,
    Experiment,
    ModelConfig,
    TrainingConfig,
    dump_experiment,
    experiment_from,
    known_keys,
    load_experiment,
)

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
