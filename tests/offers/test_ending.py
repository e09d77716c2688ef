"""Leads that are ended by hand, opened again, enriched, or a rep's own from the first."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.offers.world import START, audit, desk

from leadroute import LEAD, REP, Lead, LeadScoring, Rep, Router, Rule, SqliteStore
from leadroute.errors import (
    InvalidTransitionError,
    LeadNotFoundError,
    UnknownFieldError,
    ValidationError,
)
from leadroute.events import Assigned, Received, Reopened, Updated, Withdrawn, rebuild
from leadroute.lead_scoring import FitCriterion
from leadroute.offers.placement import Status

SEVERAL = Router(
    rules=[
        Rule(
            "german",
            when=LEAD.country == "DE",
            require=REP.countries.contains("DE"),
            accept_within="5m",
        ),
        Rule("all", accept_within="5m"),
    ]
)


@pytest.fixture(params=["memory", "file"])
def here(request, tmp_path):
    """A desk with two reps who have room for one lead each, over memory and over a file."""
    if request.param == "memory":
        yield desk("ada", "bob")
        return
    with SqliteStore(tmp_path / "crm.db", synchronous="normal") as store:
        yield desk("ada", "bob", store=store)


def test_lead_is_withdrawn_from_its_rep(here):
    """Offered or owned: the units are given back, and the next lead that waits has them in the same call."""
    for n, lead_id in enumerate(("spam", "owned", "next", "last")):
        here.submit(Lead(lead_id, received_at=START + timedelta(seconds=n)))
    here.accept("owned", here.placement("owned").rep_id)
    ended = here.withdraw("spam", "spam")
    assert (ended.status, ended.offers, ended.reason) == (
        Status.WITHDRAWN,
        (),
        "it was withdrawn: spam",
    )
    assert str(ended) == "lead spam is withdrawn: it was withdrawn: spam"
    assert here.placement("next").status is Status.OFFERED
    assert here.withdraw("owned").reason == "it was withdrawn"
    assert here.placement("last").status is Status.OFFERED
    assert here.withdraw("spam", "again") == ended
    assert isinstance(here.history("spam")[-1], Withdrawn)
    audit(here.store, {"spam", "owned", "next", "last"})


def test_placement_says_why_it_is_where_it_is(here):
    """Offered, accepted, contacted and closed: each has its reason in words."""
    rep_id = here.submit(Lead("L-1")).rep_id
    reasons = [
        here.placement("L-1").reason,
        here.accept("L-1", rep_id).reason,
        here.record_contact("L-1").reason,
        here.feedback("L-1", "won").reason,
    ]
    assert reasons == [
        f"{rep_id} came first under rule 'all'",
        f"{rep_id} has had it since 2026-01-01 09:00:00 UTC",
        f"{rep_id} has reached the lead",
        f"{rep_id} closed it as won",
    ]


def test_withdrawn_lead_is_left_alone(here):
    """Nobody can accept it, hear of it or sweep it; a closed lead cannot be withdrawn."""
    rep_id = here.submit(Lead("L-1")).rep_id
    here.withdraw("L-1")
    for call in (
        lambda: here.accept("L-1", rep_id),
        lambda: here.decline("L-1", rep_id),
        lambda: here.record_contact("L-1"),
        lambda: here.feedback("L-1", "won"),
        lambda: here.assign("L-1", "bob", by="boss"),
    ):
        with pytest.raises(InvalidTransitionError, match="it is withdrawn"):
            call()
    here.clock.advance("1h")
    assert here.sweep(early=True).offered == 0
    here.accept("L-2", here.submit(Lead("L-2")).rep_id)
    here.feedback("L-2", "won")
    with pytest.raises(InvalidTransitionError, match="cannot withdraw lead 'L-2': it is closed"):
        here.withdraw("L-2")
    with pytest.raises(ValidationError, match="Withdrawn 'L-1': reason"):
        here.withdraw("L-1", "x" * 81)
    with pytest.raises(LeadNotFoundError):
        here.withdraw("unknown")


def test_lead_that_ended_is_opened_again(here):
    """Withdrawn, closed, disqualified or with the catch-all: it is decided in the same change."""
    for lead_id in ("withdrawn", "closed"):
        here.submit(Lead(lead_id))
    here.withdraw("withdrawn")
    here.accept("closed", here.placement("closed").rep_id)
    here.record_contact("closed")
    here.feedback("closed", "lost")
    for lead_id in ("withdrawn", "closed"):
        opened = here.reopen(lead_id)
        assert (opened.status, opened.owner, opened.closed_at) == (Status.OFFERED, None, None)
        assert isinstance(here.history(lead_id)[-2], Reopened)
        with pytest.raises(
            InvalidTransitionError, match=f"cannot reopen lead '{lead_id}': it is off"
        ):
            here.reopen(lead_id)
    here.accept("closed", here.placement("closed").rep_id)
    assert here.feedback("closed", "won").won
    assert rebuild("closed", here.history("closed")) == here.placement("closed")
    audit(here.store, {"withdrawn", "closed"})


def test_lead_of_the_catch_all_is_opened_again():
    """When there are reps for it, it goes to one who has not had an offer before."""
    here = desk("ada")
    here.submit(Lead("L-1"))
    assert here.decline("L-1", "ada").status is Status.CATCH_ALL
    assert here.reopen("L-1").status is Status.CATCH_ALL
    larger = here.with_roster([*here.roster, Rep("bob")])
    assert larger.reopen("L-1").rep_id == "bob"
    strict = evolve(here, router=Router(rules=[Rule("all")], qualify=LEAD.budget > 5))
    assert strict.submit(Lead("poor")).status is Status.DISQUALIFIED
    assert here.with_roster([Rep("zoe")]).reopen("poor").rep_id == "zoe"


def test_caps_of_a_lead_that_was_reopened_stay_used():
    """What a cap counted in the life before counts on, beside what the lead takes now."""
    here = desk(Rep("ada", caps=["2 per day"]), Rep("bob", active=False))
    here.accept("L-1", here.submit(Lead("L-1")).rep_id)
    here.feedback("L-1", "lost")
    here.clock.advance("1d")
    here.accept("L-1", here.reopen("L-1").rep_id)
    used = here.store.counts(prefix="cap/ada/")
    assert [*used.values()] == [1, 1]
    audit(here.store, {"L-1"})


def test_waiting_lead_is_decided_again_when_more_is_known():
    """It stands where its facts put it now; the same facts again change nothing."""
    here = desk(
        Rep("ada", countries=["DE"], capacity=0), Rep("bob", capacity=0), Rep("cy"), router=SEVERAL
    )
    waits = here.submit(Lead("L-1", country="DE"))
    assert waits.status is Status.CATCH_ALL or waits.line
    here = desk(Rep("ada", countries=["DE"], capacity=1), Rep("cy"), router=SEVERAL)
    here.accept("busy", here.submit(Lead("busy", country="DE")).rep_id)
    assert here.submit(Lead("L-1", country="DE")).status is Status.WAITING
    placed = here.update(Lead("L-1", country="FR"))
    assert (placed.rep_id, placed.rule) == ("cy", "all")
    told = here.history("L-1")
    assert isinstance(told[-2], Updated)
    assert here.update(Lead("L-1", country="FR")) == placed
    assert here.history("L-1") == told
    audit(here.store, {"busy", "L-1"})


def test_update_that_changes_nothing_of_its_place():
    """A lead that goes on waiting in the same place keeps it."""
    here = desk(Rep("ada", capacity=1))
    here.accept("busy", here.submit(Lead("busy")).rep_id)
    before = here.submit(Lead("L-1", received_at=START))
    after = here.update(Lead("L-1", received_at=START, company="Acme"))
    assert (after.line, after.status) == (before.line, Status.WAITING)
    audit(here.store, {"busy", "L-1"})


def test_update_moves_a_lead_within_its_line():
    """A higher priority goes first from then on, and the length of the line stays right."""
    here = desk(Rep("ada", capacity=1))
    here.accept("busy", here.submit(Lead("busy")).rep_id)
    for n in range(3):
        here.submit(Lead(f"L-{n}", received_at=START + timedelta(seconds=n)))
    assert here.update(Lead("L-2", priority=9, received_at=START)).priority == 9
    audit(here.store, {"busy", "L-0", "L-1", "L-2"})
    here.feedback("busy", "won")
    assert here.placement("L-2").rep_id == "ada"


def test_offered_and_owned_leads_keep_their_rep():
    """What became known is kept, scored, and read by the next decision alone."""
    scored = Router(
        rules=[Rule("all", accept_within="5m")],
        lead_scoring=LeadScoring(fit=[FitCriterion("budget", LEAD.budget > 5, 10)]),
    )
    here = desk("ada", "bob", router=scored)
    first = here.submit(Lead("L-1", budget=1))
    better = here.update(Lead("L-1", budget=9))
    assert better.offers == first.offers
    assert better.lead_score > (first.lead_score or 0)
    here.accept("L-1", first.rep_id)
    assert here.update(Lead("L-1", budget=7)).owner == first.rep_id
    with pytest.raises(LeadNotFoundError):
        here.update(Lead("unknown"))
    with pytest.raises(ValidationError, match="attributes makes the lead"):
        here.update(Lead("L-1", attributes={f"n{n}": "é" * 4_000 for n in range(10)}))
    audit(here.store, {"L-1"})


def test_lead_of_a_rep_is_theirs_from_the_first(here):
    """``submit(to=)`` decides nothing: the rep owns it at once, it counts, and the log says so."""
    placed = here.submit(Lead("L-1"), to="bob", trigger="visit")
    assert (placed.status, placed.owner) == (Status.ACCEPTED, "bob")
    assert [type(event) for event in here.history("L-1")] == [Received, Assigned]
    assert here.history("L-1")[-1].by == "visit"
    assert here.submit(Lead("L-1"), to="ada") == placed
    over = here.submit(Lead("L-2"), to="bob")
    assert here.history("L-2")[-1].over == ("rep/open/bob",)
    assert over.owner == "bob"
    with pytest.raises(UnknownFieldError, match="zoe"):
        here.submit(Lead("L-3"), to="zoe")
    with pytest.raises(LeadNotFoundError):
        here.placement("L-3")
    audit(here.store, {"L-1", "L-2"})
