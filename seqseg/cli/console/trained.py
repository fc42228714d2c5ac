"""RUN on the command line: a run folder, a `.keras` file, or the name of a ready or pulled model."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqseg.cli.console.quiet import import_keras
from seqseg.config import Experiment
from seqseg.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from seqseg.export.predictor import ExportedPredictor
    from seqseg.models.clip_model import ClipModel
    from seqseg.training.run.folder import RunFolder

EXPORTS = {".onnx": "onnx", ".xml": "openvino", ".tflite": "litert"}
"""How files of `seqseg export` that run here end, and what runs them."""

DEFAULT = "voc"
"""The ready model of a command without RUN."""


def split_run(words: list[str]) -> tuple[str, list[str]]:
    """RUN, and the paths behind it, of `[RUN] PATH…`: the first word is RUN if it names a model, else RUN is `voc`.

    A file or folder that is there and is no model is a path, whatever the models are called.
    """
    from seqseg.models.pretrained.finding import find
    from seqseg.training.run.folder import RunFolder

    first = words[0]
    is_model = is_export(first) or Path(first).suffix == ".keras" or RunFolder(first).exists()
    if is_model or (not Path(first).exists() and find(first) is not None):
        return first, words[1:]
    return DEFAULT, words


def add_run_argument(parser: argparse.ArgumentParser, *, default: str | None = None) -> None:
    """Offer RUN and --checkpoint; with a `default` RUN may be left out."""
    what = "a run folder, a .keras file, or the name of a model (seqseg models --ready)"
    if default is None:
        parser.add_argument("trained", metavar="RUN", help=what)
    else:
        parser.add_argument("trained", metavar="RUN", nargs="?", default=default, help=f"{what} ({default})")
    parser.add_argument(
        "--checkpoint",
        metavar="WHICH",
        default="best",
        help="best, last, or the number of an epoch that was kept (best)",
    )


def add_runtime_option(parser: argparse.ArgumentParser) -> None:
    """Offer --runtime."""
    parser.add_argument(
        "--runtime",
        choices=("keras", "onnx", "openvino", "litert"),
        help="what runs the network: keras, or a runtime that RUN is exported for once, into the cache (keras; of a "
        "file of seqseg export, the runtime of its format)",
    )


def check_runtime(args: argparse.Namespace) -> None:
    """Raise ConfigError where --runtime is Keras' and RUN is an export."""
    if args.runtime == "keras" and is_export(args.trained):
        raise ConfigError(
            f"{args.trained} is an export, which Keras does not run; name the run, or leave --runtime out"
        )


def runs_elsewhere(args: argparse.Namespace) -> bool:
    """Whether another runtime than Keras runs the network."""
    return is_export(args.trained) or args.runtime not in (None, "keras")


def open_elsewhere(args: argparse.Namespace, model: "ClipModel | None", **options: Any) -> "ExportedPredictor":
    """The predictor of an export (`model` is None), or of a loaded model; `options` are those of `Predictor`."""
    if model is None:
        from seqseg.export.predictor import ExportedPredictor

        options.pop("size", None)
        return ExportedPredictor(args.trained, runtime=args.runtime, **options)
    from seqseg.export.on_demand import open_predictor

    return open_predictor(model, runtime=args.runtime, **options)


def load_classifier(args: argparse.Namespace) -> "ClipModel":
    """The model that RUN and --checkpoint name, which must find classes.

    Raises:
        ModelError: it predicts frames.
    """
    model = load_trained(args)
    if model.card.head == "frame":
        raise ModelError(
            f"{args.trained} predicts frames and finds no classes; look at what it predicts with seqseg forecast"
        )
    return model


def model_file(args: argparse.Namespace) -> Path:
    """The file of the model that RUN and --checkpoint name, without loading it."""
    if is_export(args.trained):
        if not Path(args.trained).is_file():
            raise ModelError(f"no exported model at {args.trained}; seqseg export writes them")
        return Path(args.trained)
    folder = _run_folder(args)
    if folder is not None:
        return folder.checkpoint(args.checkpoint)
    from seqseg.models.pretrained.finding import find_model

    return find_model(args.trained)


def load_trained(args: argparse.Namespace) -> "ClipModel":
    """The model that RUN and --checkpoint name."""
    folder = _run_folder(args)  # a missing model is an error before Keras is loaded
    import_keras()
    from seqseg.models.build import load_model

    model: ClipModel = load_model(args.trained if folder is None else folder.checkpoint(args.checkpoint))
    return model


def load_named(name: str) -> "ClipModel":
    """Another model of a command: the best of a run folder, a file, or a name."""
    return load_trained(argparse.Namespace(trained=name, checkpoint="best"))


def experiment_of(args: argparse.Namespace) -> Experiment | None:
    """The experiment of a run folder; None for a model file."""
    folder = _run_folder(args)
    return None if folder is None else folder.experiment()


def is_export(text: str) -> bool:
    """Whether RUN is a file that `seqseg export` wrote, which needs no Keras."""
    return Path(text).suffix in EXPORTS


def runtime_of(text: str) -> str:
    """The runtime of an exported file."""
    return EXPORTS[Path(text).suffix]


def stream_defaults(args: argparse.Namespace) -> Mapping[str, Any]:
    """The default stream options of a ready model; empty for any other."""
    if is_export(args.trained):
        return {}
    from seqseg.models.pretrained.ready import ready_models

    if args.trained not in ready_models() or _run_folder(args) is not None:
        return {}
    return ready_models()[args.trained].stream


def _run_folder(args: argparse.Namespace) -> "RunFolder | None":
    """The run folder of RUN; None for a model file, which is checked to exist."""
    from seqseg.models.pretrained.finding import find, looks_like_a_path, unknown_name
    from seqseg.training.run.folder import RunFolder

    folder = RunFolder(args.trained)
    if folder.exists():
        return folder
    if Path(args.trained).suffix == ".keras" or find(args.trained) is not None:
        return None
    if not folder.path.is_dir() and not looks_like_a_path(args.trained):
        raise ModelError(f"no run folder at {args.trained}, and no model of that name{unknown_name(args.trained)}")
    return folder  # its methods say what is wrong with it
