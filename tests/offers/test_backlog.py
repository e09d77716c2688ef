"""Leads that wait: in which order they are served, and how fast at an opening."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import cycle

import pytest
from tests.offers.world import START, Lagging, audit, desk, submitted

from leadroute import LEAD, Lead, Rep, Router, Rule, Signal
from leadroute.conditions import age
from leadroute.model.keys import parts, unanswered_key
from leadroute.offers import Status
from leadroute.offers.change import Add, Change, Once

OPENING = datetime(2026, 1, 5, 9, tzinfo=UTC)


def served(backlog, **leads):
    """The ids of some leads in the order in which they are served, first in first given."""
    router = Router(rules=[Rule("all", backlog=backlog)])
    here = desk(Rep("ada", capacity=1), router=router)
    here.submit(Lead("busy"))
    here.accept("busy", "ada")
    for lead_id, (minutes, signals) in leads.items():
        seen = [Signal("visit", START + timedelta(minutes=at)) for at in signals]
        here.submit(Lead(lead_id, received_at=START + timedelta(minutes=minutes), signals=seen))
    found = []
    current = "busy"
    for _ in leads:
        here.feedback(current, "won")
        (offered,) = [p for p in here.placements(rep_id="ada") if p.status is Status.OFFERED]
        current = offered.lead_id
        found.append(current)
        here.accept(current, "ada")
    audit(here.store, ["busy", *leads])
    return found


@pytest.mark.parametrize(
    ("backlog", "order"),
    [
        (None, ["a", "b", "c"]),
        ("oldest", ["a", "b", "c"]),
        ("newest", ["c", "b", "a"]),
        ("freshest", ["a", "c", "b"]),
    ],
)
def test_order_of_a_backlog(backlog, order):
    """The oldest come first, or the newest, or those with the latest signal."""
    assert served(backlog, a=(0, [1, 30]), b=(10, []), c=(20, [5])) == order


def test_update_makes_a_lead_fresh():
    """A signal that becomes known moves a waiting lead to the front of a line with the freshest first."""
    here = desk(
        Rep("ada", capacity=0), Rep("bob"), router=Router(rules=[Rule("all", backlog="freshest")])
    )
    full = here.with_roster([Rep("ada", capacity=1)])
    full.submit(Lead("busy"))
    submitted(full, "a", "b")
    assert full.position("a").place == 2
    fresh = Signal("visit", START + timedelta(hours=1))
    full.update(Lead("a", received_at=START, signals=[fresh]))
    assert [full.position(lead_id).place for lead_id in ("a", "b")] == [1, 2]
    assert full.position("busy") is None
    audit(full.store, ["busy", "a", "b"])


def opened(leads, reps, **terms):
    """A desk that opens at nine, before which leads came in; the reps have room for all of them."""
    hours = {"schedule": "mon-fri 09:00-17:00", "timezone": "UTC"}
    team = [Rep(f"rep {n}", capacity=leads, **hours) for n in range(reps)]
    router = Router(rules=[Rule("all", accept_within="2m", **terms)])
    here = desk(*team, router=router, start=OPENING - timedelta(hours=1))
    for n in range(leads):
        here.submit(Lead(f"L-{n}", received_at=OPENING - timedelta(hours=2, seconds=-n)))
    return here


class Opening:
    """Reps who answer some time after each offer, over sweeps that come at ``next_wakeup`` alone."""

    def __init__(self, here, gap, burst):
        self.here, self.gap, self.burst = here, timedelta(seconds=gap), burst
        self.answers, self.seen, self.last, self.open = [], set(), {}, Counter()
        self.delays = cycle([5, 15, 40, 70, 100, None])  # None is a rep who never answers

    def note(self):
        """Look at the offers that were made, and hold them to the gap and the burst."""
        for record in self.here.store.find(status="offer", limit=10_000):
            lead_id, rep_id = parts(record.key)[1:]
            if record.key in self.seen:  # nobody is asked twice
                continue
            self.seen.add(record.key)
            (offer,) = self.here.placement(lead_id).offers
            assert offer.made_at - self.last.get(rep_id, offer.made_at - self.gap) >= self.gap
            self.last[rep_id] = offer.made_at
            self.open[rep_id] += 1
            assert self.open[rep_id] <= self.burst
            delay = next(self.delays)
            at = offer.expires_at if delay is None else offer.made_at + timedelta(seconds=delay)
            heappush(self.answers, (at, len(self.seen), lead_id, rep_id, delay is None))
        now, waits = self.here.clock.now(), self.here.store.counts(prefix="waiting/")
        for rep in self.here.roster if waits else ():
            past = now - self.last.get(rep.id, OPENING - self.gap) >= self.gap
            if past and self.open[rep.id] < self.burst:
                idle = f"{rep.id} is idle at {now}"
                assert all(rep.id in each.previous_offers for each in self.waiting()), idle

    def waiting(self):
        """The leads that wait."""
        return self.here.placements(status=Status.WAITING, limit=1_000)

    def run(self, until):
        """Let the reps answer, and sweep when the clock says so, until nothing waits."""
        while self.here.store.counts(prefix="waiting/"):
            at = self.here.next_wakeup()
            if self.answers:
                at = min(at, self.answers[0][0])
            assert at < until, "the backlog is not released"
            self.here.clock.advance(at - self.here.clock.now())
            while self.answers and self.answers[0][0] <= at:
                _, number, lead_id, rep_id, silent = heappop(self.answers)
                self.open[rep_id] -= 1
                if not silent:
                    answer = self.here.decline if number % 7 == 0 else self.here.accept
                    answer(lead_id, rep_id)
            self.here.sweep()
            self.note()


@pytest.mark.slow
def test_backlog_is_released_with_a_gap_and_a_burst():
    """Of 1,000 leads at an opening nobody gets two in 20 seconds or has more than three, and nobody idles."""
    here = opened(1_000, 10, backlog_gap="20s", backlog_burst=3)
    opening = Opening(here, 20, 3)
    opening.run(OPENING + timedelta(hours=3))
    assert len(opening.seen) > 1_000


def test_gap_alone_wakes_the_sweep_to_the_instant():
    """Where every rep has had a lead, the next look at the line is at the end of the first gap."""
    here = opened(30, 3, backlog_gap="20s", backlog_burst=2)
    opening = Opening(here, 20, 2)
    opening.run(OPENING + timedelta(hours=1))
    counted = here.store.counts(prefix=unanswered_key(""))
    assert counted == {unanswered_key(rep_id): n for rep_id, n in opening.open.items() if n}
    audit(here.store, [f"L-{n}" for n in range(30)])
    assert here.audit().discrepancies == ()


def test_audit_mends_the_count_of_open_offers():
    """A number of unanswered offers that does not fit the leads is put right."""
    here = opened(3, 1, backlog_gap="20s", backlog_burst=2)
    here.clock.advance("1h")
    here.sweep()
    key = unanswered_key("rep 0")
    here.store.commit(Change("wrong", (Add(key, 5), Once("wrong"))))
    (found,) = here.audit(repair=True).discrepancies
    assert (found.about, found.repaired) == (key, True)
    assert here.store.counts([key]) == {key: 1}


def test_gap_wakes_no_sweep_while_all_are_off():
    """Before the opening a line is looked at as any other, because no gap can begin."""
    here = opened(2, 2, backlog_gap="20s")
    assert here.next_wakeup() == here.clock.now() + timedelta(minutes=5)


def test_look_at_a_line_of_anybody_ends_with_a_gap():
    """A line whose leads may differ is looked at when the gap of any rep ends."""
    rule = Rule("all", require=age(LEAD.received_at) <= timedelta(days=9), backlog_gap="20s")
    here = desk(Rep("ada", capacity=1), router=Router(rules=[rule]))
    submitted(here, "busy", "L-1", "L-2", "L-3")
    more = here.with_roster([Rep("ada", capacity=9)])
    more.sweep(early=True)
    here.clock.advance("7s")
    assert more.next_wakeup() == START + timedelta(seconds=20)
    assert more.sweep().offered == 0
    here.clock.advance("13s")
    assert more.sweep().offered == 1


def test_gap_holds_against_a_process_that_read_too_early():
    """An offer that would come too soon is refused by the store, and the rep is left out."""
    here = opened(4, 2, backlog_gap="20s")
    here.clock.advance("1h")
    late = Lagging(here.store)
    other = type(here)(here.router, here.roster, late, here.clock, sleep=lambda _: None)
    here.sweep(limit=1)
    late.old = [{}]
    other.sweep()
    offered = [p.offers[0].rep_id for p in here.placements(status=Status.OFFERED)]
    assert sorted(offered) == ["rep 0", "rep 1"]


def test_fallback_that_ignores_availability_keeps_the_gap():
    """A rule that asks reps who are off does not flood them with what has waited."""
    fallback = {"none_available": ["wait"]}
    here = opened(3, 1, backlog_gap="20s", fallback=fallback)
    rules = [Rule("all", backlog_gap="20s", fallback={"none_available": ["ignore_availability"]})]
    anyway = type(here)(Router(rules=rules), here.roster, here.store, here.clock)
    anyway.reevaluate("L-0")
    assert anyway.reevaluate("L-1").status is not Status.OFFERED
