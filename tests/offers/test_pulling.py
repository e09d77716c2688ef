"""Reps who ask for leads: the next one, a list, a claim, and a place in line."""

from datetime import timedelta

import pytest
from tests.offers.world import START, audit, desk

from leadroute import LEAD, REP, Cap, Lead, Rep, Roster, Router, Rule
from leadroute.conditions import age
from leadroute.errors import ArgumentError, ConfigError, InvalidTransitionError, LeadNotFoundError
from leadroute.offers import Dispatcher, PreviousOffer, Status

NOBODY = Rep("nobody", capacity=0)


def waiting(*leads, reps, **policy):
    """A dispatcher with reps at work, before which leads wait that came in when nobody was there."""
    policy.setdefault("rules", [Rule("all", accept_within="5m", **policy.pop("rule", {}))])
    empty = desk(Rep("gone", capacity=1, **policy.pop("gone", {})), router=Router(**policy))
    empty.submit(Lead("busy"))
    empty.accept("busy", "gone")
    for n, lead in enumerate(leads):
        if isinstance(lead, str):
            lead = Lead(lead, received_at=START + timedelta(minutes=n))
        assert empty.submit(lead).status is Status.WAITING
    return empty.with_roster([*empty.roster, *[Rep(r) if isinstance(r, str) else r for r in reps]])


def test_next_lead_is_the_first_of_the_line_as_an_offer_to_the_rep_alone():
    """The best waiting lead is offered to the rep who asks, and each call gives another one."""
    here = waiting("L-1", Lead("L-2", priority=5), reps=["ada", "bob"])
    first, second = here.next_for("bob"), here.next_for("bob")
    assert [first.placement.lead_id, second.placement.lead_id] == ["L-2", "L-1"]
    offer = first.placement.offers[0]
    assert (offer.rep_id, offer.claimed, offer.turn) == ("bob", True, None)
    assert offer.expires_at == START + timedelta(minutes=5)
    assert first.reason_code == ""
    assert str(first).startswith("lead L-2 is offered to bob")
    assert here.accept("L-2", "bob").owner == "bob"
    assert here.decline("L-1", "bob").offers[0].rep_id == "ada"
    audit(here.store, ["busy", "L-1", "L-2"])


def test_no_lead_waits_for_a_rep_outside_of_all_lines():
    """The answer says that nothing waits for the rep, though something waits for others."""
    asks = {"require": REP.level >= 3}
    here = waiting("L-1", reps=[Rep("new"), Rep("ada", level=3)], rule=asks, gone={"level": 3})
    found = here.next_for("new")
    assert (found.placement, found.reason_code) == (None, "no_lead_waits")
    assert str(found) == "no lead waits for 'new'"
    assert here.next_for("ada").placement.lead_id == "L-1"
