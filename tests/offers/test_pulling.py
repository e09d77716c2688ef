"""Reps who ask for leads: the next one, a list, a claim, and a place in line."""

import asyncio
from datetime import timedelta

import pytest
from tests.offers.world import START, Racing, Wrapped, audit, desk, submitted

from leadroute import LEAD, REP, Lead, Pool, Presence, Rep, Router, Rule
from leadroute.conditions import age, predicate
from leadroute.errors import (
    ConfigError,
    InvalidTransitionError,
    LeadNotFoundError,
    UnknownFieldError,
)
from leadroute.offers import AsyncDispatcher, Dispatcher, Status
from leadroute.offers.change import Change, Drop, Put
from leadroute.stores import AsyncThread
from leadroute.testing import ManualClock


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
    other = type(here)(here.router, here.roster, racing, here.clock, sleep=lambda _: None)
    assert taken(other.next_for("ada")) == "L-2"
    assert here.placement("L-1").offers[0].rep_id == "bob"


def pulling(*leads, **terms):
    """A dispatcher with two reps who pull what waits for them."""
    router = Router(rules=[Rule("all", accept_within="5m", offer="pull", **terms)])
    here = desk(Rep("ada", timezone="America/New_York"), Rep("bob", capacity=1), router=router)
    submitted(here, *leads)
    return here


def test_leads_of_a_rule_to_pull_wait_for_a_rep_who_asks():
    """Nobody is offered such a lead, whoever is there or becomes free, until somebody asks."""
    here = pulling("L-1", "L-2", "L-3")
    placed = here.placement("L-1")
    assert (placed.status, placed.reason) == (Status.WAITING, "it waits until a rep asks for it")
    here.clock.advance("10m")
    assert here.sweep().offered == 0
    assert taken(here.next_for("bob")) == "L-1"
    assert here.next_for("bob").reason_code == "at_capacity"
    here.accept("L-1", "bob")
    here.feedback("L-1", "won")
    assert taken(here.next_for("ada")) == "L-2"
    declined = here.decline("L-2", "ada")
    assert (declined.status, declined.reason_code) == (Status.WAITING, "to_pull")
    assert [each.lead_id for each in here.available_leads("ada")] == ["L-3"]
    assert [each.lead_id for each in here.available_leads("bob")] == ["L-2", "L-3"]
    assert [event.kind for event in here.history("L-3")] == ["received", "waiting"]
    audit(here.store, ["L-1", "L-2", "L-3"])


def test_pull_of_nobody_there_says_the_same_of_a_lead():
    """A lead to pull waits for that, though all reps are full when it comes."""
    here = pulling("L-1").with_roster([Rep("ada", capacity=1)])
    here.next_for("ada")
    assert here.submit(Lead("L-2")).reason_code == "to_pull"


def test_claims_that_lapse_are_limited():
    """A rep who lets pulled leads run out can pull no more on that day of theirs."""
    here = pulling("L-1", "L-2", "L-3", "L-4", lapsed_claims=2)
    assert [taken(here.next_for("ada")) for _ in range(3)] == ["L-1", "L-2", "L-3"]
    here.decline("L-3", "ada")
    here.clock.advance("5m")
    here.sweep()
    found = here.next_for("ada")
    assert (found.reason_code, found.reason) == ("lapsed_claims", "'ada' has let run out 2 today")
    gone = here.with_roster([Rep("bob")])
    assert taken(here.next_for("bob")) == "L-1"
    here.clock.advance("5m")
    assert gone.sweep().timed_out == 1
    here.clock.advance("20h")
    assert taken(here.next_for("ada")) == "L-4"
    audit(here.store, ["L-1", "L-2", "L-3", "L-4"])


def test_lead_that_is_suggested_is_pulled_by_nobody():
    """Who gets such a lead is said by hand, also while it waits for somebody to be there."""
    router = Router(rules=[Rule("all", offer="suggest")])
    empty = desk(Rep("off", schedule="sun 09:00-10:00"), router=router)
    submitted(empty, "L-1")
    here = empty.with_roster([*empty.roster, Rep("ada")])
    assert here.next_for("ada").reason_code == "suggested"
    here.sweep(early=True)
    with pytest.raises(InvalidTransitionError, match="waiting"):
        here.claim("L-1", "ada")


def test_lead_that_cannot_be_judged_or_read_is_passed_over():
    """A lead whose decision fails, or whose facts are gone, holds up no other."""
    broken = {"near": lambda lead, rep, now: 1 / (lead.id != "L-1") > 0}
    rules = [Rule("all", offer="pull", require=predicate("near"))]
    fine = {"near": lambda lead, rep, now: True}
    here = desk(Rep("ada"), router=Router(rules=rules, predicates=fine))
    submitted(here, "L-1", "L-2", "L-3")
    facts = here.store.get(["lead/L-2"])["lead/L-2"]
    here.store.commit(Change("lost", (Drop("lead/L-2", facts.version),)))
    failing = Dispatcher(
        Router(rules=rules, predicates=broken), here.roster, here.store, here.clock
    )
    assert [each.lead_id for each in failing.available_leads("ada")] == ["L-3"]
    with pytest.raises(InvalidTransitionError, match="failed with ZeroDivisionError"):
        failing.claim("L-1", "ada")


def test_async_reps_pull_alike():
    """The calls are awaited with an async store."""

    async def pulls():
        store = pulling("L-1", "L-2").store
        router = Router(rules=[Rule("all", offer="pull")])
        here = AsyncDispatcher(router, [Rep("ada")], AsyncThread(store), ManualClock(START))
        place = (await here.position("L-2")).place
        first = taken(await here.next_for("ada"))
        (left,) = await here.available_leads("ada")
        return place, first, (await here.claim(left.lead_id, "ada")).lead_id

    assert asyncio.run(pulls()) == (2, "L-1", "L-2")


def test_place_of_a_lead_that_leaves_meanwhile():
    """A lead that is taken between two reads has no place."""
    here = pulling("L-1", "L-2")
    other = Dispatcher(here.router, here.roster, Leaving(here), here.clock)
    assert here.position("L-2").place == 2
    assert other.position("L-2") is None
    assert str(here.position("L-1")) == "number 1 in line"


class Leaving(Wrapped):
    """A store from whose line a lead is taken before it is read."""

    def __init__(self, here):
        super().__init__(here.store)
        self.here = here

    def find(self, **asked):
        if self.here.placement("L-2").status is Status.WAITING:
            self.here.claim("L-2", "bob")
        return self.store.find(**asked)


def test_pull_with_auto_accept_is_theirs_at_once():
    """Where nobody has to answer, the rep who asks owns the lead."""
    here = pulling("L-1", "L-2", auto_accept=True)
    assert here.next_for("ada").placement.owner == "ada"
    assert here.claim("L-2", "bob").owner == "bob"
    audit(here.store, ["L-1", "L-2"])


def test_lead_of_a_newer_release_is_passed_over():
    """A placement that cannot be read holds up no other."""
    here = pulling("L-1", "L-2")
    record = here.store.get(["placement/L-1"])["placement/L-1"]
    newer = record.data.replace('"format":2', '"format":99')
    put = Put(record.key, newer, record.version, record.status, record.owner, record.due)
    here.store.commit(Change("newer", (put,)))
    assert taken(here.next_for("ada")) == "L-2"


def test_lead_for_which_there_is_no_rule_any_more_is_pulled_by_nobody():
    """A lead that the policy of today does not know waits for a decision."""
    here = pulling("L-1")
    other = Dispatcher(
        Router(rules=[Rule("de", when=LEAD.country == "DE", offer="pull")]),
        here.roster,
        here.store,
        here.clock,
    )
    assert other.next_for("ada").reason_code == "no_rule_matched"


def test_rep_who_is_paused_pulls_nothing():
    """A pause holds for every line, and the answer says so."""
    here = pulling("L-1")
    here.pause("ada", why="training")
    assert here.next_for("ada").reason_code == "paused"
    here.resume("ada")
    assert taken(here.next_for("ada")) == "L-1"
