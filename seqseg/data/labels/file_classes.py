"""The classes of single label files: as given by options, named in a class list, or inferred from the values."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

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
from seqseg.data.sequences import LazySequence
from seqseg.data.spec import whole_number
from seqseg.errors import DataError

Paths = Sequence[Path] | LazySequence[Path]

LABEL_OPTIONS: dict[str, Callable[[str], Any]] = {
    "foreground": read_foreground,
    "instances": whole_number(2, 2**31 - 1),
}
READ_ALL = 1000  # up to this many label files, all are read to infer the classes
_SAMPLED = 256  # of more, this many, spread over the set


def classes_of_files(
    masks: Paths, folder: Path, where: str, options: Mapping[str, Any], left_out: LeftOut = STRICT
) -> ClassList:
    """The classes of the label files `masks` of the data `where`, from `folder`'s class list if it has one.

    `options` may hold `foreground` (the object's value) and `instances` (a divisor of the values). Of more than
    `READ_ALL` files a sample is read to infer the classes; another value is an error when it is read.

    Raises:
        DataError: labels whose meaning is not clear.
    """
    divisor = options.get("instances")
    if options.get("foreground") is not None:
        if divisor:
            raise DataError(f"{where}: foreground and instances exclude each other; give one of them")
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


def values_of_files(masks: Paths, left_out: LeftOut = STRICT) -> frozenset[int]:
    """All values in these label files; cached until one of them changes."""
    values, faults = _values_of(tuple(masks), max(map(_changed, masks)), left_out.skip)
    for fault in faults:
        left_out.add(fault)
    return values


def _sample(masks: Paths) -> Paths:
    if len(masks) <= READ_ALL:
        return masks
    return [masks[index] for index in np.linspace(0, len(masks) - 1, _SAMPLED).astype(int)]


def _changed(mask: Path) -> float:
    try:
        return mask.stat().st_mtime
    except OSError:  # reading it gives the error
        return 0.0


@lru_cache(maxsize=64)
def _values_of(masks: tuple[Path, ...], _changed: float, skip: bool) -> tuple[frozenset[int], tuple[DataError, ...]]:
    """All values, and the faults of files that cannot be read; without `skip` reading stops at the first."""
    values: frozenset[int] = frozenset()
    faults: list[DataError] = []
    with ThreadPoolExecutor(max_workers=2) as threads:  # decoding releases the GIL
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
