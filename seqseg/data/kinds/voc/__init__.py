"""Pascal VOC 2012 segmentation (Everingham et al. 2015) in its own layout; every image is a video of one frame.

    voc:PATH                              VOC's own train and val
    voc:PATH,sbd=SBD                      with SBD's labels too: 10,582 train images, VOC's val (split=mode1)
    voc:PATH,sbd=SBD,split=mode2          another rule of splits.py
    voc:PATH,split=keras_fcn,lists=DIR    lists in another folder

PATH holds JPEGImages/, SegmentationClass/ and ImageSets/Segmentation/train.txt, val.txt. Without `sbd`, labels of
SegmentationClassAug/ replace SBD's where PATH has that folder.
"""

from collections.abc import Sequence
from pathlib import Path

from seqseg.data.files.by_stem import FolderFiles
from seqseg.data.files.decoding import ImageFiles, LabelFiles
from seqseg.data.files.name_list import read_names
from seqseg.data.kinds.voc.classes import CLASSES, VOC_LABELS
from seqseg.data.kinds.voc.sbd_files import SbdFolder, find_sbd, label_of
from seqseg.data.kinds.voc.splits import RULES, ListFolders, Split, read_split
from seqseg.data.labels.palette import voc_palette
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.sequences import MaskSequence
from seqseg.data.spec import existing_folder, one_of, split_options
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError

_LAYOUT = "JPEGImages/, SegmentationClass/ and ImageSets/Segmentation/"


def open_voc(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`voc:PATH[,sbd=SBD][,split=RULE][,lists=DIR]` -> the images of the rule's train, val, all, or VOC's test.

    The set's name has the rule, its notes the counts.

    Raises:
        DataError: a folder, a list, an image or a mask is not there, or an image is in train and in val.
    """
    path, options = split_options(
        where, "voc", {"sbd": existing_folder, "split": one_of(*RULES), "lists": existing_folder}
    )
    root, sbd = Path(path).expanduser(), options.get("sbd")
    if not (root / "JPEGImages").is_dir():
        raise DataError(f"no VOC at {root}: there is no JPEGImages/ in it; give the folder that holds {_LAYOUT}")
    if (root / "labelmap.txt").is_file():
        raise DataError(
            f"{root} has classes of its own in CVAT's labelmap.txt; open it as cvat:{root} or folders:{root}"
        )
    rule = options.get("split", "mode1" if sbd else "voc12")
    folders = ListFolders(root / "ImageSets" / "Segmentation", sbd and find_sbd(sbd).root, options.get("lists"))
    if split == "test":
        return _test_set(root, rule, folders, left_out)
    found = read_split(rule, folders, left_out=left_out)
    names = found.names(split)
    if not names:  # its list is missing, which reading it reports
        names = read_names((folders.own or folders.voc) / f"{'train' if split == 'all' else split}.txt")
    store = _Store(root, _sbd_labels(root, sbd), found)
    kept = [video for name in names if (video := store.video(name, left_out))]
    videos = require_videos(f"voc:{root}", split, kept, f"fill {folders.own or folders.voc}")
    notes = (found.note, *store.notes(videos))
    return VideoSet(f"voc (split {rule})", split, videos, CLASSES, voc_palette(len(CLASSES)), notes=notes)


def _sbd_labels(root: Path, sbd: Path | None) -> SbdFolder | None:
    if sbd is not None:
        return find_sbd(sbd)
    return find_sbd(root) if (root / "SegmentationClassAug").is_dir() else None


class _Store:
    """Finds the image and the label of a name in VOC's and SBD's folders."""

    def __init__(self, root: Path, sbd: SbdFolder | None, split: Split):
        self._split, self._sbd = split, sbd
        self._images = FolderFiles(root / "JPEGImages", (".jpg", ".jpeg"))
        self._masks = FolderFiles(root / "SegmentationClass", (".png",))
        self._sbd_images = FolderFiles(sbd.images, (".jpg",)) if sbd and sbd.images else None
        self._from_sbd: set[str] = set()

    def video(self, name: str, left_out: LeftOut) -> Video | None:
        """The image as a video; None, with a fault in `left_out`, if a file is missing."""
        image = self._images.find(name)
        if image is None and self._sbd_images is not None:
            image = self._sbd_images.find(name)
        label = self._label(name)
        if image is None or label is None:
            missing = self._images.expected(name) if image is None else self._masks.expected(name)
            left_out.add(
                DataError(
                    f"{missing} is named in the lists of split {self._split.rule} but does not exist; copy it or "
                    f"remove {name} from the list"
                )
            )
            return None
        return Video(name, ImageFiles([image]), label)

    def notes(self, videos: Sequence[Video]) -> tuple[str, ...]:
        """The numbers of labels of SBD and VOC, if both are used."""
        if not self._split.from_sbd:
            return ()
        sbd = sum(video.name in self._from_sbd for video in videos)
        return (f"labels: {sbd:,} of SBD (without void), {len(videos) - sbd:,} of VOC",)

    def _label(self, name: str) -> MaskSequence | None:
        if self._sbd is not None and name in self._split.from_sbd and (found := self._sbd.labels.find(name)):
            self._from_sbd.add(name)
            return label_of(found)
        mask = self._masks.find(name)
        return None if mask is None else LabelFiles([mask], VOC_LABELS)


def _test_set(root: Path, rule: str, folders: ListFolders, left_out: LeftOut) -> VideoSet:
    """VOC's test images, which have no labels."""
    images, kept = FolderFiles(root / "JPEGImages", (".jpg", ".jpeg")), []
    for name in read_names((folders.own or folders.voc) / "test.txt", left_out=left_out):
        image = images.find(name)
        if image is None:
            left_out.add(DataError(f"{images.expected(name)} is named in VOC's test.txt but does not exist; copy it"))
        else:
            kept.append(Video(name, ImageFiles([image])))
    videos = require_videos(f"voc:{root}", "test", kept, f"fill {folders.own or folders.voc}")
    return VideoSet(f"voc (split {rule})", "test", videos, CLASSES, voc_palette(len(CLASSES)))
