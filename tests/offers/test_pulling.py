"""Reps who ask for leads: the next one, a list, a claim, and a place in line."""

from datetime import timedelta

import pytest
from tests.offers.world import START, Racing, audit, desk

from leadroute import LEAD, REP, Lead, Pool, Presence, Rep, Router, Rule
from leadroute.conditions import age
from leadroute.errors import (
    ConfigError,
    InvalidTransitionError,
    LeadNotFoundError,
    UnknownFieldError,
)
from leadroute.offers import Status


def waiting(*leads, reps, store=None, gone=None, rule=None, busy=None, **policy):
    """A dispatcher with reps at work, for whom leads wait that came in when all were busy."""
    policy.setdefault("rules", [Rule("all", accept_within="5m", **(rule or {}))])
    gone = Rep("gone", **{"capacity": 1, **(gone or {})})
    empty = desk(gone, router=Router(**policy), store=store)
    empty.submit(Lead("busy", **(busy or {})))
    empty.accept("busy", "gone")
    for n, lead in enumerate(leads):
        if isinstance(lead, str):
            lead = Lead(lead, received_at=START - timedelta(hours=1, minutes=-n))  # noqa: PLW2901
        placed = empty.submit(lead)
        assert placed.status is Status.WAITING, placed
    return empty.with_roster([gone, *[Rep(r) if isinstance(r, str) else r for r in reps]])


def taken(found):
    """The lead of an answer."""
    return found.placement and found.placement.lead_id


def test_next_lead_is_the_first_of_the_line_as_an_offer_to_the_rep_alone():
    """The best waiting lead is offered to the rep who asks, and each call gives another one."""
    here = waiting("L-1", Lead("L-2", priority=5), reps=["ada", "bob"])
    first, second = here.next_for("bob"), here.next_for("bob")
    assert [taken(first), taken(second)] == ["L-2", "L-1"]
    offer = first.placement.offers[0]
    assert (offer.rep_id, offer.claimed, offer.turn) == ("bob", True, None)
    assert offer.expires_at == START + timedelta(minutes=5)
    assert first.reason_code == ""
    assert str(first).startswith("lead L-2 is offered to bob")
    assert here.accept("L-2", "bob").owner == "bob"
    assert here.decline("L-1", "bob").offers[0].rep_id == "ada"
    audit(here.store, ["busy", "L-1", "L-2"])


def test_rep_who_is_not_first_may_pull():
    """The score of the rep who asks is that which they have among all, and the decision says so."""
    levels = [Rep("ada", level=9), Rep("bob", level=1)]
    rule = {"score": None}
    here = waiting("L-1", reps=levels, rule=rule)
    placed = here.next_for("bob").placement
    assert placed.offers[0].rep_id == "bob"
    assert here.decision("L-1").rep_id == "bob"
    assert here.history("L-1")[-1].line == here.history("L-1")[1].line != ""


def test_no_lead_waits_for_a_rep_outside_of_all_lines():
    """The answer says that nothing waits for the rep, though something waits for others."""
    asks = {"require": REP.level >= 3}
    reps = [Rep("new", level=1), Rep("ada", level=3)]
    here = waiting("L-1", reps=reps, rule=asks, gone={"level": 3})
    found = here.next_for("new")
    assert (found.placement, found.reason_code) == (None, "no_lead_waits")
    assert str(found) == "no lead waits for 'new'"
    assert taken(here.next_for("ada")) == "L-1"
    with pytest.raises(UnknownFieldError, match="zoe"):
        here.next_for("zoe")


@pytest.mark.parametrize(
    ("rep", "code"),
    [
        ({"capacity": 0}, "at_capacity"),
        ({"schedule": "sun 09:00-10:00"}, "off_hours"),
        ({"weight": 0}, "zero_weight"),
        ({"active": False}, "inactive"),
    ],
)
def test_rep_who_can_take_nothing_is_told_why(rep, code):
    """A rep who is full or off hours gets the reason, and nothing changes."""
    here = waiting("L-1", Lead("L-2", country="DE"), reps=[Rep("ada", **rep)])
    found = here.next_for("ada")
    assert (found.placement, found.reason_code) == (None, code)
    assert here.available_leads("ada") == ()
    assert here.placement("L-1").status is Status.WAITING


def test_presence_stops_a_pull_at_once():
    """Nothing of any line is given to a rep who is away."""
    rules = [Rule("de", when=LEAD.country == "DE"), Rule("all")]
    here = waiting("L-1", Lead("L-2", country="DE"), reps=["ada"], rules=rules)
    away = type(here)(
        here.router, here.roster, here.store, here.clock, presence={"ada": Presence("away", START)}
    )
    found = away.next_for("ada")
    assert (found.reason_code, found.reason) == (
        "not_present",
        "'ada' has been away since 09:00 UTC",
    )


def test_lines_that_a_rep_cannot_be_served_from_are_left():
    """A rep who is full for one rule gets a lead of another."""
    rules = [Rule("big", when=LEAD.country == "DE", capacity_cost=5), Rule("small")]
    big = [Lead(f"B-{n}", country="DE", priority=9) for n in range(3)]
    given = {"gone": {"capacity": 5}, "busy": {"country": "DE"}}
    here = waiting(*big, "S-1", "S-2", reps=[Rep("ada", capacity=5)], rules=rules, **given)
    here.claim("S-1", "ada")
    assert taken(here.next_for("ada")) == "S-2"
    assert here.next_for("ada").reason_code == "at_capacity"


def test_leads_of_a_mixed_line_are_asked_one_by_one():
    """Where a requirement reads the age of the lead, a younger one may be for the rep."""
    fresh = age(LEAD.received_at) <= timedelta(minutes=30)
    reps = [Rep("ada", level=1)]
    rule = {"require": fresh | (REP.level >= 3)}
    leads = [Lead("old", received_at=START - timedelta(hours=2)), Lead("new", received_at=START)]
    here = waiting(*leads, reps=reps, rule=rule, gone={"level": 3})
    assert taken(here.next_for("ada")) == "new"
    assert here.next_for("ada").reason_code == "requirement_not_met"


def test_rep_of_another_pool_takes_what_its_own_has_nobody_for():
    """The steps of the fallback decide who may pull, as always."""
    pools = [Pool("west", reps={"gone", "wes"}), Pool("east", reps={"eve"})]
    rule = {"pool": "west", "fallback": {"none_available": ["pool east", "wait"]}}
    here = waiting("L-1", "L-2", reps=["eve", Rep("wes", capacity=1)], rule=rule, pools=pools)
    assert here.next_for("eve").reason_code == "not_in_pool", "west has somebody"
    assert taken(here.next_for("wes")) == "L-1"
    assert taken(here.next_for("eve")) == "L-2"


def test_claim_is_refused_with_the_reason():
    """A rep may claim what waits and is for them, and only that."""
    here = waiting("L-1", "L-2", reps=["ada", "bob", Rep("cat", capacity=0)])
    assert [each.lead_id for each in here.available_leads("ada", limit=1)] == ["L-1"]
    assert [each.lead_id for each in here.available_leads("ada")] == ["L-1", "L-2"]
    placed = here.claim("L-2", "ada")
    assert placed.offers[0].claimed
    assert here.claim("L-2", "ada") == placed
    with pytest.raises(
        InvalidTransitionError, match="'bob' cannot claim lead 'L-2': it is offered"
    ):
        here.claim("L-2", "bob")
    with pytest.raises(InvalidTransitionError, match="'cat' has a capacity of 0"):
        here.claim("L-1", "cat")
    with pytest.raises(LeadNotFoundError):
        here.claim("L-9", "ada")
    with pytest.raises(ConfigError, match="limit is 0"):
        here.available_leads("ada", limit=0)
    accepted = here.accept("L-2", "ada")
    assert here.claim("L-2", "ada") == accepted


def test_claims_of_an_hour_are_limited():
    """A rep may pull so many leads in an hour of the clock, and in the next one again."""
    here = waiting("L-1", "L-2", "L-3", reps=["ada", "bob"], rule={"claims_per_hour": 2})
    assert [taken(here.next_for("ada")) for _ in range(2)] == ["L-1", "L-2"]
    found = here.next_for("ada")
    assert (found.reason_code, found.reason) == ("claims_per_hour", "'ada' has pulled 2 this hour")
    with pytest.raises(InvalidTransitionError, match="has pulled 2 this hour"):
        here.claim("L-3", "ada")
    assert len(here.available_leads("bob")) == 1
    here.accept("L-1", "ada")
    here.clock.advance("1h")
    assert taken(here.next_for("ada")) == "L-3"


def test_two_reps_never_get_the_same_lead():
    """Who loses the race for a lead gets the next one."""
    here = waiting("L-1", "L-2", reps=["ada", "bob"])
    racing = Racing(lambda: here.next_for("bob"), store=here.store)
    other = type(here)(here.router, here.roster, racing, here.clock, pause=lambda _: None)
    assert taken(other.next_for("ada")) == "L-2"
    assert here.placement("L-1").offers[0].rep_id == "bob"
