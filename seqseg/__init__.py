"""seqseg: train once on clips, run forever on streams, with one set of weights and a state you can hold in your hand.

Names are loaded on first use, so that `import seqseg` is fast.
"""

import sys
from importlib import import_module

from seqseg.version import __version__ as __version__

_HOMES = {
    "Experiment": "seqseg.config",
    "Predictor": "seqseg.inference.predictor",
    "Segmenter": "seqseg.models.segmenter",
    "SeqsegError": "seqseg.errors",
    "Video": "seqseg.data.video",
    "VideoSet": "seqseg.data.video",
    "build_model": "seqseg.models.build",
    "evaluate_clips": "seqseg.evaluation.evaluate",
    "evaluate_deployed": "seqseg.evaluation.evaluate",
    "list_models": "seqseg.models.build",
    "load_experiment": "seqseg.config",
    "load_model": "seqseg.models.build",
    "open_data": "seqseg.data",
    "save_model": "seqseg.models.build",
    "train": "seqseg.training.fit",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'seqseg' has no attribute {name!r}; its public names are: {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


class _Former:
    """Modules by their names of the release before, looked up after all others (seqseg.former_modules)."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> object:
        if not name.startswith("seqseg.") or name == "seqseg.former_modules":
            return None
        return import_module("seqseg.former_modules").FINDER.find_spec(name, None)


sys.meta_path.append(_Former)  # type: ignore[arg-type]
