from itertools import permutations

import pytest

from seqseg.errors import ConfigError
from seqseg.offline.jobs import Job, Shard, named


def names(*paths):
    return [job.name for job in named(Job("", path) for path in paths)]


def test_a_source_is_named_after_its_file():
    assert names("x/monday.mp4", "x/tuesday.mkv") == ["monday", "tuesday"]


def test_two_of_one_name_get_their_folders():
    assert names("/d/east/a.mp4", "/d/west/a.mp4") == ["east-a", "west-a"]


def test_two_of_one_name_in_one_folder_get_their_suffixes():
    assert names("/d/a.mp4", "/d/a.avi") == ["d-a-mp4", "d-a-avi"]


def test_two_that_differ_in_case_alone_are_told_apart():
    assert len({name.lower() for name in names("/d/A.mp4", "/d/a.mp4")}) == 2


def test_names_that_nothing_else_tells_apart_get_digits_of_their_path():
    found = names("/p/x/a.mp4", "/q/x/a.mp4")
    assert len(set(found)) == 2 and all(name.startswith("x-a-mp4-") for name in found)


def test_the_order_of_the_sources_changes_no_name():
    paths = ["/p/x/a.mp4", "/q/x/a.mp4", "/d/a.avi", "/d/x-a.mp4", "/d/b.mp4"]
    assert len({frozenset(zip(order, names(*order), strict=True)) for order in permutations(paths)}) == 1


def test_the_name_of_the_summary_and_hidden_names_are_given_to_nobody():
    first, second = names("/d/segment.json.mp4", "/d/.hidden.mp4")
    assert first != "segment.json" and not second.startswith(".")


@pytest.mark.parametrize("count", [1, 2, 3, 7, 16])
def test_the_shards_share_out_all_sources_once(count):
    jobs = named(Job("", f"/d/{number}.mp4") for number in range(11))
    parts = [Shard(index, count).of(jobs[::-1]) for index in range(1, count + 1)]
    assert sorted(job.name for part in parts for job in part) == sorted(job.name for job in jobs)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("text", ["5/4", "0/4", "1/0", "1", "a/b", "1/2/3", "-1/4", "1.5/4"])
def test_a_shard_that_is_none_is_refused(text):
    with pytest.raises(ConfigError, match="--shard must be I/N"):
        Shard.parse(text)
