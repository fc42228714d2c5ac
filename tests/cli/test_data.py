import json

from seqseg.data import DATASETS


def test_every_kind_is_listed_with_an_example(seqseg):
    code, printed, _ = seqseg("data")
    assert code == 0
    assert all(f"\n  {kind} " in printed for kind in DATASETS)


def test_json_is_for_programs(seqseg):
    rows = json.loads(seqseg("data", "--json")[1])
    assert [row["kind"] for row in rows] == list(DATASETS)
    assert all(row["example"].startswith(row["kind"]) for row in rows)
