"""Offers against queueing theory: to several reps at once, and to one after the other.

The exact means are rows of ``../shared/vectors/queues.json``. In ``broadcast`` k reps each answer after an exponential
time of mean 1/mu minutes, and the first has the lead. In ``offers`` a rep answers so with probability r and never
otherwise, and after T minutes another one is asked. The standard error comes from the means of independent seeds.
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
    return next(row for row in listed("broadcast") if row["k"] == k)


def listed(name):
    """The rows of this name."""
    return json.loads(shared_path("vectors/queues.json").read_text("utf-8"))[name]


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


def one_by_one(row, late, seed, leads):
    """The mean time in minutes to the acceptance, and the mean number of offers, where one rep is asked at a time.

    A rep who is asked in a later round answers as one who was never asked, so a few reps are as good as many.
    """
    window, lot, minutes, asked = row["T"] + late, Random(seed), 0.0, 0
    rule = Rule("all", score=round_robin(), accept_within=f"{window}m", rounds=100_000)
    reps = Roster([Rep(f"rep {number}") for number in range(4)])
    for number in range(leads):
        if number % KEPT == 0:
            router, clock = Router(rules=[rule]), ManualClock(START)
            here = Dispatcher(router, reps, MemoryStore(), clock, decisions="none")
        placed = here.submit(Lead(f"L-{number}"))
        while True:
            asked += 1
            answers = lot.random() < row["r"]
            after = lot.expovariate(row["mu"]) if answers else window
            if after < window:
                break
            clock.set(placed.due)
            here.sweep()
            placed = here.placement(placed.lead_id)
        clock.advance(timedelta(minutes=after))
        owned = here.accept(placed.lead_id, placed.offers[0].rep_id)
        minutes += (owned.accepted_at - owned.received_at) / timedelta(minutes=1)
    return minutes / leads, asked / leads


def sequential_z(row, seeds, leads, late=0):
    """By how many standard errors the two means miss the exact ones: the time, and the number of offers."""
    found = [one_by_one(row, late, seed, leads) for seed in range(seeds)]
    exact = row["mean_time_to_accept"], row["mean_offers"]
    return [
        (mean(each) - right) / (stdev(each) / len(each) ** 0.5)
        for each, right in zip(zip(*found, strict=True), exact, strict=True)
    ]


@pytest.mark.parametrize("number", range(12))
def test_offers_one_by_one_take_as_long_as_theory_says(number):
    """The mean time to the acceptance and the mean number of offers are the exact ones."""
    row = listed("offers")[number]
    assert max(map(abs, sequential_z(row, 20, 10))) < 4


def test_a_window_one_minute_too_long_is_seen():
    """A window that is a minute longer than the row says misses its mean number of offers by far."""
    row = listed("offers")[0]
    assert abs(sequential_z(row, 20, 50, late=1)[1]) > 4
