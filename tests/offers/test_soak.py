"""Killed processes: what a store promises when its writers die in the middle."""

import pytest
from tests.offers import soak


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_killing_workers_loses_no_lead_and_overbooks_nobody(tmp_path, seed):
    """Four processes route 200 leads and are killed six times; the file ends sound, complete and within capacity."""
    job = soak.Job(tmp_path / "leads.db", leads=200, capacity=8)
    killed = soak.run(job, kills=6, seed=seed, longest=0.4)
    assert killed.exits == (0, 0, 0, 0)
    assert soak.audit(job) == []


def test_the_audit_sees_an_overbooked_rep(tmp_path):
    """The audit is no rubber stamp: told that the capacity was lower, it names the reps that are over it."""
    job = soak.Job(tmp_path / "leads.db", leads=60, capacity=8)
    for number in range(soak.WORKERS):
        soak.work(job, number)
    assert soak.audit(job) == []
    strict = soak.Job(job.path, leads=60, capacity=1)
    assert any("of 1" in line for line in soak.audit(strict))
