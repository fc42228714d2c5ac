"""A cluster of two nodes on loopback; skipped where Ray is not installed."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from seqseg.errors import ConfigError, ModelError
from seqseg.offline.cluster import Cluster
from seqseg.offline.jobs import Job
from seqseg.offline.perform import Outcome


def work(given, job, watch):
    """Notes where it began, waits until it may end, and notes that it ended."""
    import time

    import ray

    folder, node = Path(given.decode()), ray.get_runtime_context().get_node_id()
    if job.name == "without a model":
        raise ModelError("the model is not there")
    with open(folder / f"{job.name}.begun", "a") as file:
        file.write(f"{node} {os.getpid()}\n")
    watch(1)
    while not (folder / "go").exists():
        time.sleep(0.01)
    (folder / f"{job.name}.done").write_text(node)
    return Outcome(job.name, job.path, "done", 5)


@pytest.fixture(scope="module")
def two_nodes():
    """start() -> (a cluster of two nodes with one processor each, its second node)."""
    ray = pytest.importorskip("ray", reason="needs Ray: pip install 'ray>=2.40'")
    from ray.cluster_utils import Cluster as LocalCluster

    ray.cloudpickle.register_pickle_by_value(sys.modules[work.__module__])
    local = LocalCluster()
    local.add_node(num_cpus=1, object_store_memory=100 * 2**20)
    second = local.add_node(num_cpus=1, object_store_memory=100 * 2**20)
    yield local, second
    local.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_a_node_that_is_killed_loses_nothing(two_nodes, tmp_path):
    local, second = two_nodes
    begun = []

    def see(name, frames):
        begun.append(name)
        nodes = dict(file.read_text().splitlines()[0].split() for file in tmp_path.glob("*.begun"))
        if len(nodes) == 2 and not (tmp_path / "go").exists():
            local.remove_node(second, allow_graceful=False)
            os.kill(int(nodes[second.node_id]), signal.SIGKILL)  # a machine that dies takes its processes along
            (tmp_path / "go").touch()

    names = [f"movie {number}" for number in range(6)]
    with Cluster(local.address) as cluster:
        outcomes = list(cluster.run(work, os.fsencode(tmp_path), [Job(name, f"{name}.mp4") for name in names], see=see))
    assert sorted(outcome.name for outcome in outcomes) == names and {one.status for one in outcomes} == {"done"}
    tries = [len((tmp_path / f"{name}.begun").read_text().splitlines()) for name in names]
    assert sorted(tries) == [1, 1, 1, 1, 1, 2]  # only the movie in progress was started again
    with Cluster(local.address) as cluster, pytest.raises(ModelError, match="the model is not there"):
        list(cluster.run(work, b"", [Job("without a model", "a.mp4")], see=see))


@pytest.mark.parametrize("address", ["nowhere", "localhost:port", "127.0.0.1"])
def test_an_address_that_is_none_is_one_line(address):
    pytest.importorskip("ray", reason="needs Ray: pip install 'ray>=2.40'")
    with pytest.raises(ConfigError, match="--cluster must be HOST:PORT"), Cluster(address):
        pass


def test_an_address_where_no_cluster_answers_is_one_line():
    pytest.importorskip("ray", reason="needs Ray: pip install 'ray>=2.40'")
    with socket.socket() as probe:  # bound, and nobody listens
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(ConfigError, match="no cluster answers at"), Cluster(address):
            pass


def test_without_ray_it_is_one_line_that_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match="--cluster needs Ray; run: pip install"), Cluster("auto"):
        pass


@pytest.mark.parametrize(("cpus", "gpus"), [(0, 0), (-1, 0), (1, -1)])
def test_a_task_without_a_processor_is_refused(cpus, gpus):
    with pytest.raises(ConfigError, match="a task needs more than 0 processors"):
        Cluster("auto", cpus=cpus, gpus=gpus)
