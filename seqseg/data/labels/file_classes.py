"""The classes of label files that lie about: as asked for, as named beside them, or inferred from their values."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from seqseg.data.labels.class_list import (
    ClassList,
    foreground_class_list,
    infer_class_list,
    read_class_list,
    read_foreground,
    takes_objects_for_void,
)
from seqseg.data.labels.meaning import InstanceLabels
from seqseg.data.labels.values import read_label_values
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.spec import whole_number
from seqseg.errors import DataError

LABEL_OPTIONS: dict[str, Callable] = {"foreground": read_foreground, "instances": whole_number(2, 2**31 - 1)}
READ_ALL = 1000  # label files up to which every one is read to infer the classes
_SAMPLED = 256  # files spread over the set, where there are more


def classes_of_files(
    masks: Sequence[Path], folder: Path, where: str, options: Mapping[str, object], left_out: LeftOut = STRICT
) -> ClassList:
    """The classes of the label files `masks`, of the data `where`, with the class list of `folder` where it has one.

    `foreground` and `instances` in `options` say that all but the background, or `value // instances`, is meant. Of
    more than `READ_ALL` files only some are read to infer classes; a value that is in none of these is an error when it
    is met.

    Raises:
        DataError: labels whose meaning cannot be told.
    """
    divisor = options.get("instances")
    if options.get("foreground") is not None:
        if divisor:
            raise DataError(f"{where}: foreground and instances exclude each other; take one of them")
        return foreground_class_list(str(options["foreground"]))
    named = read_class_list(folder)
    if named and divisor:
        return replace(named, meaning=InstanceLabels(named.meaning, int(divisor)))
    if named:
        some = [masks[index] for index in range(0, len(masks), max(1, len(masks) // 8))]
        if takes_objects_for_void(
            named, lambda everything: values_of_files(_sample(masks) if everything else some, left_out)
        ):
            raise DataError(
                f"{where}: its masks hold only 0 and 255, and 255 means void; "
                "if it is a class, give that class its value in classes.txt, as in: object 255"
            )
        return named
    chosen = _sample(masks)
    values = values_of_files(chosen, left_out)
    if divisor:
        values = frozenset(value // int(divisor) for value in values)
    classes = infer_class_list(values, where, masks=len(chosen))
    if len(chosen) < len(masks):
        note = (
            f"classes are inferred from {len(chosen)} of {len(masks)} masks; another label is an error when it is read"
        )
        classes = replace(classes, note=f"{note}, classes.txt can name them all")
    return replace(classes, meaning=InstanceLabels(classes.meaning, int(divisor))) if divisor else classes


def values_of_files(masks: Sequence[Path], left_out: LeftOut = STRICT) -> frozenset[int]:
    """All values in these label files; they are read again only when one has changed."""
    values, faults = _values_of(tuple(masks), max(map(_changed, masks)), left_out.skip)
    for fault in faults:
        left_out.add(fault)
    return values


def _sample(masks: Sequence[Path]) -> Sequence[Path]:
    if len(masks) <= READ_ALL:
        return masks
    return [masks[index] for index in np.linspace(0, len(masks) - 1, _SAMPLED).astype(int)]


def _changed(mask: Path) -> float:
    try:
        return mask.stat().st_mtime
    except OSError:  # reading it says why
        return 0.0


@lru_cache(maxsize=64)
def _values_of(masks: tuple[Path, ...], _changed: float, skip: bool) -> tuple[frozenset[int], tuple[DataError, ...]]:
    """All values, and what cannot be read: without `skip` the first such file, with which it ends."""
    values, faults = frozenset[int](), []
    with ThreadPoolExecutor(max_workers=2) as threads:  # decoding lets the others run
        for found in threads.map(_values_or_fault, masks):
            if isinstance(found, DataError):
                faults.append(found)
                if not skip:
                    threads.shutdown(cancel_futures=True)
                    break
            else:
                values |= found
    return values, tuple(faults)


def _values_or_fault(mask: Path) -> frozenset[int] | DataError:
    try:
        return _values_in(mask)
    except DataError as error:
        return error


def _values_in(mask: Path) -> frozenset[int]:
    values = read_label_values(mask)
    if values.ndim != 2:
        raise DataError(
            f"the mask {mask} holds colours, not class indices; give each class its colour in classes.txt (name r g b)"
        )
    if values.dtype == np.uint8:
        return frozenset(np.flatnonzero(np.bincount(values.ravel(), minlength=256)).tolist())
    return frozenset(np.unique(values).tolist())
