"""The steps of rules: who else may take a lead that has waited, and when exactly."""

import asyncio
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.offers.world import START, audit, desk

from leadroute import Lead, MemoryStore, Pool, Rep, Roster, Router, Rule, Status
from leadroute.formats import parse_policy
from leadroute.insight import rerun
from leadroute.offers import AsyncDispatcher
from leadroute.offers.events import Offered, Waiting
from leadroute.offers.state_machine import rebuild
from leadroute.rules.builders import predicate
from leadroute.stores import AsyncThread
from leadroute.testing import ManualClock

SPEAKERS = parse_policy("""
format = 1

[[rule]]
name    = "german speakers"
require = "'de' in rep.languages"

[[rule.step]]
after   = "10m"
require = "'en' in rep.languages"

[[rule.step]]
after   = "30m"
require = "always"
""")
ANNA = Rep("anna", languages={"de"}, capacity=1)
BOB = Rep("bob", languages={"en"}, capacity=1)
CY = Rep("cy", capacity=1)
TEN, THIRTY = START + timedelta(minutes=10), START + timedelta(minutes=30)


def wake(dispatcher, until):
    """Sweep at each wakeup and at no other time; return the instants."""
    found = []
    while (at := dispatcher.next_wakeup()) is not None and at <= until:
        dispatcher.clock.set(at)
        dispatcher.sweep()
        found.append(at)
    return found


def owned(dispatcher, *lead_ids):
    """Submit leads that the first rep takes, so that they have no room."""
    for lead_id in lead_ids:
        placement = dispatcher.submit(Lead(lead_id))
        dispatcher.accept(lead_id, placement.rep_id)


def test_a_step_opens_at_its_instant_with_sweeps_at_the_wakeups_alone():
    """A lead for which nobody has room is offered through a step 10 minutes after it was received."""
    dispatcher = desk(ANNA, BOB, router=SPEAKERS)
    owned(dispatcher, "before")
    placement = dispatcher.submit(Lead("L-1"))
    assert (placement.status, placement.step) == (Status.WAITING, 0)
    assert placement.clocks == {"step": TEN}
    assert placement.due == TEN
    assert TEN in wake(dispatcher, TEN)
    placement = dispatcher.placement("L-1")
    assert (placement.rep_id, placement.offered_at, placement.step) == ("bob", TEN, 1)
    assert placement.clocks == {}
    assert placement.reason == "bob came first under rule 'german speakers', step 1"
    assert placement.to_dict()["step"] == 1
    audit(dispatcher.store, ["before", "L-1"])


def test_each_step_opens_and_the_last_one_has_no_clock():
    """A lead that finds nobody at a step waits for the next one, and after the last in a line alone."""
    dispatcher = desk(ANNA, BOB, CY, router=SPEAKERS)
    dispatcher.submit(Lead("a"))
    for rep, lead in (("bob", "b"), ("cy", "c")):
        dispatcher.submit(Lead(lead), to=rep)
    dispatcher.submit(Lead("L-1"))
    dispatcher.accept("a", "anna")
    wake(dispatcher, TEN)
    assert dispatcher.placement("L-1").clocks == {"step": THIRTY}
    assert dispatcher.placement("L-1").step == 1
    wake(dispatcher, THIRTY)
    placement = dispatcher.placement("L-1")
    assert (placement.status, placement.step, placement.clocks) == (Status.WAITING, 2, {})
    audit(dispatcher.store, ["a", "b", "c", "L-1"])
    dispatcher.feedback("c", "lost")
    assert dispatcher.placement("L-1").rep_id == "cy"
    steps = [event.step for event in dispatcher.history("L-1") if isinstance(event, Waiting)]
    assert steps == [0, 1, 2]


def test_the_sweeper_sleeps_until_a_step():
    """The step of a lead is the next wakeup when nothing is due before."""
    policy = Router(
        rules=[Rule("all", pool="emea", steps=[{"after": "2m", "pool": "apac"}])],
        pools=[Pool("emea", reps={"anna"}), Pool("apac", reps={"bob"})],
    )
    dispatcher = desk(ANNA, BOB, router=policy)
    owned(dispatcher, "before")
    dispatcher.submit(Lead("L-1"))
    assert dispatcher.next_wakeup() == START + timedelta(minutes=2)
    wake(dispatcher, START + timedelta(minutes=2))
    assert dispatcher.placement("L-1").pool == "apac"


def test_the_age_counts_from_the_receipt():
    """A lead that was received before it is submitted begins at the step of its age."""
    dispatcher = desk(ANNA, BOB, CY, router=SPEAKERS)
    old = [START - timedelta(minutes=age) for age in (9, 10, 31)]
    found = [dispatcher.submit(Lead(str(at), received_at=at)) for at in old]
    assert [(each.rep_id, each.step) for each in found] == [("anna", 0), ("bob", 1), ("cy", 2)]


def test_an_empty_step_costs_no_time():
    """Where nobody may take a lead, now or later, the next step opens at once."""
    dispatcher = desk(BOB, router=SPEAKERS)
    assert (dispatcher.submit(Lead("L-1")).rep_id, dispatcher.placement("L-1").step) == ("bob", 1)
    placement = dispatcher.submit(Lead("L-2"))
    assert (placement.status, placement.step) == (Status.WAITING, 1)
    assert placement.clocks == {"step": THIRTY}
    audit(dispatcher.store, ["L-1", "L-2"])


def test_the_last_rep_of_a_step_who_declines_opens_the_next():
    """When everybody of a step has declined, the others are asked without a wait."""
    dispatcher = desk(ANNA, BOB, router=SPEAKERS)
    dispatcher.submit(Lead("L-1"))
    assert dispatcher.decline("L-1", "anna").rep_id == "bob"
    assert dispatcher.placement("L-1").step == 1


def test_leads_that_open_a_step_early_stand_in_one_line():
    """A new lead joins those who wait at the step that it opens, behind them."""
    dispatcher = desk(BOB, router=SPEAKERS)
    owned(dispatcher, "before")
    dispatcher.submit(Lead("L-1", received_at=START - timedelta(minutes=1)))
    dispatcher.submit(Lead("L-2"))
    lines = {dispatcher.placement(lead).line for lead in ("L-1", "L-2")}
    assert len(lines) == 1
    dispatcher.feedback("before", "lost")
    assert [dispatcher.placement(lead).rep_id for lead in ("L-1", "L-2")] == ["bob", None]
    audit(dispatcher.store, ["before", "L-1", "L-2"])


def test_a_new_lead_waits_behind_others_at_the_step_it_opens():
    """A rep who is free again without a sweep goes to the lead that waited, not to the new one."""
    dispatcher = desk(BOB.with_changes(schedule="thu 10:00-17:00"), router=SPEAKERS)
    dispatcher.submit(Lead("L-1"))
    dispatcher.clock.advance("1h")
    dispatcher.submit(Lead("L-2"))
    assert [dispatcher.placement(lead).rep_id for lead in ("L-1", "L-2")] == ["bob", None]
    assert dispatcher.placement("L-2").clocks == {"step": START + timedelta(minutes=90)}


def test_a_live_offer_finishes_first():
    """A step that opens meanwhile changes nothing of an open offer, and holds once it has ended."""
    dispatcher = desk(ANNA, BOB, router=evolve(SPEAKERS, accept_within="25m"))
    assert dispatcher.submit(Lead("L-1")).rep_id == "anna"
    woken = wake(dispatcher, START + timedelta(minutes=25))
    assert woken == [START + timedelta(minutes=25)]
    placement = dispatcher.placement("L-1")
    assert (placement.rep_id, placement.step) == ("bob", 1)


def test_no_further_rep_is_asked_through_a_step_while_offers_are_open():
    """A broadcast that grows asks those of the step at which it began."""
    rule = Rule(
        "all",
        require="'de' in rep.languages",
        offer="parallel 3, one more every 1m",
        accept_within="20m",
        steps=[{"after": "90s", "require": "always"}],
    )
    eve = Rep("eve", languages={"de"})
    dispatcher = desk(ANNA, eve, CY, router=Router(rules=[rule]))
    dispatcher.submit(Lead("L-1"))
    wake(dispatcher, START + timedelta(minutes=10))
    asked = [event.rep_id for event in dispatcher.history("L-1") if isinstance(event, Offered)]
    assert sorted(asked) == ["anna", "eve"]


def test_who_becomes_free_gets_the_leads_of_their_steps_alone():
    """A rep of a later step is not asked before it, and gets the lead that has come to it."""
    dispatcher = desk(ANNA, BOB, router=SPEAKERS)
    dispatcher.submit(Lead("b"), to="bob")
    owned(dispatcher, "a")
    dispatcher.submit(Lead("L-1"))
    dispatcher.submit(Lead("L-2", received_at=START - timedelta(minutes=12)))
    dispatcher.feedback("b", "lost")
    assert [dispatcher.placement(lead).rep_id for lead in ("L-1", "L-2")] == [None, "bob"]


@pytest.mark.parametrize("decisions", ["compact", "full"])
def test_the_decision_that_is_kept_says_the_step(decisions):
    """The step and what was asked before it stand in the decision, which can be made again."""
    dispatcher = evolve(desk(ANNA, BOB, router=SPEAKERS), decisions=decisions)
    dispatcher.submit(Lead("L-1"))
    dispatcher.decline("L-1", "anna")
    kept = dispatcher.decision("L-1")
    assert kept.step == 1
    assert [(pool.pool, pool.step) for pool in kept.pools] == [("everyone", 1), ("everyone", 0)]
    assert "Lead L-1 went to bob (rule 'german speakers', step 1)" in str(kept)
    assert kept.reason("anna")


def test_a_decision_at_a_step_is_made_again():
    """A decision about a lead without a time of receipt knows its age when it is made again."""
    dispatcher = evolve(desk(ANNA, BOB, router=SPEAKERS), decisions="full")
    owned(dispatcher, "before")
    dispatcher.submit(Lead("L-1"))
    wake(dispatcher, TEN)
    full = dispatcher.decision("L-1").full
    given = {"snapshot": full.snapshot, "previous_offers": full.previous_offers}
    again = rerun(full.record, SPEAKERS, full.lead, Roster(full.roster), **given)
    assert again.same, again
    assert full.record.step == 1


def test_no_decision_says_a_step_that_has_none():
    """The step of a decision without a rule is 0."""
    dispatcher = desk(ANNA, router=Router(rules=[]))
    dispatcher.submit(Lead("L-1"))
    assert dispatcher.decision("L-1").step == 0


def test_a_decision_that_fails_in_a_later_step_is_kept_to_its_lead():
    """A predicate that raises where the line of a step is looked for fails the decision and nothing else."""
    calls = []

    def known(_lead, _rep, _now):
        calls.append(1)
        if len(calls) > 1:
            raise ValueError("told to fail")
        return True

    rule = Rule("all", require="rep.level > 3", steps=[{"after": "1h", "require": predicate("k")}])
    router = Router(rules=[rule], predicates={"k": known})
    dispatcher = desk(Rep("bob", capacity=0), router=router)
    placement = dispatcher.submit(Lead("L-1"))
    assert placement.status is Status.CATCH_ALL
    assert (placement.reason_code, placement.error) == ("decision_failed", "ValueError")


def test_a_lead_reopened_begins_at_the_step_of_its_age():
    """Its age still counts from its receipt."""
    dispatcher = desk(ANNA, BOB, router=SPEAKERS)
    dispatcher.submit(Lead("L-1"))
    dispatcher.withdraw("L-1")
    dispatcher.clock.advance("11m")
    assert (dispatcher.reopen("L-1").rep_id, dispatcher.placement("L-1").step) == ("bob", 1)
    assert rebuild("L-1", dispatcher.history("L-1")) == dispatcher.placement("L-1")


OPENED = {0: timedelta(0), 1: timedelta(minutes=10), 2: timedelta(minutes=30)}
MAY = {0: {"anna"}, 1: {"bob"}, 2: {"anna", "bob", "cy"}}


@given(st.lists(st.sampled_from(["anna", "bob", "cy"]), max_size=3, unique=True), st.data())
def test_nobody_has_a_lead_before_their_step(busy, data):
    """Every offer is made to a rep of the step in force, which opens early only where nobody was left before."""
    dispatcher = desk(ANNA, BOB, CY, router=SPEAKERS)
    for rep in busy:
        dispatcher.submit(Lead(f"of {rep}"), to=rep)
    dispatcher.submit(Lead("L-1"))
    at = START
    for rep in busy:
        at += timedelta(minutes=data.draw(st.integers(0, 20)))
        wake(dispatcher, at)
        dispatcher.clock.set(at)
        dispatcher.feedback(f"of {rep}", "lost")
    wake(dispatcher, at + timedelta(hours=1))
    had = set()
    for event in dispatcher.history("L-1"):
        if isinstance(event, Offered):
            assert event.rep_id in MAY[event.step]
            for step in range(event.step):
                assert event.at - START >= OPENED[step + 1] or MAY[step] <= had
            had.add(event.rep_id)
    audit(dispatcher.store, ["L-1", *[f"of {rep}" for rep in busy]])


def test_a_step_opens_with_an_async_dispatcher():
    """A dispatcher that is awaited wakes at the step too."""
    clock, team = ManualClock(START), Roster([ANNA, BOB])

    async def life():
        dispatcher = AsyncDispatcher(SPEAKERS, team, AsyncThread(MemoryStore()), clock)
        await dispatcher.submit(Lead("before"))
        await dispatcher.accept("before", "anna")
        await dispatcher.submit(Lead("L-1"))
        while (at := await dispatcher.next_wakeup()) <= TEN:
            clock.set(at)
            await dispatcher.sweep()
        return await dispatcher.placement("L-1")

    assert asyncio.run(life()).rep_id == "bob"


NEXT = parse_policy("""
format = 1

[[pool]]
name = "emea"
reps = ["anna"]

[[pool]]
name = "apac"
reps = ["bob"]

[[rule]]
name     = "emea"
when     = "lead.country == 'DE'"
pool     = "emea"
fallback = { none_available = "next rule" }

[[rule]]
name          = "apac"
when          = "lead.budget > 0"
pool          = "apac"
accept_within = "1h"

[[rule]]
name = "rest"
pool = "apac"
""")


def test_the_next_rule_that_matches_takes_over():
    """A lead for which a rule finds nobody is offered under the next rule that matches, on its terms."""
    dispatcher = desk(ANNA, BOB, router=NEXT)
    dispatcher.submit(Lead("a"), to="anna")
    placement = dispatcher.submit(Lead("L-1", country="DE", budget=5))
    assert (placement.rule, placement.pool, placement.rep_id) == ("apac", "apac", "bob")
    assert placement.due == START + timedelta(hours=1)
    kept = dispatcher.decision("L-1")
    assert kept.passed_on == ("emea",)
    note = "Note: the rule 'emea' found nobody and left the lead to the rule 'apac'"
    assert note in str(kept)


@pytest.mark.parametrize("rep", ["anna", "bob"])
def test_a_lead_left_to_the_next_rule_goes_to_whoever_is_free_first(rep):
    """The reps of both rules get the lead that waits, and the first rule is asked first."""
    dispatcher = desk(ANNA, BOB, router=NEXT)
    for one in ("anna", "bob"):
        dispatcher.submit(Lead(f"of {one}"), to=one)
    placement = dispatcher.submit(Lead("L-1", country="DE"))
    assert (placement.status, placement.rule) == (Status.WAITING, "rest")
    dispatcher.feedback(f"of {rep}", "lost")
    placement = dispatcher.placement("L-1")
    assert placement.rep_id == rep
    assert placement.rule == {"anna": "emea", "bob": "rest"}[rep]
    audit(dispatcher.store, ["L-1", "of anna", "of bob"])


def test_a_lead_waits_for_the_first_rep_who_is_back_in_time():
    """A rep who is back within two hours is waited for; for a later one the next step is taken."""
    rule = Rule("all", fallback={"none_available": "first_back within 2h, catch_all"})
    soon = Rep("soon", schedule="mon-sun 10:00-17:00")
    late = Rep("late", schedule="mon-sun 15:00-17:00")
    placement = desk(soon, late, router=Router(rules=[rule])).submit(Lead("L-1"))
    assert placement.status is Status.WAITING
    assert placement.resumes_at == START + timedelta(hours=1)
    placement = desk(late, router=Router(rules=[rule])).submit(Lead("L-1"))
    assert (placement.status, placement.reason_code) == (Status.CATCH_ALL, "none_available")


URGENT = parse_policy("""
format = 1

[lead_scoring]
[[lead_scoring.fit]]
name = "large"
when = "lead.employees > 100"

[[lead_scoring.grade]]
name     = "hot"
at_least = 0.5
priority = 3

[[lead_scoring.grade]]
name     = "cold"
at_least = 0

[[rule]]
name     = "urgent"
when     = "lead.country == 'DE'"
priority = 7

[[rule]]
name = "rest"
""")


def test_the_priority_is_the_lead_s_own_else_the_rule_s_else_the_grade_s():
    """Each of the three counts where those before it say nothing."""
    dispatcher = desk(CY, router=URGENT)
    leads = {
        9: Lead("own", priority=9, country="DE", employees=500),
        7: Lead("rule", country="DE", employees=500),
        3: Lead("grade", employees=500),
        0: Lead("none"),
    }
    for priority, lead in leads.items():
        assert dispatcher.submit(lead).priority == priority
    own = Lead("handed", country="DE")
    assert dispatcher.submit(own, to="cy").priority == 7


def test_waiting_leads_are_served_by_the_priority_of_their_rule():
    """Of two lines the lead of the rule with the higher priority goes first."""
    dispatcher = desk(CY, router=URGENT)
    owned(dispatcher, "before")
    dispatcher.submit(Lead("L-1", received_at=START - timedelta(minutes=5), employees=500))
    dispatcher.submit(Lead("L-2", country="DE"))
    dispatcher.feedback("before", "lost")
    assert [dispatcher.placement(lead).rep_id for lead in ("L-1", "L-2")] == [None, "cy"]


def test_a_lead_that_another_rule_takes_has_its_priority():
    """More that becomes known moves a waiting lead to another rule, and to its place in line."""
    dispatcher = desk(CY, router=URGENT)
    owned(dispatcher, "before")
    dispatcher.submit(Lead("L-1"))
    placement = dispatcher.update(Lead("L-1", country="DE"))
    assert (placement.rule, placement.priority) == ("urgent", 7)
    assert dispatcher.update(Lead("L-1", employees=500)).priority == 3
    assert rebuild("L-1", dispatcher.history("L-1")) == dispatcher.placement("L-1")
    audit(dispatcher.store, ["before", "L-1"])


def test_an_offered_lead_keeps_the_priority_of_its_rule():
    """What becomes known of a lead that is offered changes its grade and not the rule."""
    dispatcher = desk(CY, router=URGENT)
    dispatcher.submit(Lead("L-1", country="DE"))
    assert dispatcher.update(Lead("L-1", employees=500)).priority == 7


def test_a_policy_without_priorities_gives_back_that_of_the_grade():
    """A waiting lead that goes over to another policy has the priority which that policy gives."""
    before = desk(CY, router=URGENT)
    owned(before, "before")
    before.submit(Lead("L-1", country="DE", employees=500))
    plain = evolve(URGENT, rules=[Rule("all")])
    assert evolve(before, router=plain).reevaluate("L-1").priority == 3
