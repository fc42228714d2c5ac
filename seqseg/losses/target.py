"""Labels of any form, converted to one, with their logits."""

import dataclasses
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from keras import ops

from seqseg.errors import ConfigError, DataError, ModelError
from seqseg.layers.tensor import Shape, Tensor


@dataclasses.dataclass(frozen=True)
class Target:
    """What a loss compares; the leading axes are (n,) for images and (n, t) for clips.

    Attributes:
        logits: (..., h, w, classes), floats.
        classes: int32 (..., h, w), 0 where void; None when the labels came one-hot.
        one_hot: (..., h, w, classes), zeros where void; built on first use.
        counted: sample weights, 0 where void: (..., h, w, 1), or (..., h, w, classes) when planes may differ in it.
        class_weights: (classes,), ones when all count alike.
        valid: scalar, False when some label is neither a class nor void.
    """

    logits: Tensor
    classes: Tensor
    planes: Tensor
    counted: Tensor
    class_weights: Tensor
    valid: Tensor

    @cached_property
    def one_hot(self) -> Tensor:
        if self.planes is not None:
            return self.planes
        classes = self.logits.shape[-1]
        if classes == 1:
            return ops.cast(self.classes, self.logits.dtype)[..., None]
        known = ops.cast(self.counted > 0, self.logits.dtype)
        return ops.one_hot(self.classes, classes, dtype=self.logits.dtype) * known

    @property
    def pixel_weights(self) -> Tensor:
        """Sample weight times class weight, 0 where void: (..., h, w)."""
        if self.classes is not None:
            return self.counted[..., 0] * ops.take(self.class_weights, self.classes)
        return self.counted[..., 0] * ops.sum(self.one_hot * self.class_weights, axis=-1)


def thinned(target: Target, stride: int) -> Tensor:
    """Every `stride`-th row and column of a `Target`."""
    if stride == 1:
        return target
    parts = {name: getattr(target, name) for name in ("logits", "planes", "counted")}
    thin = {name: None if part is None else part[..., ::stride, ::stride, :] for name, part in parts.items()}
    classes = None if target.classes is None else target.classes[..., ::stride, ::stride]
    return dataclasses.replace(target, classes=classes, **thin)


def read_target(
    labels: Tensor,
    logits: Tensor,
    *,
    void: int,
    class_weights: Sequence[float] | None = None,
    sample_weight: Tensor | None = None,
    multi_label: bool = False,
) -> Tensor:
    """The `Target` of integer labels (..., h, w) or one-hot labels (..., h, w, classes).

    Void pixels hold `void`, in every plane when one-hot; a one-hot pixel without any class is void too, but not when
    `multi_label`, where planes are void one by one. With a single class, labels are 1 on the object and 0 elsewhere.

    Args:
        labels: integers or one-hot; a last axis of 1 is dropped.
        logits: (..., h, w, classes).
        sample_weight: weights of the pixels, the frames or the rows: any leading part of (..., h, w).

    Raises:
        ConfigError: there are not as many class weights as classes.
        DataError: labels and logits have different shapes.
        ModelError: a loss over exclusive classes is given the logits of one class.
    """
    classes = logits.shape[-1]
    if classes == 1 and not multi_label:
        raise ModelError("the logits have one class, which softmax always finds; use a loss with sigmoids: bce_dice")
    labels = ops.convert_to_tensor(labels)
    hot = _is_one_hot(labels, logits)
    read = _read_one_hot if hot else _read_integers
    target_classes, planes, counted, valid = read(labels, logits, void=void, multi_label=multi_label)
    counted = ops.cast(counted, logits.dtype)
    if sample_weight is not None:
        counted = counted * _per_pixel(ops.cast(sample_weight, logits.dtype), rank=len(logits.shape))
    return Target(logits, target_classes, planes, counted, _class_weights(class_weights, logits), valid)


def check_labels(labels: Tensor, logits: Tensor, *, void: int) -> None:
    """Raise unless numpy labels hold only classes and void, and planes only 0 … 1.

    Raises:
        DataError: naming what came.
    """
    one_hot = _is_one_hot(labels, logits)
    highest = 1 if one_hot else max(logits.shape[-1], 2) - 1
    unknown = np.unique(labels[(labels != void) & ~((labels >= 0) & (labels <= highest))])
    if len(unknown):
        came = ", ".join(f"{label:g}" for label in unknown[:5]) + (", …" if len(unknown) > 5 else "")
        wanted = "one-hot labels are 0 or 1" if one_hot else f"the classes are 0 to {highest}"
        raise DataError(f"labels hold {came}, but {wanted} and void is {void}; correct those pixels or make them void")


def _is_one_hot(labels: Tensor, logits: Tensor) -> Tensor:
    pixels, classes = tuple(logits.shape[:-1]), logits.shape[-1]
    shape = tuple(labels.shape)
    if len(shape) == len(pixels) + 1 and shape[-1] in (classes, 1) and _agree(shape[:-1], pixels):
        return shape[-1] != 1
    if len(shape) == len(pixels) and _agree(shape, pixels):
        return False
    raise DataError(
        f"labels of shape {shape} do not fit logits of shape {tuple(logits.shape)}; "
        f"give integers {pixels} or one-hot labels {(*pixels, classes)}"
    )


def _agree(shape: Shape, other: Shape) -> bool:
    return all(a == b or a is None or b is None for a, b in zip(shape, other, strict=True))


def _read_integers(
    labels: Tensor, logits: Tensor, *, void: int, multi_label: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    if len(labels.shape) == len(logits.shape):
        labels = ops.squeeze(labels, axis=-1)
    labels = ops.cast(labels, "int32")
    counted = ops.not_equal(labels, void)
    known = (labels >= 0) & (labels < max(logits.shape[-1], 2))
    valid = ops.all(known | ~counted)
    # Void is no class: any class replaces it, and its loss is multiplied by zero.
    classes = ops.where(counted & known, labels, ops.zeros_like(labels))
    return classes, None, counted[..., None], valid


def _read_one_hot(
    labels: Tensor, logits: Tensor, *, void: int, multi_label: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    planes = ops.cast(labels, logits.dtype)
    if 0 <= void < logits.shape[-1]:  # one of the planes is void
        is_void = planes[..., void : void + 1] > 0
    elif multi_label:
        is_void = ops.equal(planes, void)
    else:
        is_void = ops.any(ops.equal(planes, void), axis=-1, keepdims=True)
    planes = ops.where(is_void, ops.zeros_like(planes), planes)
    counted = ~is_void
    if not multi_label:
        counted = counted & (ops.sum(planes, axis=-1, keepdims=True) > 0)
    return None, planes, counted, ops.all((planes >= 0) & (planes <= 1))


def _per_pixel(weights: Tensor, rank: int) -> Tensor:
    """Weights of rows, frames or pixels with as many axes as logits have: (..., h or 1, w or 1, 1)."""
    return ops.reshape(weights, (*ops.shape(weights), *[1] * (rank - len(weights.shape))))


def _class_weights(weights: Tensor, logits: Tensor) -> Tensor:
    classes = logits.shape[-1]
    if weights is None:
        return ops.ones((classes,), dtype=logits.dtype)
    if len(weights) != classes:
        raise ConfigError(f"there are {len(weights)} class weights for {classes} classes of logits; give one each")
    return ops.convert_to_tensor(weights, dtype=logits.dtype)
