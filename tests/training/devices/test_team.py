import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.training.devices.team import Hosts, Team, team_of


@pytest.mark.parametrize(
    "text", ["", "host", "host:1", "host:1,0", "host,0,2", "host:1,2,2", "host:1,a,2", "host:1,0,2,3", "host:1,-1,2"]
)
def test_hosts_that_are_none_are_one_line(text):
    with pytest.raises(ConfigError, match="--hosts must be ADDRESS,RANK,COUNT"):
        Hosts.parse(text)


def test_hosts_are_an_address_and_two_numbers_or_found_by_the_engine():
    assert Hosts.parse("10.0.0.1:4321,1,2") == Hosts("10.0.0.1:4321", 1, 2) and Hosts.parse("auto") == Hosts()


def test_the_processes_share_out_every_batch():
    batch = {"clip": np.arange(24).reshape(6, 4), "given": np.arange(6)}, np.arange(6)[:, None]
    parts = [next(Team(3, rank, 3).share(iter([batch]))) for rank in range(3)]
    for key in ("clip", "given"):
        np.testing.assert_array_equal(np.concatenate([inputs[key] for inputs, _ in parts]), batch[0][key])
    np.testing.assert_array_equal(np.concatenate([target for _, target in parts]), batch[1])


def test_a_process_alone_takes_all_and_agrees_with_itself():
    batches = iter([])
    assert Team().share(batches) is batches and Team().agree(True) and not Team().agree(False) and Team().writes


def test_only_the_first_process_writes():
    assert [Team(2, rank, 2).writes for rank in range(2)] == [True, False]


def test_another_backend_is_one_line(monkeypatch):
    import keras

    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(ConfigError, match="need --backend jax, got torch"), team_of(2, None, batch=4):
        pass
