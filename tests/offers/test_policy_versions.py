"""A waiting lead is judged by the version of the policy that judged it, until it is told to go over."""

import re
from datetime import timedelta

import pytest
from attrs import evolve
from tests.offers.world import START, audit, desk, team

from leadroute import LEAD, REP, Dispatcher, Lead, LeadScoring, Rep, Router, Rule
from leadroute.errors import ConfigError, FieldTypeError, InvalidTransitionError, LeadNotFoundError
from leadroute.events import PolicyChanged
from leadroute.lead_scoring import FitCriterion
from leadroute.offers.placement import Status

SENIORS = Router(rules=[Rule("all", require=REP.level >= 3, accept_within="5m")])
EVERYBODY = Router(rules=[Rule("all", accept_within="7m")])
NOBODY = Router(
    rules=[Rule("small", when=LEAD.employees < 10)], fallback={"no_rule_matched": "wait"}
)


def waiting(policy, *reps):
    """A desk with a lead that waits under a policy, because its senior is full."""
    here = desk(Rep("sue", level=3, capacity=1), *reps, router=policy)
    here.submit(Lead("first", received_at=START))
    here.submit(Lead("L-1", received_at=START))
    assert here.placement("L-1").status is Status.WAITING
    return here


def now_by(here, policy, *earlier):
    """The same desk under another policy, which may know earlier versions."""
    return evolve(here, router=policy, earlier={each.version: each for each in earlier})


def changes(here, lead_id="L-1"):
    """The changes of policy in the log of a lead."""
    return [event for event in here.history(lead_id) if isinstance(event, PolicyChanged)]


def test_lead_waits_under_its_own_version():
    """A junior whom the new policy allows does not get it; its senior does, with the terms of its version."""
    here = now_by(waiting(SENIORS, Rep("jim", level=1)), EVERYBODY, SENIORS)
    assert here.sweep(early=True).offered == 0
    assert here.submit(Lead("new", received_at=START)).rep_id == "jim"
    here.decline("first", "sue")
    placed = here.placement("L-1")
    assert (placed.rep_id, placed.policy_version) == ("sue", SENIORS.version)
    assert placed.offers[0].expires_at == START + timedelta(minutes=5)
    assert here.decision("L-1").policy_version == SENIORS.version
    assert changes(here) == []
    audit(here.store, {"first", "L-1", "new"})


def test_lead_of_an_absent_version_goes_over():
    """It is judged by the policy of today, and an event says from which version to which."""
    here = now_by(waiting(SENIORS, Rep("jim", level=1)), EVERYBODY)
    here.sweep(early=True)
    placed = here.placement("L-1")
    assert (placed.rep_id, placed.policy_version) == ("jim", EVERYBODY.version)
    assert changes(here) == [PolicyChanged(START, SENIORS.version, EVERYBODY.version)]
    audit(here.store, {"first", "L-1"})


def test_lead_that_still_waits_has_gone_over_once():
    """The event comes once, and the lead stands in a line of the policy of today."""
    here = now_by(waiting(SENIORS), EVERYBODY)
    before = here.placement("L-1").line
    for _ in range(3):
        here.clock.advance("1m")
        here.sweep(early=True)
    assert here.placement("L-1").status is Status.WAITING
    assert here.placement("L-1").line != before
    assert len(changes(here)) == 1
    audit(here.store, {"first", "L-1"})


def test_leads_of_two_versions_do_not_stand_in_each_others_way():
    """Whom the old version may not give to a rep does not hold up whom the new one may."""
    here = now_by(waiting(SENIORS, Rep("jim", level=1, capacity=1)), EVERYBODY, SENIORS)
    here.submit(Lead("a", received_at=START))
    here.submit(Lead("b", received_at=START))
    assert here.placement("b").status is Status.WAITING
    here.decline("a", "jim")
    assert here.placement("b").rep_id == "jim"
    assert here.placement("L-1").status is Status.WAITING


@pytest.mark.parametrize("end", ["decline", "time out"])
def test_next_rep_is_found_by_the_version_of_the_offer(end):
    """After a decline or a time-out the lead goes on under the version that offered it."""
    here = desk(Rep("sue", level=3), Rep("tom", level=4), Rep("jim", level=1), router=SENIORS)
    first = here.submit(Lead("L-1")).rep_id
    here = now_by(here, EVERYBODY, SENIORS)
    if end == "decline":
        here.decline("L-1", first)
    else:
        here.clock.advance("5m")
        here.sweep()
    placed = here.placement("L-1")
    assert {first, placed.rep_id} == {"sue", "tom"}
    here.decline("L-1", placed.rep_id)
    assert here.placement("L-1").status is Status.CATCH_ALL
    assert changes(here) == []


def test_reevaluate_moves_a_lead():
    """Told to, the lead is judged by the policy of today; again changes nothing while nothing has changed."""
    here = now_by(waiting(SENIORS, Rep("jim", level=1, capacity=0)), EVERYBODY, SENIORS)
    assert here.reevaluate("L-1").policy_version == EVERYBODY.version
    assert len(changes(here)) == 1
    steps = here.placement("L-1").steps
    assert here.reevaluate("L-1").steps == steps
    here = evolve(here, roster=team(Rep("sue", level=3, capacity=1), Rep("jim", level=1)))
    assert here.reevaluate("L-1").rep_id == "jim"
    assert len(changes(here)) == 1
    audit(here.store, {"first", "L-1"})


def test_reopened_lead_is_judged_by_the_policy_of_today():
    """A new beginning is one under today's policy, and no change of it."""
    here = now_by(waiting(SENIORS, Rep("jim", level=1)), EVERYBODY, SENIORS)
    here.withdraw("L-1")
    assert here.reopen("L-1").rep_id == "jim"
    assert changes(here) == []


def test_update_keeps_the_version():
    """More facts are judged by the version of the lead."""
    here = now_by(waiting(SENIORS, Rep("jim", level=1)), EVERYBODY, SENIORS)
    assert here.update(Lead("L-1", country="DE")).status is Status.WAITING
    assert changes(here) == []


def test_kept_score_is_read_under_the_version_of_the_lead():
    """A version that scores leads reads the score of the submission, whatever today's policy does."""
    scoring = LeadScoring(fit=[FitCriterion("large", LEAD.employees >= 100, 10)])
    scored = Router(
        rules=[Rule("hot", when=LEAD.score >= 0.5, require=REP.level >= 3), Rule("all")],
        lead_scoring=scoring,
    )
    here = desk(Rep("sue", level=3, capacity=1), router=scored)
    here.submit(Lead("first", employees=500))
    here.submit(Lead("L-1", employees=500))
    here = now_by(here, EVERYBODY, scored)
    here.decline("first", "sue")
    assert here.placement("L-1").rule == "hot"


def test_leads_without_a_rule_go_over_as_well():
    """Whoever waits because no rule was there is judged by the rules of today."""
    here = desk("ada", router=NOBODY)
    here.submit(Lead("L-1", employees=50))
    assert here.placement("L-1").status is Status.WAITING
    kept = now_by(here, EVERYBODY, NOBODY)
    kept.sweep(early=True)
    assert here.placement("L-1").status is Status.WAITING
    here = now_by(here, EVERYBODY)
    here.clock.advance("5m")
    here.sweep()
    assert here.placement("L-1").rep_id == "ada"


@pytest.mark.parametrize(
    ("earlier", "error", "message"),
    [
        (
            {"v1": SENIORS},
            ConfigError,
            f"earlier['v1'] is a policy of version '{SENIORS.version}'; write {{router.version: router}}",
        ),
        ({"v1": "policy"}, FieldTypeError, "earlier['v1'] is of type str"),
        ([SENIORS], FieldTypeError, "earlier is of type list"),
    ],
)
def test_wrong_earlier_versions_are_refused(earlier, error, message):
    """Each mistake is named with what to write."""
    here = desk("ada")
    with pytest.raises(error, match=re.escape(message)):
        Dispatcher(EVERYBODY, here.roster, here.store, earlier=earlier)


def test_only_waiting_leads_are_reevaluated():
    """Any other is refused with what is so; an unknown one by its id."""
    here = desk("ada")
    here.submit(Lead("L-1"))
    with pytest.raises(InvalidTransitionError, match="cannot reevaluate lead 'L-1': it is offered"):
        here.reevaluate("L-1")
    with pytest.raises(LeadNotFoundError, match="no placement for lead 'L-9'"):
        here.reevaluate("L-9")
