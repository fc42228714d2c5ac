"""What frames without labels teach, as `[training] unlabelled` chooses it.

Every step takes a batch of clips with labels and one without; a method says what the second one adds to the loss.
"""

import functools

from seqseg.errors import ConfigError
from seqseg.registry import make, suggestion
from seqseg.training.unlabelled.consistency import Consistency
from seqseg.training.unlabelled.denoising import Denoising
from seqseg.training.unlabelled.mean_teacher import MeanTeacher
from seqseg.training.unlabelled.next_frame import JointNextFrame

METHODS = {
    "consistency": Consistency,
    "mean_teacher": MeanTeacher,
    "next_frame": JointNextFrame,
    "ladder": Denoising,
}
"""Methods by name; each takes the network, the steps of the run, and its own options."""


def chosen_method(experiment, agreement):
    """(name, options) that `training.unlabelled` asks for, or None.

    Raises:
        ConfigError: there is no such method, or a setting that does not go with learning from unlabelled frames.
    """
    training, data = experiment.training, experiment.data
    wanted = training.unlabelled
    options = {"name": wanted} if isinstance(wanted, str) else dict(wanted)
    name = options.pop("name", None)
    if name == "none":
        _refuse_without_method(options, data, agreement)
        return None
    if name not in METHODS:
        close = suggestion(name, METHODS) if isinstance(name, str) else ""
        raise ConfigError(f"training.unlabelled needs a name, one of none, {', '.join(METHODS)}; got {wanted!r}{close}")
    if agreement.head == "frame":
        raise ConfigError(f"training.unlabelled is {name}, but a predictor of frames needs no labels; leave it out")
    if training.carry_state:
        raise ConfigError(
            f"training.carry_state walks through videos in order, and training.unlabelled = {name} draws clips from "
            "anywhere; turn one of them off"
        )
    if agreement.vectors:
        raise ConfigError(f"training.unlabelled = {name} knows no vectors beside frames yet; leave model.condition out")
    if METHODS[name].needs_motion and data.timesteps < 2:
        raise ConfigError(
            f"training.unlabelled = {name} looks from one frame to the next, but data.timesteps is {data.timesteps}; "
            "use 2 or more"
        )
    return name, options


def make_method(chosen, network, *, steps):
    """The method for `network` in a run of `steps` steps; None where none is chosen.

    Raises:
        ConfigError: an option that it does not take, or a model or a value that it cannot use.
    """
    if chosen is None:
        return None
    name, options = chosen
    options = {key: value for key, value in options.items() if key != "batch"}
    return make({name: functools.partial(METHODS[name], network, steps)}, "training.unlabelled", name, **options)


def _refuse_without_method(options, data, agreement):
    if data.labelled is not None and agreement.head == "frame":
        raise ConfigError("data.labelled keeps some labels, but a predictor of frames looks at none; leave it out")
    if options:
        raise ConfigError(f"training.unlabelled none takes no options, got {', '.join(options)}")
    if data.unlabelled is not None:
        raise ConfigError(
            f"data.unlabelled is {data.unlabelled}, but training.unlabelled is none, so nothing would learn from it; "
            f"set it to one of {', '.join(METHODS)}"
        )
