"""A few thousand frames of the soak that `scripts/bench soak` runs for a hundred thousand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[3] / "scripts" / "benchmarks" / "soak.py"


@pytest.mark.slow
def test_cameras_that_die_and_come_back_leave_nothing_behind_and_nothing_is_made_up():
    pytest.importorskip("starlette", reason="the live page needs seqseg[live]")
    done = subprocess.run([sys.executable, SOAK, "--frames", "5000"], stdout=subprocess.PIPE, text=True, check=True)
    soak = json.loads(done.stdout.splitlines()[-1])
    assert soak["frames"] == sum(soak["lines in the tables"]) == 5000 and soak["invented"] == 0
    assert soak["deaths"] == soak["reconnects"] == soak["fresh starts"] == [20, 20]
    assert all(sum(drops.values()) > 0 for drops in soak["dropped"]) and max(soak["lost"]) <= 8 + 24
    assert soak["growth"] < 0.03  # a new picture size is compiled on the way: 1 % of a process this small
    assert soak["threads"][1] <= soak["threads"][0] and soak["descriptors"][1] <= soak["descriptors"][0]
    before, after = soak["threads and descriptors before and after"]
    assert after == before
