"""How many requests each call makes, whatever waits: the bill that a database writes."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.offers.world import START, Racing, audit, desk

from leadroute import LEAD, REP, Dispatcher, Lead, Rep, Roster, Router, Rule, round_robin
from leadroute.stores import MemoryStore
from leadroute.testing import CountingStore, ManualClock

INDUSTRIES = tuple("abcdefghijklmnopqrst")
KNOWN = Router(
    rules=[
        Rule(
            f"rule {number}",
            when=LEAD.source == f"s{number}",
            require=REP.industries.contains(LEAD.industry),
            score=round_robin(),
            accept_within="5m",
        )
        for number in range(30)
    ]
)


def counted(*reps, router=KNOWN, store=None):
    """A dispatcher whose store counts, and a function that gives the requests of a call."""
    store = CountingStore(MemoryStore()) if store is None else store
    here = Dispatcher(router, Roster(reps), store, ManualClock(START))

    def requests(call, *arguments, **options):
        store.requests.clear()
        answer = call(*arguments, **options)
        return answer, [*store.requests]

    return here, requests


def crowd(here, waiting, industries=INDUSTRIES, source="s0"):
    """Submit leads that wait, one minute apart, in lines by their industries."""
    for number in range(waiting):
        here.submit(
            Lead(
                f"W-{number}",
                source=source,
                industry=industries[number % len(industries)],
                received_at=START + timedelta(minutes=number),
            )
        )


@pytest.mark.parametrize("waiting", [10, pytest.param(2_000, marks=pytest.mark.slow)])
def test_requests_of_each_call_do_not_depend_on_who_waits(waiting):
    """Submit 3, or 4 when it waits; accept 2; decline with the next offer 5; a freed rep 6 with the first lead."""
    reps = [Rep(f"r{number}", industries=INDUSTRIES, capacity=1) for number in range(3)]
    here, requests = counted(*reps)
    placed, asked = requests(here.submit, Lead("L-1", source="s0", industry="a"))
    assert asked == ["get", "counts", "commit"]
    accepted, asked = requests(here.accept, "L-1", placed.rep_id)
    assert asked == ["get", "commit"]
    assert requests(here.accept, "L-1", placed.rep_id)[1] == ["get"]
    second = here.submit(Lead("L-2", source="s0", industry="a"))
    _, asked = requests(here.decline, "L-2", second.rep_id)
    assert asked == ["find", "get", "counts", "commit", "counts"]
    assert here.placement("L-2").rep_id not in (None, second.rep_id, accepted.rep_id)
    here.submit(Lead("L-3", source="s0", industry="a"))
    crowd(here, waiting)
    waits, asked = requests(here.submit, Lead("waits", source="s1", industry="b"))
    assert (waits.line != "", asked) == (True, ["get", "counts", "commit", "counts"])
    _, asked = requests(here.feedback, "L-1", "won")
    assert asked == ["get", "commit", "counts", "find", "get", "counts", "commit"]
    assert here.placement("W-0").rep_id == accepted.rep_id
    audit(here.store, ["L-1", "L-2", "L-3", "waits", *[f"W-{n}" for n in range(waiting)]])


def test_line_that_this_process_never_met_costs_one_request_more():
    """What a line is made of is read once, all lines in one request."""
    reps = [Rep("ada", industries=INDUSTRIES, capacity=1)]
    here, _ = counted(*reps)
    here.accept("L-1", here.submit(Lead("L-1", source="s0", industry="a")).rep_id)
    crowd(here, 40)
    other, requests = counted(*reps, router=evolve(KNOWN, catch_all="others"), store=here.store)
    _, asked = requests(other.feedback, "L-1", "won")
    assert asked == ["get", "commit", "counts", "get", "find", "get", "counts", "commit"]
    assert other.placement("W-0").rep_id == "ada"


def test_freed_rep_asks_once_when_nothing_waits():
    """Feedback costs its own two requests, and one to see that nobody waits."""
    here, requests = counted(Rep("ada", industries=["a"], capacity=1))
    here.accept("L-1", here.submit(Lead("L-1", source="s0", industry="a")).rep_id)
    assert requests(here.feedback, "L-1", "won")[1] == ["get", "commit", "counts"]


def test_lost_race_costs_the_same_requests_again():
    """After a conflict a submit reads and decides again: three requests."""
    store = CountingStore(Racing())
    here, requests = counted(Rep("ada", industries=["a"], capacity=2), store=store)
    rival = evolve(here, store=store.store)
    store.rivals.append(lambda: rival.submit(Lead("first", source="s0", industry="a")))
    racing = evolve(here, sleep=lambda _seconds: None)
    placed, asked = requests(racing.submit, Lead("second", source="s0", industry="a"))
    assert placed.rep_id == "ada"
    assert asked == ["get", "counts", "commit"] * 2


def test_rep_in_five_hundred_lines_is_served_by_the_same_requests():
    """The first entries of all lines that a freed rep is in come in one request."""
    industries = [f"x{number}" for number in range(500)]
    here, requests = counted(Rep("ada", industries=industries, capacity=1))
    here.accept("L-1", here.submit(Lead("L-1", source="s0", industry="x0")).rep_id)
    crowd(here, 500, industries)
    _, asked = requests(here.feedback, "L-1", "won")
    assert asked == ["get", "commit", "counts", "find", "get", "counts", "commit"]
    assert here.placement("W-0").rep_id == "ada"


def test_leads_of_another_industry_and_declined_ones_cost_nothing():
    """Those whom the freed rep cannot take stand in lines of their own, so they are not looked at."""
    ada, bob = (
        Rep("ada", industries=["a"], capacity=1),
        Rep("bob", industries=["a", "b"], capacity=1),
    )
    here, requests = counted(ada, bob)
    here.accept("L-1", here.submit(Lead("L-1", source="s0", industry="a")).rep_id)
    here.accept("L-2", here.submit(Lead("L-2", source="s0", industry="b")).rep_id)
    crowd(here, 300, ["b"])
    here.submit(Lead("last", source="s0", industry="a"))
    freed = next(lead for lead in ("L-1", "L-2") if here.placement(lead).owner == "ada")
    _, asked = requests(here.feedback, freed, "won")
    assert asked == ["get", "commit", "counts", "find", "get", "counts", "commit"]
    assert here.placement("last").rep_id == "ada"


def test_sweep_with_nothing_due_asks_twice():
    """Whatever waits: what is due, and what will be."""
    here, requests = counted(Rep("ada", industries=INDUSTRIES, capacity=1))
    here.accept("L-1", here.submit(Lead("L-1", source="s0", industry="a")).rep_id)
    crowd(here, 50)
    assert requests(here.sweep)[1] == ["find", "find"]
    assert requests(here.next_wakeup)[1] == ["find"]


def test_desk_of_the_world_counts_too():
    """A counting store is a store like any other."""
    here = desk("ada", store=CountingStore(MemoryStore()))
    assert here.submit(Lead("L-1")).rep_id == "ada"
