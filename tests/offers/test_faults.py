"""A failure at any commit of any call: after the same call again all is right, and nothing is doubled or lost."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from attrs import evolve
from tests.offers.exploring import WAYS, Breaking, ended, every_failure
from tests.offers.world import START, audit, desk

from leadroute import Lead, Rep, Router, Rule, round_robin
from leadroute.errors import InvalidTransitionError

SLOW = Router(rules=[Rule("all", score=round_robin(), accept_within="20m")])
OTHER = Router(rules=[Rule("all", accept_within="30m")])
RELEASING = Router(
    rules=[Rule("all", score=round_robin(), accept_within="20m", release_on="contact")]
)


def crew(*leads, reps=("ada", "bob"), router=None, waiting=0):
    """A scene: leads that were offered, and some that wait."""

    def scene():
        given = {"router": SLOW if router is None else router}
        numbers, changes = count(), count()
        here = evolve(
            desk(*reps, **given),
            tokens=lambda: f"token {next(numbers)}",
            change_ids=lambda: f"change {next(changes)}",
        )
        for lead_id in (*leads, *[f"W-{n}" for n in range(waiting)]):
            here.submit(Lead(lead_id, received_at=START))
        return here

    return scene


def accepted(scene, *lead_ids):
    """The scene, in which these leads were accepted."""

    def after():
        here = scene()
        for lead_id in lead_ids:
            here.accept(lead_id, here.placement(lead_id).rep_id)
        return here

    return after


def changed(scene):
    """The scene, in which another version of the policy is in force."""
    return lambda: evolve(scene(), router=OTHER)


def later(scene, **duration):
    """The scene, some time later."""

    def after():
        here = scene()
        here.clock.set(START + timedelta(**duration))
        return here

    return after


def swept(here):
    here.sweep()
    here.sweep()


def contacted(here):
    if here.placement("L-1").contacted_at is None:  # each contact is one of its own
        here.record_contact("L-1")


def reopened(here):
    with suppress(InvalidTransitionError):  # what was done already is refused
        here.reopen("L-1")


CASES = {
    "submit": (crew(), lambda here: here.submit(Lead("L-1"))),
    "submit that waits": (crew("L-1", "L-2"), lambda here: here.submit(Lead("L-3"))),
    "submit to nobody": (crew(reps=()), lambda here: here.submit(Lead("L-1"))),
    "accept": (crew("L-1"), lambda here: here.accept("L-1", "ada")),
    "decline": (crew("L-1"), lambda here: here.decline("L-1", "ada")),
    "decline while others wait": (
        crew("L-1", "L-2", waiting=2),
        lambda here: here.decline("L-1", "ada"),
    ),
    "last decline": (crew("L-1", reps=("ada",)), lambda here: here.decline("L-1", "ada")),
    "assign": (crew("L-1"), lambda here: here.assign("L-1", "bob", by="boss")),
    "assign one that waits": (
        crew("L-1", "L-2", waiting=1),
        lambda here: here.assign("W-0", "ada", by="boss"),
    ),
    "hand over": (
        accepted(crew("L-1", "L-2", waiting=1), "L-1"),
        lambda here: here.assign("L-1", "bob", by="boss"),
    ),
    "release": (accepted(crew("L-1", "L-2", waiting=1), "L-1"), lambda here: here.release("L-1")),
    "contact": (accepted(crew("L-1"), "L-1"), contacted),
    "contact that frees": (
        accepted(crew("L-1", "L-2", router=RELEASING, waiting=1), "L-1"),
        contacted,
    ),
    "feedback": (accepted(crew("L-1"), "L-1"), lambda here: here.feedback("L-1", "meeting")),
    "feedback that frees": (
        accepted(crew("L-1", "L-2", waiting=2), "L-1", "L-2"),
        lambda here: here.feedback("L-1", "won", value=10),
    ),
    "sweep of offers": (later(crew("L-1", "L-2", waiting=3), minutes=20), swept),
    "sweep of a line": (
        later(
            crew(
                "L-1", "L-2", reps=(Rep("ada", schedule="thu 10:00-11:00"), Rep("bob", capacity=0))
            ),
            hours=1,
        ),
        swept,
    ),
    "early sweep": (crew("L-1", "L-2", waiting=2), lambda here: here.sweep(early=True)),
    "submit to a rep": (crew("L-1"), lambda here: here.submit(Lead("L-2"), to="ada")),
    "withdraw an offer": (
        crew("L-1", "L-2", waiting=1),
        lambda here: here.withdraw("L-1", "spam"),
    ),
    "withdraw from its owner": (
        accepted(crew("L-1", "L-2", waiting=1), "L-1"),
        lambda here: here.withdraw("L-1"),
    ),
    "reopen": (ended(crew("L-1"), "withdraw", "L-1"), reopened),
    "reopen one that waits then": (
        ended(crew("L-1", "L-2", waiting=1), "withdraw", "L-1"),
        reopened,
    ),
    "update": (crew("L-1"), lambda here: here.update(Lead("L-1", country="DE"))),
    "update one that waits": (
        crew("L-1", "L-2", waiting=1),
        lambda here: here.update(Lead("W-0", priority=3, received_at=START)),
    ),
    "reevaluate": (
        changed(crew("L-1", "L-2", waiting=1)),
        lambda here: here.reevaluate("W-0"),
    ),
    "sweep of another policy": (
        changed(later(crew("L-1", "L-2", waiting=3), minutes=20)),
        swept,
    ),
    "forget an offer": (crew("L-1", "L-2", waiting=1), lambda here: here.forget("L-1")),
    "forget one that waits": (crew("L-1", "L-2", waiting=1), lambda here: here.forget("W-0")),
    "forget from its owner": (
        accepted(crew("L-1", "L-2", waiting=1), "L-1"),
        lambda here: here.forget("L-1"),
    ),
    "submit again": (ended(crew("L-1"), "forget", "L-1"), lambda here: here.submit(Lead("L-1"))),
    "turns": (
        crew("L-1"),
        lambda here: here.credit_turns(
            "ada", reason="skip", cause="L-9", expires=START + timedelta(days=1)
        ),
    ),
}


ONCE = ("received", "accepted", "assigned", "declined", "contacted", "feedback", "released")
ONCE += ("withdrawn", "updated", "forgotten", "policy_changed")


def settled(here):
    """What has become of the leads, once the clock has brought what a dead process left."""
    here.clock.set(here.clock.now() + timedelta(minutes=5))
    here.sweep()
    events = here.store.events(limit=10_000)
    audit(here.store, {event.lead for event in events})
    happened = Counter((event.lead, event.type) for event in events if event.type in ONCE)
    placed = Counter(here.placement(lead).status for lead in {event.lead for event in events})
    return happened, placed


@pytest.mark.parametrize("name", CASES)
def test_call_that_failed_is_made_again(name):
    """Before the commit, after it, or without an answer: the same call again makes it right."""
    assert every_failure(*CASES[name], settled) == len(WAYS) * commits(name)


def commits(name):
    """How many commits a call makes."""
    scene, call = CASES[name]
    here = scene()
    counted = Breaking(here.store, 0, "")
    call(evolve(here, store=counted))
    return counted.commits


def test_there_are_enough_points():
    """Over all calls at least 100 failures are tried."""
    assert len(WAYS) * sum(map(commits, CASES)) >= 100
