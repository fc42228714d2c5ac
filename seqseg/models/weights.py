"""Weights from another model's file: all of them, or those that match."""

import dataclasses

import keras

from seqseg.errors import ConfigError, ModelError
from seqseg.models.build import load_model


@dataclasses.dataclass(frozen=True)
class Taken:
    """What `load_matching_weights` found, as paths of variables.

    Attributes:
        taken: now as in the file.
        kept: of the model, and not in the file or of another shape there.
        unused: of the file, and not in the model.
        other_classes: whether the file's classes are others, so that what scores them was left new.
    """

    taken: tuple
    kept: tuple
    unused: tuple
    other_classes: bool = False

    def __str__(self):
        text = f"{len(self.taken)} of {len(self.taken) + len(self.kept)} weights taken"
        text += f"; new: {_shortened(self.kept)}" if self.kept else ""
        return text + (
            "; its classes differ, so the layers that score them start at random" if self.other_classes else ""
        )


def load_weights(model, path):
    """Put the weights of the model file `path` into `model`, which must be of the same architecture.

    Raises:
        ModelError: a layer is missing or its shape differs; the message names it and both shapes.
    """
    source = load_model(path)
    ours, theirs = variables_by_path(model), variables_by_path(source)
    for name in dict.fromkeys([*ours, *theirs]):
        if name in ours and name in theirs and tuple(ours[name].shape) == tuple(theirs[name].shape):
            continue
        raise ModelError(
            f"{path} does not fit: {name} has {_shape(ours.get(name), 'no place in this model')}, "
            f"the file's is {_shape(theirs.get(name), 'missing')}; {path} is a {source.card.model} with "
            f"{source.card.options or 'its default options'}. Build the same, or take the weights that match "
            '(training.initial_match = "matching")'
        )
    for name, variable in ours.items():
        variable.assign(theirs[name].value)


def load_matching_weights(model, path, *, other_shapes="error"):
    """Put into `model` those weights of the model file `path` that it has too: same path, same shape.

    So FCN-16s starts from FCN-32s, or any model from another one with the same encoder. Paths are those of
    `variables_by_path`, the same for any two builds.

    Args:
        model: a `Segmenter`.
        path: of a `.keras` file.
        other_shapes: "error", or "skip" to leave alone what has the same path and another shape, such as the head when
            there are other classes. What scores the classes (`score_paths`) is then left alone too when the file's
            classes are others by name or order, though as many.

    Returns:
        a `Taken`.

    Raises:
        ModelError: nothing matches, or something has another shape; the message names it and both shapes.

    Example:
        >>> print(load_matching_weights(model, "runs/fcn32s/best.keras"))  # doctest: +SKIP
        32 of 34 weights taken; new: decoder/scores/1/bias, decoder/scores/1/kernel
    """
    if other_shapes not in ("error", "skip"):
        raise ConfigError(f'other_shapes must be "error" or "skip", got {other_shapes!r}')
    source = load_model(path)
    ours, theirs = variables_by_path(model), variables_by_path(source)
    both = [name for name in ours if name in theirs]
    different = [name for name in both if tuple(ours[name].shape) != tuple(theirs[name].shape)]
    if different and other_shapes == "error":
        name = different[0]
        raise ModelError(
            f"{path} does not fit: {name} has shape {tuple(ours[name].shape)}, the file's is "
            f'{tuple(theirs[name].shape)}; build the model with the same options, or leave it new with "skip"'
        )
    other_classes = other_shapes == "skip" and tuple(source.card.classes) != tuple(model.card.classes)
    left_new = {*different, *(score_paths(both) if other_classes else ())}
    taken = [name for name in both if name not in left_new]
    if not any(_is_weight(ours[name]) for name in taken):
        raise ModelError(
            f"nothing in {path} (a {source.card.model}) matches this {model.card.model}: it holds "
            f"{_shortened(theirs)}, the model has {_shortened(ours)}"
        )
    for name in taken:
        ours[name].assign(theirs[name].value)
    rest = ([name for name in mine if name not in taken] for mine in (ours, theirs))
    return Taken(tuple(taken), *map(tuple, rest), other_classes)


def score_paths(paths):
    """Those of the paths of variables that score the classes: the head, a decoder's own scores, memories at the logits.

    >>> score_paths(["backbone/0/kernel", "decoder/scores/0/kernel", "head/bias"])
    ['decoder/scores/0/kernel', 'head/bias']
    """
    paths = list(paths)
    prefixes = ["head/", "temporal/logits"]
    if any(path.startswith("decoder/scores/") for path in paths):  # then its enlargements hold a channel a class
        prefixes += ["decoder/scores/", "decoder/enlarge/"]
    return [path for path in paths if path.startswith(tuple(prefixes))]


def variables_by_path(model):
    """Every variable of a model by its place: {"backbone/stacks/0/convolutions/0/kernel": …, …}.

    A path is made of the attributes that hold the layers, of places in lists, of keys in dicts, and inside a functional
    model of the layers' names. Keras' own paths do not work here: it numbers layers through the whole process
    (conv2d_37), so automatic names are renumbered from zero, kind by kind.
    """
    found = {}
    _walk(model, "", found, set())
    return found


def _walk(layer, path, found, seen):
    seen.add(id(layer))
    children = _children(layer)
    inside = {id(variable) for _, child in children for variable in child.variables}
    for variable in layer.variables:
        if id(variable) not in inside:
            _add(found, path + variable.name, variable)
    for name, child in children:
        if id(child) not in seen:
            _walk(child, f"{path}{name}/", found, seen)


def _children(layer):
    """(name, layer) of each layer directly inside."""
    if isinstance(layer, keras.Sequential) or hasattr(layer, "operations"):  # functional: its layers are its graph
        return _counted(layer.layers)
    children = []
    held = vars(layer)
    for name, value in (held.get("_modules", {}) | held).items():  # torch keeps the layers of a layer there
        if not name.startswith("_"):
            children += _layers_in(name, value)
    return children


def _layers_in(name, value):
    if isinstance(value, keras.layers.Layer):
        return [(name, value)]
    if isinstance(value, list | tuple):
        return [pair for k, item in enumerate(value) for pair in _layers_in(f"{name}/{k}", item)]
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _layers_in(f"{name}/{key}", item)]
    return []


def _counted(layers):
    """(name, layer), where a name that Keras made up is the kind and how many of it were made before."""
    numbers = {}
    for layer in layers:
        if (made_up := _made_up(layer)) is not None:
            numbers.setdefault(made_up[0], []).append(made_up[1])
    named = []
    for layer in layers:
        made_up = _made_up(layer)
        name = layer.name if made_up is None else f"{made_up[0]}_{sorted(numbers[made_up[0]]).index(made_up[1])}"
        named.append((name, layer))
    return named


def _made_up(layer):
    """("conv2d", 37) for a Conv2D called conv2d_37, None for one that was named."""
    name, _, number = layer.name.rpartition("_")
    if not number.isdecimal():
        name, number = layer.name, "0"
    kind = type(layer).__name__.lower()
    return (name, int(number)) if name.replace("_", "") == kind else None


def _add(found, path, variable):
    """Under a number, too, when a layer has several variables of one name."""
    name, k = path, 1
    while name in found:
        name, k = f"{path}_{k}", k + 1
    found[name] = variable


def _is_weight(variable):
    return len(variable.shape) > 0 and "seed" not in variable.name


def _shape(variable, nothing):
    return nothing if variable is None else f"shape {tuple(variable.shape)}"


def _shortened(names, most=4):
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
