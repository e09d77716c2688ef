"""The place of a lead in its line, and how long it may wait, in simulated lines of M/M/c."""

from collections import defaultdict
from datetime import timedelta
from heapq import heappop, heappush
from random import Random
from statistics import fmean

import pytest
from tests.offers.world import START, desk, submitted

from leadroute import Lead, Rep, Router, Rule
from leadroute.errors import LeadNotFoundError
from leadroute.offers import Status

SERVICE = timedelta(minutes=10)


class Line:
    """Reps who each work on one lead at a time, and leads that come at random.

    Attributes:
        seen: The place, the position and the number of services so far of each lead that was asked for.
    """

    def __init__(self, reps, load, seed):
        self.random, self.reps = Random(seed), reps
        self.between = SERVICE / (reps * load)
        self.here = desk(
            *[Rep(f"rep {n}", capacity=1) for n in range(reps)],
            router=Router(rules=[Rule("all", accept_within="5m")]),
        )
        self.waiting, self.seen, self.served = [], [], 0
        self.agenda = [(START, 0, "")]

    def after(self, mean):
        """An instant some random time from now."""
        return self.here.clock.now() + mean * self.random.expovariate(1)

    def run(self, leads):
        """Go on until so many leads have waited."""
        number = 0
        while len(self.seen) < leads:
            at, _, done = heappop(self.agenda)
            self.here.clock.advance(at - self.here.clock.now())
            number += 1
            if done:
                self.here.feedback(done, "won")
                if self.waiting:
                    self.served += 1
                    self.work_on(self.waiting.pop(0))
                continue
            heappush(self.agenda, (self.after(self.between), number, ""))
            placed = self.here.submit(Lead(f"L-{number}", received_at=at))
            if placed.status is Status.OFFERED:
                self.work_on(placed.lead_id)
            else:
                self.waiting.append(placed.lead_id)
                self.look()

    def work_on(self, lead_id):
        """Let the rep who has the offer accept, and be done some time later."""
        self.here.accept(lead_id, self.here.placement(lead_id).rep_id)
        heappush(self.agenda, (self.after(SERVICE), -len(self.agenda), lead_id))

    def look(self):
        """Ask for the position of a lead of the line."""
        index = self.random.randrange(len(self.waiting))
        position = self.here.position(self.waiting[index])
        assert position.place == index + 1
        assert position.services == min(self.served, position.services)
        self.seen.append((index + 1, position, self.served))


def checked(line):
    """Hold the estimates of a line to the theory: each place takes the time of one service of all reps."""
    one, by_place = SERVICE / line.reps, defaultdict(list)
    for place, position, served in line.seen:
        assert (position.waits is None) == (served < 20)
        if position.waits is not None:
            by_place[place].append(position.waits / (place * one))
            if served >= 400:
                assert abs(position.waits / (place * one) - 1) < 0.2
    for place, found in by_place.items():
        if len(found) >= 20:
            assert abs(fmean(found) - 1) < 0.2, place
    return by_place


@pytest.mark.slow
@pytest.mark.parametrize(("reps", "load"), [(1, 0.9), (3, 0.95), (8, 0.9)])
def test_position_in_simulated_lines(reps, load):
    """The place is exact, and the estimate within 20 % of the mean wait of the place."""
    line = Line(reps, load, seed=1)
    line.run(1_000)
    assert sum(map(len, checked(line).values())) > 900


def test_position_in_a_short_simulated_line():
    """Before 20 services nothing is said of the wait, and afterwards with the number that it rests on."""
    line = Line(2, 1.5, seed=3)
    line.run(60)
    _, position, served = line.seen[-1]
    assert position.services == served > 20
    assert str(position).startswith(f"number {position.place} in line, about ")
    assert f"({served} leads in " in str(position)
    assert line.seen[0][1].waits is None


def test_position_of_a_lead_that_does_not_wait():
    """A lead that is offered has no position, and one that was never submitted is an error."""
    here = desk("ada")
    submitted(here, "L-1", "L-2")
    assert here.position("L-1") is None
    assert here.position("L-2").place == 1
    with pytest.raises(LeadNotFoundError):
        here.position("L-9")


def served(here, lead_ids):
    """Let a rep work off some leads, a minute each."""
    for lead_id in lead_ids:
        here.accept(lead_id, "ada")
        here.clock.advance("1m")
        here.feedback(lead_id, "won")


def test_estimate_from_a_log_that_was_trimmed():
    """Leads whose wait began before the log count since then; without a log there is no estimate."""
    here = desk("ada", router=Router(rules=[Rule("all", accept_within="2h")]))
    ids = [f"L-{n:02}" for n in range(30)]
    submitted(here, *ids)
    here.clock.advance("1h")
    assert here.trim(here.clock.now())
    assert here.position("L-29").over == timedelta(0)
    served(here, ids[:25])
    position = here.position("L-29")
    assert (position.place, position.services) == (4, 25)
    assert timedelta(minutes=3) < position.waits < timedelta(minutes=5)


def test_position_behind_more_than_a_page():
    """Lines are read a page at a time."""
    here = desk("ada")
    submitted(here, *[f"L-{n:04}" for n in range(503)])
    assert here.position("L-0502").place == 502
