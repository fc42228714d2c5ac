"""What RUN on the command line means: a run folder, or a `.keras` file by itself."""

from pathlib import Path

from seqseg.cli.console.quiet import import_keras
from seqseg.config import Experiment
from seqseg.errors import ModelError


def add_run_argument(parser) -> None:
    """Offer RUN and --checkpoint."""
    parser.add_argument("trained", metavar="RUN", help="a run folder, or a .keras file")
    parser.add_argument(
        "--checkpoint", choices=("best", "last"), default="best", help="which model of the run folder (best)"
    )


def load_classifier(args):
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


def load_trained(args):
    """The model that RUN and --checkpoint name."""
    import_keras()
    from seqseg.models.build import load_model

    if _is_model_file(args.trained):
        return load_model(args.trained)

    from seqseg.training.run.folder import RunFolder

    return load_model(RunFolder(args.trained).checkpoint(args.checkpoint))


def experiment_of(args) -> Experiment | None:
    """What was trained in RUN; None for a `.keras` file, which does not know."""
    if _is_model_file(args.trained):
        return None

    import_keras()
    from seqseg.training.run.folder import RunFolder

    return RunFolder(args.trained).experiment()


def _is_model_file(text: str) -> bool:
    return Path(text).suffix == ".keras" or Path(text).is_file()
