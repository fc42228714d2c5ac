"""Referring expressions (RefCOCO, RefCOCO+, RefCOCOg; Kazemzadeh et al. 2014): the object that a sentence means.

    PATH/refs(unc).p  PATH/instances.json       as the REFER api has them; the refs may be .json as well
    images=DIR                                  else looked for as images/mscoco/images/train2014/ beside PATH

Every sentence is a video of one frame with two classes, and its words are the video's vector: ids of `vocabulary.py`,
padded to `length` (20). The vocabulary is that of train's sentences, the same each time; `vocabulary=FILE.json` keeps
it in a file, and reads it from there when it is there. `splits_by=unc`, `google` or `umd` says whose refs;
`test=testA` or `testB` takes that one of the two; `sentences=first` takes one for each thing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.files.decoding import ImageFiles
from seqseg.data.files.plain_pickle import read_plain_pickle
from seqseg.data.kinds.coco.layout import ImageFolders
from seqseg.data.kinds.refcoco.vocabulary import Vocabulary, words_of
from seqseg.data.labels.palette import voc_palette
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.objects.annotations import Annotation, CocoIndex, read_coco
from seqseg.data.objects.painting import mask_of
from seqseg.data.sequences import MaskSequence
from seqseg.data.spec import existing_folder, one_of, split_options, whole_number
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError

CLASSES = ("background", "referred")
SPLITTERS = ("unc", "umd", "google")
_TESTS = ("test", "testA", "testB")
_LENGTH = 20
_IMAGES = ("images/mscoco/images/train2014", "images/train2014", "train2014", "images", "train2017", ".")


def open_refcoco(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`refcoco:PATH[,splits_by=unc][,images=DIR][,length=20][,sentences=first][,test=testA][,vocabulary=FILE.json]`.

    Raises:
        DataError: no refs, no instances.json, a ref whose thing or image is not there, or a pickle that is not plain.
    """
    path, options = split_options(where, "refcoco", _OPTIONS)
    root, length = Path(path).expanduser(), options.get("length", _LENGTH)
    file = _refs_file(root, options.get("splits_by"))
    index = read_coco(root / "instances.json", left_out)
    refs = list(_refs(file, index, left_out))
    vocabulary = _vocabulary(refs, options.get("vocabulary"))
    parts = {"train": ("train",), "val": ("val",), "test": (options["test"],) if "test" in options else _TESTS}
    wanted = [name for names in parts.values() for name in names] if split == "all" else parts[split]
    images = ImageFolders(index, _image_folders(root, options.get("images")))
    chosen = [ref for ref in refs if ref.split in wanted]
    count = 1 if options.get("sentences") == "first" else None
    found = [
        video for ref in chosen for video in _videos(file, ref, index, images, vocabulary, length, count, left_out)
    ]
    videos = require_videos(f"refcoco:{root}", split, found, f"{file.name} has refs of {_splits_in(refs)}")
    names = tuple(f"word {number + 1}" for number in range(length))
    return VideoSet(
        f"{root.name} ({file.stem})", split, videos, CLASSES, voc_palette(2), vector_names=names,
        notes=_notes(chosen, refs, vocabulary, length),
    )  # fmt: skip


def _json_file(value: str) -> Path:
    if not value.endswith(".json"):
        raise ValueError("a .json file")
    return Path(value).expanduser()


_OPTIONS = {
    "splits_by": one_of(*SPLITTERS),
    "images": existing_folder,
    "length": whole_number(1, 1000),
    "sentences": one_of("all", "first"),
    "test": one_of(*_TESTS),
    "vocabulary": _json_file,
}


@dataclass(frozen=True)
class _Ref:
    """A thing and the sentences that mean it, as words."""

    identity: int
    split: str
    thing: Annotation
    sentences: tuple[tuple[str, ...], ...]


class ReferredMask(MaskSequence):
    """The mask of one thing, 1 inside, as a video of one frame has it."""

    present = (True,)

    def __init__(self, index: CocoIndex, thing: Annotation, about: str):
        self._index, self._thing, self._about = index, thing, about

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> np.ndarray:
        range(1)[index]
        return mask_of(self._thing, self._index.images[self._thing.image]).astype(np.uint8)

    def describe(self, index: int) -> str:
        """The file, the ref and its sentence."""
        return self._about


def _refs_file(root: Path, splits_by: str | None) -> Path:
    if not root.is_dir():
        raise DataError(f"there is no folder {root}; give the one that holds refs(unc).p and instances.json")
    wanted = [splits_by] if splits_by else SPLITTERS
    files = [root / f"refs({one}){suffix}" for one in wanted for suffix in (".p", ".json")]
    if not splits_by:
        files += [root / "refs.p", root / "refs.json"]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        there = ", ".join(sorted(path.name for path in root.glob("refs*"))) or "none"
        raise DataError(f"refcoco:{root} has no {files[0].name}; the refs there are: {there}")
    return found


def _refs(file: Path, index: CocoIndex, left_out: LeftOut) -> Iterator[_Ref]:
    given = _json(file) if file.suffix == ".json" else read_plain_pickle(file)
    if not isinstance(given, list) or not given:
        raise DataError(f"{file} is no list of refs; give REFER's refs(unc).p or the same as json")
    things: dict[int | str, Annotation] = {
        one.identity: one for annotations in index.annotations.values() for one in annotations
    }
    seen: set[Any] = set()
    for number, entry in enumerate(given):
        ref = _read_ref(entry, things, index)
        if isinstance(ref, _Ref) and ref.identity in seen:
            ref = "is there twice; remove one"
        if isinstance(ref, str):
            left_out.add(DataError(f"{file}: ref {_identity(entry, number)} {ref}"))
        else:
            seen.add(ref.identity)
            yield ref


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError, RecursionError) as error:
        raise DataError(f"{file} is no json: {error}; copy it again") from None


def _read_ref(entry: Any, things: Mapping[int | str, Annotation], index: CocoIndex) -> "_Ref | str":
    """The ref, or what is wrong with it as the end of a sentence."""
    if not isinstance(entry, dict):
        return "is no ref, which has ref_id, ann_id, image_id, split and sentences"
    identity, thing_id, image, split = (entry.get(key) for key in ("ref_id", "ann_id", "image_id", "split"))
    if type(identity) is not int or not isinstance(split, str):
        return "has no ref_id or no split; correct it"
    thing = things.get(thing_id) if isinstance(thing_id, int | str) else None
    if thing is None:
        return f"is of annotation {str(thing_id)[:40]}, which {index.file.name} does not have; correct it"
    if thing.image != image:
        return f"is of image {str(image)[:40]}, but its annotation {thing_id} is of image {thing.image}; correct it"
    sentences = entry.get("sentences")
    words = [_words(one) for one in sentences] if isinstance(sentences, list) else []
    if not words or not all(words):
        return "has no sentence, or one without words; correct it"
    return _Ref(identity, split, thing, tuple(words))


def _words(sentence: Any) -> tuple[str, ...]:
    """Its tokens, or the words of its text."""
    if isinstance(sentence, dict):
        tokens = sentence.get("tokens")
        if isinstance(tokens, list) and tokens and all(isinstance(token, str) for token in tokens):
            return tuple(token.lower() for token in tokens)
        sentence = sentence.get("sent") or sentence.get("raw")
    return tuple(words_of(sentence)) if isinstance(sentence, str) else ()


def _identity(entry: Any, number: int) -> str:
    return str(entry.get("ref_id", f"number {number}"))[:40] if isinstance(entry, dict) else f"number {number}"


def _vocabulary(refs: Sequence[_Ref], file: Path | None) -> Vocabulary:
    if file is not None and file.is_file():
        return Vocabulary.read(file)
    vocabulary = Vocabulary.of(sentence for ref in refs if ref.split == "train" for sentence in ref.sentences)
    if file is not None:
        vocabulary.write(file)
    return vocabulary


def _image_folders(root: Path, images: Path | None) -> list[Path]:
    return [images] if images else [top / one for top in (root, root.parent) for one in _IMAGES]


def _videos(
    file: Path, ref: _Ref, index: CocoIndex, images: ImageFolders, vocabulary: Vocabulary, length: int,
    count: int | None, left_out: LeftOut,
) -> list[Video]:  # fmt: skip
    name = index.images[ref.thing.image].file_name
    path = images.find(name)
    if path is None:
        left_out.add(
            DataError(f"{images.expected(name)} of ref {ref.identity} is not on disk; copy it, or give images=DIR")
        )
        return []
    videos = []
    for number, words in enumerate(ref.sentences[:count]):
        mask = ReferredMask(index, ref.thing, f"{file}, ref {ref.identity} {' '.join(words)!r}")
        vector = vocabulary.ids(words, length=length)
        videos.append(Video(f"{Path(name).stem}_{ref.identity}_{number}", ImageFiles([path]), mask, vectors=(vector,)))
    return videos


def _notes(chosen: Sequence[_Ref], refs: Sequence[_Ref], vocabulary: Vocabulary, length: int) -> tuple[str, ...]:
    sentences = [sentence for ref in chosen for sentence in ref.sentences]
    cut = sum(len(sentence) > length for sentence in sentences)
    by_split = {split: {ref.thing.image for ref in refs if ref.split == split} for split in ("train", "val")}
    shared = len(by_split["train"] & by_split["val"])
    notes = [
        f"{len(chosen):,} things with {len(sentences):,} sentences; {len(vocabulary.words):,} words of train's "
        f"sentences are ids 2–{len(vocabulary) - 1}, 1 is any other, 0 pads to {length}; {cut:,} sentences are cut"
    ]
    if shared:
        notes.append(f"{shared:,} images have refs in train and in val, which is how these refs are split: by thing")
    return tuple(notes)


def _splits_in(refs: Sequence[_Ref]) -> str:
    return ", ".join(sorted({ref.split for ref in refs})) or "no split"
