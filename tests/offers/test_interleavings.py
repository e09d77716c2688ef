"""Two calls in every order of their requests, with at most one that dies: the promises hold at every end."""

from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count

import pytest
from attrs import evolve
from tests.offers.exploring import ended, every_order
from tests.offers.world import START, audit, desk, outcomes

from leadroute import Lead, Rep, Router, Rule, round_robin
from leadroute.errors import InvalidTransitionError
from leadroute.model.keys import lead_key
from leadroute.offers import LiveCounts
from leadroute.offers.feedback import Said
from leadroute.offers.lines import Lines
from leadroute.offers.placement import Status
from leadroute.offers.requests import run
from leadroute.offers.use_cases import UseCases
from leadroute.plain import loads

FAIR = Router(rules=[Rule("all", score=round_robin(), accept_within="20m")])
FIRST = {"L-1", "L-2", "W-1", "W-2", "new", "other"}


def scene(*leads, reps=("ada", "bob"), accept=(), minutes=0):
    """Makes a dispatcher over a new store in which leads were offered, and some were accepted."""

    def made():
        tokens, changes = count(), count()
        here = evolve(
            desk(*[Rep(rep, capacity=1) for rep in reps], router=FAIR),
            tokens=lambda: f"t{next(tokens)}",
            change_ids=lambda: f"c{next(changes)}",
        )
        for lead_id in leads:
            here.submit(Lead(lead_id, received_at=START))
        for lead_id in accept:
            here.accept(lead_id, here.placement(lead_id).rep_id)
        here.clock.set(START + timedelta(minutes=minutes))
        return here

    return made


def call(name, *arguments):
    """A use case, to be driven request by request."""
    return lambda here: getattr(here._cases, name)(*arguments)


def both(one, other):
    """Two use cases one after the other, by one process."""

    def steps(here):
        yield from one(here)
        yield from other(here)

    return steps


def in_step(made):
    """The scene, in which a process keeps its counts in step."""

    def after():
        here = made()
        counts = LiveCounts(here.store, seconds=lambda: 1.0)
        run(counts.step(here.clock.now()), here.store, None)
        return evolve(here, counts=counts)

    return after


ACCEPT, DECLINE = call("accept", "L-1", "ada"), call("decline", "L-1", "ada")
SWEEP, SUBMIT = call("sweep"), call("submit", Lead("new", received_at=START))
OTHER = Router(rules=[Rule("all", accept_within="30m")])


def under_another_policy(name, *arguments):
    """A use case of a process that has another version of the policy."""
    return lambda here: getattr(evolve(here, router=OTHER)._cases, name)(*arguments)


REEVALUATE = under_another_policy("reevaluate", "W-1")
WITHDRAW, FORGET = call("withdraw", "L-1"), call("forget", "L-1")
FULL = scene("L-1", "L-2", accept=("L-1", "L-2"))
WAITING = scene("L-1", "L-2", "W-1", "W-2", accept=("L-1", "L-2"))

MEETINGS = {
    "accept, accept": (scene("L-1"), ACCEPT, ACCEPT),
    "accept, decline": (scene("L-1"), ACCEPT, DECLINE),
    "accept, sweep": (scene("L-1", minutes=20), ACCEPT, SWEEP),
    "accept, assign": (scene("L-1"), ACCEPT, call("assign", "L-1", "bob", "boss")),
    "decline, sweep": (scene("L-1", "L-2", minutes=20), DECLINE, SWEEP),
    "decline, sweep in time": (scene("L-1", "L-2", "W-1", minutes=5), DECLINE, SWEEP),
    "submit, submit": (scene(), SUBMIT, call("submit", Lead("other", received_at=START))),
    "submit twice": (scene(), SUBMIT, SUBMIT),
    "submit, last place": (
        scene("L-1"),
        SUBMIT,
        call("submit", Lead("other", received_at=START)),
    ),
    "submit, feedback": (FULL, SUBMIT, call("feedback", "L-1", Said("won"))),
    "submit, decline": (scene("L-1", reps=("ada",)), SUBMIT, DECLINE),
    "submit, release": (FULL, SUBMIT, call("release", "L-1")),
    "feedback and sweep, sweep": (
        WAITING,
        both(call("feedback", "L-1", Said("won")), SWEEP),
        SWEEP,
    ),
    "feedback, feedback": (
        WAITING,
        call("feedback", "L-1", Said("won")),
        call("feedback", "L-2", Said("won")),
    ),
    "submit, submit in step": (
        in_step(scene("L-1")),
        SUBMIT,
        call("submit", Lead("other", received_at=START)),
    ),
    "accept, withdraw": (scene("L-1"), ACCEPT, WITHDRAW),
    "withdraw, decline": (scene("L-1", "L-2", "W-1"), WITHDRAW, DECLINE),
    "withdraw, withdraw": (scene("L-1", "L-2", "W-1"), WITHDRAW, WITHDRAW),
    "submit, withdraw": (FULL, SUBMIT, WITHDRAW),
    "reopen, submit": (
        ended(scene("L-1", "L-2"), "withdraw", "L-1"),
        call("reopen", "L-1"),
        SUBMIT,
    ),
    "update, sweep": (
        scene("L-1", "W-1", reps=("ada",), minutes=20),
        call("update", Lead("W-1", priority=2, received_at=START)),
        SWEEP,
    ),
    "update, update": (
        scene("L-1", "L-2", "W-1"),
        call("update", Lead("W-1", priority=2, received_at=START)),
        call("update", Lead("W-1", priority=3, received_at=START)),
    ),
    "reevaluate, decline": (scene("L-1", "L-2", "W-1"), REEVALUATE, DECLINE),
    "reevaluate, sweep": (scene("L-1", "W-1", reps=("ada",), minutes=20), REEVALUATE, SWEEP),
    "accept, forget": (scene("L-1"), ACCEPT, FORGET),
    "decline, forget": (scene("L-1", "L-2", "W-1"), DECLINE, FORGET),
    "forget, sweep": (scene("L-1", "W-1", reps=("ada",), minutes=20), FORGET, SWEEP),
    "submit, forget": (FULL, SUBMIT, FORGET),
    "submit again, submit again": (
        ended(scene("L-1"), "forget", "L-1"),
        call("submit", Lead("L-1", received_at=START)),
        call("submit", Lead("L-1", received_at=START)),
    ),
    "submit to, accept": (
        scene("L-1", reps=("ada",)),
        call("submit", Lead("new", received_at=START), "", "catch_all", "ada"),
        ACCEPT,
    ),
    "sweep, sweep": (scene("L-1", reps=("ada",), minutes=20), SWEEP, SWEEP),
}


def beside_somebody_free(here):
    """The leads that wait though a rep could take them now."""
    found = []
    leads = {event.lead for event in here.store.events(limit=10_000)}
    for lead_id in leads:
        placed = here.placement(lead_id)
        if placed.status is Status.WAITING:
            lead = loads(Lead, here.store.get([lead_key(lead_id)])[lead_key(lead_id)].data)
            given = {"snapshot": here.snapshot(), "previous_offers": outcomes(placed)}
            if here.router.rank(lead, here.roster, now=here.clock.now(), **given).best:
                found.append(lead_id)
    return found


def check(here, processes, dead, schedule):
    """One owner, nothing lost, and nobody waits beside a free rep for more than five minutes."""
    leads = {event.lead for event in here.store.events(limit=10_000)}
    audit(here.store, leads)
    for number, each in enumerate(processes):
        if number not in dead:
            refused = each.error is None or isinstance(each.error, InvalidTransitionError)
            assert refused, f"{schedule}: {each.error!r}"
    if not dead:
        assert beside_somebody_free(here) == [], schedule
        return
    here.clock.set(here.clock.now() + timedelta(minutes=5))
    here.sweep()
    assert beside_somebody_free(here) == [], schedule
    audit(here.store, leads)


@pytest.mark.parametrize("crashes", [0, 1])
@pytest.mark.parametrize("name", MEETINGS)
def test_two_calls_meet(name, crashes):
    """In every order of their requests, and also when one of them dies anywhere."""
    made, *calls = MEETINGS[name]
    ends, states = every_order(made, calls, check, crashes=crashes)
    assert states > ends
    print(f"{name}, {crashes} crashes: {ends} ends, {states} states")


def forgetting(monkeypatch, owner, name, instead):
    monkeypatch.setattr(owner, name, instead)


def test_without_the_second_look_a_lead_is_left_waiting(monkeypatch):
    """The orders in which a freed rep and a lead that begins to wait pass each other are found."""

    def nothing(_self, _done, _tally):
        yield from ()

    monkeypatch.setattr(UseCases, "_look_again", nothing)
    made, *calls = MEETINGS["submit, feedback"]
    with pytest.raises(AssertionError, match="assert \\['new'\\] == \\[\\]"):
        every_order(made, calls, check)


def test_without_the_clock_of_a_line_a_crash_leaves_a_lead_waiting(monkeypatch):
    """A process that dies before it serves is made good by the clock of the line alone."""
    never = datetime(2030, 1, 1, tzinfo=START.tzinfo)
    monkeypatch.setattr(Lines, "look_at", lambda _self, _line, _now: never)
    made, *calls = MEETINGS["submit, feedback"]
    with suppress(KeyError), pytest.raises(AssertionError, match="== \\[\\]"):
        every_order(made, calls, check, crashes=1)
