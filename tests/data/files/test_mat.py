"""MATLAB's files."""

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from seqseg.data.files.mat import MatError, read_mat

VALUES = np.arange(15, dtype=np.uint8).reshape(3, 5)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64, np.int64])
def test_a_matrix_and_a_field_of_a_struct_are_what_scipy_wrote(tmp_path, kind, packed):
    path = tmp_path / "a.mat"
    savemat(path, {"first": 3, "plain": VALUES.astype(kind), "held": {"x": [1], "inner": VALUES.astype(kind)}},
            do_compression=packed)  # fmt: skip
    for names in (("plain",), ("held", "inner")):
        found = read_mat(path.read_bytes(), names)
        np.testing.assert_array_equal(found, VALUES)
        assert found.dtype == loadmat(path)["plain"].dtype


@pytest.mark.parametrize("names", [("other",), ("held", "other"), ("plain", "x"), ("held", "x", "y")])
def test_what_is_not_there_is_none(tmp_path, names):
    savemat(tmp_path / "a.mat", {"plain": VALUES, "held": {"x": [1]}})
    assert read_mat((tmp_path / "a.mat").read_bytes(), names) is None


def test_what_real_files_hold_is_what_scipy_reads(shared_data):
    path = shared_data / "fixtures" / "sbd_mat_sample" / "rider_label.mat"
    expected = loadmat(path)["GTcls"]["Segmentation"].item()
    np.testing.assert_array_equal(read_mat(path.read_bytes(), ("GTcls", "Segmentation")), expected)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "no MATLAB file"), (b"MATLAB 7.3 MAT-file" + bytes(200), "7.3"), (bytes(500), "no MATLAB file")],
)
def test_other_files_are_reported(data, said):
    with pytest.raises(MatError, match=said):
        read_mat(data, ("a",))


def test_a_bomb_stays_small(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQSEG_MAX_PIXELS", "100")
    savemat(tmp_path / "a.mat", {"a": np.zeros((2000, 2000), np.uint8)}, do_compression=True)
    with pytest.raises(MatError, match="more than an image may"):
        read_mat((tmp_path / "a.mat").read_bytes(), ("a",))
