"""The rules by which VOC and SBD are split, against sets written out by hand and the numbers published with them."""

import pytest

from seqseg.data.kinds.voc.splits import ListFolders, Split, read_split
from seqseg.errors import DataError


def write_lists(folder, **lists):
    folder.mkdir(parents=True, exist_ok=True)
    for name, names in lists.items():
        (folder / f"{name}.txt").write_text("".join(f"{one}\n" for one in names))
    return folder


@pytest.fixture
def folders(tmp_path):
    """PT = a b c, PV = d e f g, BT = a d x, BV = b e y."""
    voc = write_lists(tmp_path / "voc", train="abc", val="defg")
    return ListFolders(voc, sbd=write_lists(tmp_path / "sbd", train="adx", val="bey"))


@pytest.mark.parametrize(
    ("rule", "train", "val"), [("mode1", "abcxy", "defg"), ("mode2", "abcdxy", "efg"), ("mode3", "abcdexy", "fg")]
)
def test_the_three_modes_of_matconvnet(folders, rule, train, val):
    split = read_split(rule, folders)
    assert (sorted(split.train), sorted(split.val)) == (sorted(train), sorted(val))
    assert split.from_sbd == set("abdexy") - set(val)


def published_lists(tmp_path):
    """Lists of VOC 2012's and SBD's sizes with the overlaps that the published counts follow from."""
    voc_train, voc_val = ([f"{part}{k}" for k in range(count)] for part, count in (("pt", 1464), ("pv", 1449)))
    # Of SBD's 11,355 images 2,237 are VOC's too: S holds 12,031. 545 of PV are in BT and 558 in BV.
    shared_train, shared_val = voc_train[:1134], voc_val[:1103]
    sbd_train = [*shared_val[:545], *shared_train[:576]]
    sbd_val = [*shared_val[545:], *shared_train[576:]]
    sbd_train += [f"bt{k}" for k in range(8498 - len(sbd_train))]
    sbd_val += [f"bv{k}" for k in range(2857 - len(sbd_val))]
    voc = write_lists(tmp_path / "voc", train=voc_train, val=voc_val)
    return ListFolders(voc, sbd=write_lists(tmp_path / "sbd", train=sbd_train, val=sbd_val))


@pytest.mark.parametrize(
    ("rule", "train", "val"),
    [("voc12", 1464, 1449), ("mode1", 10582, 1449), ("mode2", 11127, 904), ("mode3", 11685, 346)],
)
def test_lists_of_full_size_give_the_published_counts_without_any_image(tmp_path, rule, train, val):
    split = read_split(rule, published_lists(tmp_path))
    assert (len(split.train), len(split.val)) == (train, val)
    assert split.note == f"split {rule}: {train:,} train and {val:,} val images by its lists, none in both"


def test_keras_fcns_own_lists_give_10831_and_1200_images_with_none_in_both(shared_data, tmp_path):
    lists = shared_data / "voc" / "splits_kd"
    split = read_split("keras_fcn", ListFolders(tmp_path, own=lists))
    assert (len(split.train), len(split.val), len({*split.train} & {*split.val})) == (10831, 1200, 0)
    plain = [(lists / f"{name}.txt").read_text().split() for name in ("train_mat", "train_png", "val_mat")]
    assert {*split.train} == {*plain[0], *plain[1]} and list(split.val) == plain[2]
    assert split.from_sbd == {*plain[0], *plain[2]}


def test_trainaug_takes_its_list_and_vocs_val(tmp_path):
    voc = write_lists(tmp_path, train="a", val="xy", trainaug="abc")
    split = read_split("trainaug", ListFolders(voc))
    assert (split.train, split.val) == (("a", "b", "c"), ("x", "y"))


def test_lists_that_overlap_are_refused_whatever_part_is_asked_for(tmp_path):
    voc = write_lists(tmp_path, train="abc", val="cbx")
    with pytest.raises(DataError, match=r"split voc12: 2 images are in train and in val \(b, c\)"):
        read_split("voc12", ListFolders(voc))
    with pytest.raises(DataError, match="split trainaug: 1 images"):
        read_split("trainaug", ListFolders(write_lists(tmp_path, trainaug="ax")))


def test_a_rule_that_needs_sbd_asks_for_it(tmp_path):
    with pytest.raises(DataError, match="split=mode2 needs SBD's lists; give its folder"):
        read_split("mode2", ListFolders(tmp_path))


def test_a_part_without_its_list_is_not_checked_and_that_is_said():
    assert "the other list is missing" in Split("voc12", ("a",), None).note
