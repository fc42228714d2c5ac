"""Which images of Pascal VOC 2012 and SBD are train and which are val, by the rules of published scores.

PT and PV are VOC's train and val, BT and BV those of SBD (Hariharan et al. 2011), S = PT + PV + BT + BV.

    voc12        PT / PV                           1,464 /  1,449
    mode1        S without V / V = PV             10,582 /  1,449
    mode2        S without V / V = PV - BT        11,127 /    904
    mode3        S without V / V = PV - (BV + BT) 11,685 /    346
    trainaug     trainaug.txt / PV                10,582 /  1,449    as DeepLab's list has it
    keras_fcn    train_mat + train_png / val_mat  10,831 /  1,200    kevinddchen/Keras-FCN

The modes are those of matconvnet-fcn. Their train labels are SBD's where it has the image, their val labels VOC's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seqseg.data.files.name_list import read_names
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.errors import DataError


@dataclass(frozen=True)
class Split:
    """The names of a rule's images and of those with SBD's labels; a part is None if its list is missing."""

    rule: str
    train: tuple[str, ...] | None
    val: tuple[str, ...] | None
    from_sbd: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        both = sorted(set(self.train or ()) & set(self.val or ()))
        if both:
            shown = ", ".join(both[:4]) + (", …" if len(both) > 4 else "")
            raise DataError(
                f"split {self.rule}: {len(both)} images are in train and in val ({shown}); remove them from one list"
            )

    @property
    def note(self) -> str:
        """The split in a sentence, to go with a score."""
        counts = [f"{len(names):,} {part}" for part, names in (("train", self.train), ("val", self.val)) if names]
        checked = "none in both" if len(counts) > 1 else "the other list is missing"
        return f"split {self.rule}: {' and '.join(counts)} images by its lists, {checked}"

    def names(self, part: str) -> tuple[str, ...]:
        """The names of train, val, or all."""
        if part == "all":
            return (self.train or ()) + (self.val or ())
        return {"train": self.train, "val": self.val}[part] or ()


@dataclass(frozen=True)
class ListFolders:
    """The folders of lists: VOC's ImageSets/Segmentation/, SBD's, and one given by the user."""

    voc: Path
    sbd: Path | None = None
    own: Path | None = None

    def require_sbd(self, rule: str) -> Path:
        """SBD's folder, or a DataError that asks for it."""
        if self.sbd is None:
            raise DataError(f"split={rule} needs SBD's lists; give its folder, as in voc:PATH,sbd=SBD,split={rule}")
        return self.sbd


def read_split(rule: str, folders: ListFolders, *, left_out: LeftOut = STRICT) -> Split:
    """The split of one of `RULES`, from the lists alone, without images.

    Raises:
        DataError: a list is missing or damaged, or an image is in train and in val.

    Example:
        >>> lists = ListFolders(voc=Path("VOC2012/ImageSets/Segmentation"), own=Path("Keras-FCN/data"))
        >>> len(read_split("keras_fcn", lists).train)
        10831
    """
    return RULES[rule](rule, folders, left_out)


def _voc12(rule: str, folders: ListFolders, left_out: LeftOut) -> Split:
    train, val = _voc_lists(folders.own or folders.voc, left_out)
    return Split(rule, train, val)


def _mode(rule: str, folders: ListFolders, left_out: LeftOut) -> Split:
    sbd = folders.require_sbd(rule)
    voc_train, voc_val = (read_names(folders.voc / f"{part}.txt", left_out=left_out) for part in ("train", "val"))
    sbd_train, sbd_val = (read_names(sbd / f"{part}.txt", left_out=left_out) for part in ("train", "val"))
    kept_out: set[str] = {"mode1": set(), "mode2": set(sbd_train), "mode3": {*sbd_train, *sbd_val}}[rule]
    val = [name for name in voc_val if name not in kept_out]
    held_back = set(val)
    everything = dict.fromkeys([*voc_train, *voc_val, *sbd_train, *sbd_val])
    train = [name for name in everything if name not in held_back]
    return Split(rule, tuple(train), tuple(val), frozenset({*sbd_train, *sbd_val} - held_back))


def _trainaug(rule: str, folders: ListFolders, left_out: LeftOut) -> Split:
    own = folders.own or folders.voc
    train = read_names(own / "trainaug.txt", left_out=left_out)
    val = read_names(_first_there(own / "val.txt", folders.voc / "val.txt"), left_out=left_out)
    return Split(rule, train, val, frozenset(train))


def _keras_fcn(rule: str, folders: ListFolders, left_out: LeftOut) -> Split:
    own = folders.own or folders.voc
    mat, png, val = (read_names(own / f"{name}.txt", left_out=left_out) for name in _KERAS_FCN_LISTS)
    return Split(rule, tuple(dict.fromkeys([*mat, *png])), val, frozenset({*mat, *val}))


_KERAS_FCN_LISTS = ("train_mat", "train_png", "val_mat")
RULES: dict[str, Callable[[str, ListFolders, LeftOut], Split]] = {
    "voc12": _voc12,
    "mode1": _mode,
    "mode2": _mode,
    "mode3": _mode,
    "trainaug": _trainaug,
    "keras_fcn": _keras_fcn,
}


def _voc_lists(folder: Path, left_out: LeftOut) -> list[tuple[str, ...] | None]:
    """The names in train.txt and val.txt, one of which may be missing."""
    files = [folder / "train.txt", folder / "val.txt"]
    return [read_names(file, left_out=left_out) if file.is_file() else None for file in files]


def _first_there(*files: Path) -> Path:
    return next((file for file in files if file.is_file()), files[0])
