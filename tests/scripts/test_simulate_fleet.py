"""The simulation against what is known without it."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "scripts" / "benchmarks" / "simulate_fleet.py"


@pytest.fixture(scope="module")
def fleet():
    import sys

    spec = importlib.util.spec_from_file_location("simulate_fleet", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_a_worker_that_is_fast_enough_drops_nothing_and_waits_for_nobody(fleet):
    result = fleet.simulate(fleet.Plan(1, fps=25, median=0.02, p95=0.02, hours=0.05))
    assert result.served == 1 and result.p50_ms == pytest.approx(20) and result.load == pytest.approx(0.5)


@pytest.mark.parametrize("cameras", [2, 4])
def test_a_worker_beyond_its_capacity_serves_what_it_can(fleet, cameras):
    """With service times that do not vary it is busy all the time: capacity over demand is served."""
    result = fleet.simulate(fleet.Plan(cameras, fps=25, median=0.04, p95=0.04, hours=0.2))
    assert result.served == pytest.approx(1 / cameras, rel=0.01) and result.stale == pytest.approx(
        1 - 1 / cameras, rel=0.01
    )
    assert 500 <= result.p95_ms <= 545  # no frame waits longer than the bound


def test_what_is_lost_is_the_share_of_time_that_workers_are_away(fleet):
    plan = fleet.Plan(1, fps=5, median=0.01, p95=0.01, mean_life=90, restart=10, hours=20)
    assert fleet.simulate(plan).lost == pytest.approx(10 / 100, rel=0.1)


def test_the_same_seed_gives_the_same(fleet):
    plan = fleet.Plan(2, hours=0.01, mean_life=10)
    assert fleet.simulate(plan, seed=3) == fleet.simulate(plan, seed=3) != fleet.simulate(plan, seed=4)
