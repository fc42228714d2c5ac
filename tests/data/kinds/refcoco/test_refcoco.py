"""Referring expressions, on refs made of the real tiny_coco and on damaged ones."""

import json
import pickle

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from seqseg.data import LeftOut, open_data
from seqseg.data.kinds.refcoco.vocabulary import Vocabulary, words_of
from seqseg.errors import DataError
from tests.data.coco_sets import CATEGORIES, annotation, square

THINGS = [annotation(10, 1, 1, square(0, 0, 3)), annotation(20, 2, 3, square(4, 2, 3))]


def ref(identity, thing, image, split, *sentences):
    listed = [{"tokens": text.split(), "raw": text, "sent": text, "sent_id": 0} for text in sentences]
    return {
        "ref_id": identity,
        "ann_id": thing,
        "image_id": image,
        "split": split,
        "sentences": listed,
        "category_id": 1,
    }


REFS = [
    ref(5, 10, 1, "train", "left man", "man in red"),
    ref(6, 20, 2, "val", "the red car"),
    ref(7, 10, 1, "testA", "he"),
]


@pytest.fixture
def write(tmp_path):
    def write(refs, name="refs(unc).p"):
        root = tmp_path / "refcoco"
        (root / "images").mkdir(parents=True, exist_ok=True)
        images = [{"id": k, "file_name": f"{k}.jpg", "width": 11, "height": 7} for k in (1, 2)]
        for image in images:
            Image.new("RGB", (11, 7)).save(root / "images" / image["file_name"])
        (root / "instances.json").write_text(
            json.dumps({"images": images, "annotations": THINGS, "categories": CATEGORIES})
        )
        data = json.dumps(refs).encode() if name.endswith("json") else pickle.dumps(refs, protocol=2)
        (root / name).write_bytes(data)
        return f"refcoco:{root}"

    return write


@pytest.mark.parametrize("name", ["refs(unc).p", "refs(unc).json", "refs(google).p", "refs.json"])
def test_every_sentence_is_a_video_with_its_words_as_ids(write, name):
    data = open_data(write(REFS, name) + ",length=4")
    assert [video.name for video in data.videos] == ["1_5_0", "1_5_1"]
    # Of train's words man is there twice, the others once and by alphabet: man 2, in 3, left 4, red 5.
    assert [video.vectors[0].tolist() for video in data.videos] == [[4, 2, 0, 0], [2, 3, 5, 0]]
    assert data.videos[0].vectors[0].dtype == np.float32
    assert data.vector_names == ("word 1", "word 2", "word 3", "word 4")
    assert data.classes == ("background", "referred")


def test_words_that_train_does_not_know_are_one(write):
    assert open_data(write(REFS) + ",length=3", split="val").videos[0].vectors[0].tolist() == [1, 5, 1]


def test_a_long_sentence_is_cut_and_that_is_noted(write):
    data = open_data(write(REFS) + ",length=2")
    assert data.videos[1].vectors[0].tolist() == [2, 3]
    assert data.notes[0] == (
        "1 things with 2 sentences; 4 words of train's sentences are ids 2–5, 1 is any other, 0 pads to 2; "
        "1 sentences are cut"
    )


def test_the_mask_is_the_thing_alone(write):
    mask = open_data(write(REFS), split="val").videos[0].pair(0)[1]
    expected = np.zeros((7, 11), np.uint8)
    expected[2:5, 4:7] = 1
    np.testing.assert_array_equal(mask, expected)


def test_real_things_are_those_of_ann_to_mask(shared_data, tmp_path):
    real = shared_data / "coco" / "tiny_coco"
    file = real / "annotations" / "instances_val2017.json"
    coco = COCO(file)
    things = [one for one in coco.anns.values() if not one["iscrowd"]][:40]
    root = tmp_path / "refcoco"
    root.mkdir()
    (root / "instances.json").write_bytes(file.read_bytes())
    refs = [
        ref(one["id"], one["id"], one["image_id"], "train", coco.cats[one["category_id"]]["name"]) for one in things
    ]
    (root / "refs(unc).p").write_bytes(pickle.dumps(refs))
    data = open_data(f"refcoco:{root},images={real / 'val2017'}")
    for video, one in zip(data.videos, things, strict=True):
        np.testing.assert_array_equal(video.pair(0)[1], coco.annToMask(one))


def test_one_sentence_a_thing_and_one_test_of_two(write):
    source = write([*REFS, ref(8, 20, 2, "testB", "it")])
    assert open_data(source + ",sentences=first").frames == 1
    assert open_data(source, split="test").frames == 2
    assert open_data(source + ",test=testB", split="test").videos[0].name == "2_8_0"


def test_a_vocabulary_in_a_file_is_written_once_and_read_then(write, tmp_path):
    words = tmp_path / "words.json"
    open_data(write(REFS) + f",vocabulary={words}")
    assert json.loads(words.read_text()) == ["man", "in", "left", "red"]
    words.write_text('["car", "the"]')
    assert open_data(write(REFS) + f",vocabulary={words},length=3", split="val").videos[0].vectors[0].tolist() == [
        3,
        1,
        2,
    ]


def test_images_in_train_and_val_are_counted(write):
    data = open_data(write([*REFS, ref(9, 10, 1, "val", "same image")]))
    assert data.notes[1].startswith("1 images have refs in train and in val")


BAD_REFS = {
    "is no ref": "text",
    "has no ref_id or no split": ref(None, 10, 1, "train", "x"),
    "is of annotation 99, which instances.json does not have": ref(9, 99, 1, "train", "x"),
    "is of annotation [1]": ref(9, [1], 1, "train", "x"),
    "is of image 2, but its annotation 10 is of image 1": ref(9, 10, 2, "train", "x"),
    "has no sentence": ref(9, 10, 1, "train"),
    "one without words": ref(9, 10, 1, "train", "fine", ""),
    "is there twice": ref(5, 10, 1, "train", "x"),
}


@pytest.mark.parametrize("message", BAD_REFS)
def test_a_ref_that_cannot_be_used_is_named_or_left_out(write, message):
    source = write([*REFS, BAD_REFS[message]])
    with pytest.raises(DataError, match=r"refs\(unc\)\.p: ref ") as caught:
        open_data(source)
    assert message in str(caught.value)
    left_out = LeftOut(skip=True)
    assert open_data(source, left_out=left_out).frames == 2 and len(left_out.items) == 1


def test_a_missing_image_is_named(write, tmp_path):
    source = write(REFS)
    (tmp_path / "refcoco" / "images" / "1.jpg").unlink()
    with pytest.raises(DataError, match=r"1\.jpg of ref 5 is not on disk"):
        open_data(source)


@pytest.mark.parametrize(
    ("options", "split", "message"),
    [
        (",splits_by=umd", "train", r"no refs\(umd\)\.p; the refs there are: refs\(unc\)\.p"),
        (",splits_by=me", "train", "splits_by must be one of unc"),
        (",length=0", "train", "length must be a whole number from 1"),
        (",vocabulary=words.txt", "train", "vocabulary must be a .json file"),
        (",test=testB", "test", "has refs of testA, train, val"),
    ],
)
def test_options_that_make_no_sense_are_one_sentence(write, options, split, message):
    with pytest.raises(DataError, match=message):
        open_data(write(REFS) + options, split=split)


@pytest.mark.parametrize("content", ["", "3", "[]", '["a", "a"]', "[1]", '{"a": 2}'])
def test_a_damaged_vocabulary_is_one_sentence(tmp_path, content):
    (tmp_path / "words.json").write_text(content)
    with pytest.raises(DataError, match=r"the vocabulary .*words\.json"):
        Vocabulary.read(tmp_path / "words.json")


def test_words_are_found_in_plain_text():
    assert words_of("The 2nd man's LEFT-hand, café?") == ["the", "2nd", "man's", "left", "hand", "café"]
