"""Offers to several reps against queueing theory: the mean time until the first of k accepts.

The exact means are the rows ``broadcast`` of ``../shared/vectors/queues.json``: k reps who each answer after an
exponential time of mean 1/mu minutes. The standard error comes from the means of independent seeds.
"""

import json
from datetime import timedelta
from random import Random
from statistics import mean, stdev

import pytest
from tests.offers.world import START
from tests.shared import shared_path

from leadroute import Dispatcher, Lead, MemoryStore, Rep, Roster, Router, Rule, round_robin
from leadroute.testing import ManualClock

SEEDS, LEADS, KEPT = 8, 25, 500
"""How many seeds, leads a seed, and leads a store holds before it is replaced."""


def rows(k):
    """The row of k reps."""
    listed = json.loads(shared_path("vectors/queues.json").read_text("utf-8"))["broadcast"]
    return next(row for row in listed if row["k"] == k)


def office(k, others=2):
    """A desk that asks k of some more reps at once, and waits for them for ever."""
    kind = "exclusive" if k == 1 else f"parallel {k}"
    rule = Rule("all", score=round_robin(), offer=kind, accept_within="52w")
    reps = Roster([Rep(f"rep {number:02}") for number in range(k + others)])
    return Dispatcher(Router(rules=[rule]), reps, MemoryStore(), ManualClock(START))


def mean_of_first_accepts(k, mu, seed, leads):
    """The mean time in minutes from the offer to the first acceptance, lead by lead."""
    lot, total = Random(seed), 0.0
    for number in range(leads):
        if number % KEPT == 0:
            here = office(k)
        placed = here.submit(Lead(f"L-{number}"))
        assert len(placed.offers) == k
        answers = sorted((lot.expovariate(mu), offer.rep_id) for offer in placed.offers)
        minutes, first = answers[0]
        here.clock.advance(timedelta(minutes=minutes))
        owned = here.accept(placed.lead_id, first)
        assert (owned.owner, owned.offers) == (first, ())
        total += (owned.accepted_at - owned.offered_at) / timedelta(minutes=1)
    return total / leads


def z_score(row, seeds, leads):
    """By how many standard errors the mean over the seeds misses the exact one."""
    found = [mean_of_first_accepts(row["k"], row["mu"], seed, leads) for seed in range(seeds)]
    return (mean(found) - row["mean_first_accept"]) / (stdev(found) / len(found) ** 0.5)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 10])
def test_first_accept_comes_as_theory_says(k):
    """The mean time of the first acceptance is 1/(k mu)."""
    assert abs(z_score(rows(k), SEEDS, LEADS)) < 4


def test_one_offer_too_few_is_seen():
    """Asking one rep fewer than the row says misses its mean by far."""
    row = rows(3)
    assert abs(z_score({**row, "k": 2}, SEEDS, 4 * LEADS)) > 4
