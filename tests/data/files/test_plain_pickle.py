"""Untrusted pickles."""

import collections
import os
import pickle

import numpy as np
import pytest

from seqseg.data.files.plain_pickle import read_plain_pickle
from seqseg.errors import DataError

PLAIN = [{"a": (1, 2.5, None, True), "b": ["text", b"bytes", {1, 2}, -(10**30)]}, []]


class RunsCode:
    def __reduce__(self):
        return os.mkdir, ("ran",)


@pytest.mark.parametrize("protocol", [4, 5])
def test_plain_things_are_read_as_they_were(tmp_path, protocol):
    (tmp_path / "a.p").write_bytes(pickle.dumps(PLAIN, protocol=protocol))
    assert read_plain_pickle(tmp_path / "a.p") == PLAIN


def test_text_that_python_2_wrote_as_bytes_is_text(tmp_path):
    (tmp_path / "a.p").write_bytes(b"\x80\x02}U\x04sentU\x05caf\xc3\xa9s.")
    assert read_plain_pickle(tmp_path / "a.p") == {"sent": "café"}


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_that_could_run_is_loaded(tmp_path, monkeypatch, protocol):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.p").write_bytes(pickle.dumps([RunsCode()], protocol=protocol))
    with pytest.raises(DataError, match=r"a\.p asks for (posix|nt)\.mkdir, which could run code"):
        read_plain_pickle(tmp_path / "a.p")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("held", [np.float64(1), collections.OrderedDict(), np.zeros(2), print])
def test_what_is_not_plain_is_refused(tmp_path, held):
    (tmp_path / "a.p").write_bytes(pickle.dumps(held))
    with pytest.raises(DataError, match="could run code; only lists, dicts, text and numbers"):
        read_plain_pickle(tmp_path / "a.p")


@pytest.mark.parametrize("data", [b"", b"hello", pickle.dumps(PLAIN)[:-5], b"\x80\x63.", b"}]b.", b"(((", b"P12\n."])
def test_a_damaged_pickle_is_one_sentence(tmp_path, data):
    (tmp_path / "a.p").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.p "):
        read_plain_pickle(tmp_path / "a.p")
