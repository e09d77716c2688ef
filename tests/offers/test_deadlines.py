"""Deadlines of leads: when they are due, what rings, and what is done about a breach."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.model.test_schedule_vectors import schedule
from tests.offers.world import START, audit, desk, team
from tests.shared import shared_path

from leadroute import LEAD, Dispatcher, Lead, MemoryStore, Rep, Router, Rule, Schedule
from leadroute.errors import ConfigError
from leadroute.events import (
    Accepted,
    DeadlineMissed,
    DeadlineWarned,
    FollowUpDue,
    Rerouted,
    rebuild,
)
from leadroute.lead_scoring import LeadGrade, LeadScoring, SourcePoints
from leadroute.model.duration import WorkingTime
from leadroute.offers import BreachStep
from leadroute.offers.deadlines import pool_hours
from leadroute.offers.placement import Status
from leadroute.testing import ManualClock

FRIDAY = datetime(2026, 3, 6, 16, 50, tzinfo=UTC)
OFFICE = {"schedule": "mon-fri 09:00-17:00", "timezone": "UTC"}
SCORING = LeadScoring(
    sources=[SourcePoints(source="demo", points=100)],
    grades=[LeadGrade("hot", 0.9, "5m"), LeadGrade("cold", 0)],
)


def timed(*reps, start=START, scoring=None, **terms):
    """A dispatcher with one rule, with these terms."""
    router = Router(rules=[Rule("all", **terms)], lead_scoring=scoring)
    return Dispatcher(router, team(*(reps or ("ada", "bob"))), MemoryStore(), ManualClock(start))


def rung(here, lead_id="L-1"):
    """What rang about a lead: deadline and number, or follow-up, with the time after the start."""
    kinds = DeadlineWarned, DeadlineMissed, FollowUpDue
    return [
        (event.kind, getattr(event, "deadline", ""), getattr(event, "number", 0), event.at)
        for event in here.history(lead_id)
        if isinstance(event, kinds)
    ]


def at_wakeups(here, most=20):
    """Sweep at each wake-up, and at no other time."""
    for _ in range(most):
        at = here.next_wakeup()
        if at is None:
            return
        here.clock.advance(at - here.clock.now())
        here.sweep()


def test_warnings_and_breach_ring_in_order():
    """Each warning and the breach happen at their instants, once, with who is to be told."""
    here = timed(respond_within="30m", warn_before=["2m", "10m"], accept_within="1d")
    here.submit(Lead("L-1"))
    placed = here.accept("L-1", "ada")
    assert placed.respond_by == START + timedelta(minutes=30)
    at_wakeups(here)
    assert rung(here) == [
        ("deadline_warned", "respond", 1, START + timedelta(minutes=20)),
        ("deadline_warned", "respond", 2, START + timedelta(minutes=28)),
        ("deadline_missed", "respond", 0, START + timedelta(minutes=30)),
    ]
    missed = here.history("L-1")[-1]
    assert (missed.rep_id, missed.tell, missed.due) == ("ada", ("ada",), placed.respond_by)
    assert here.placement("L-1").respond_by == placed.respond_by
    assert here.worklist("ada")[0].due == placed.respond_by
    audit(here.store, ["L-1"])


def test_late_sweep_rings_everything_once():
    """A sweep that comes late lets all that is due happen in one change."""
    here = timed(respond_within="30m", warn_before=["10m"], follow_up=["10m", "1d"])
    here.submit(Lead("L-1"))
    here.accept("L-1", "ada")
    here.clock.advance("2d")
    here.sweep()
    here.sweep()
    assert [each[:3] for each in rung(here)] == [
        ("follow_up_due", "", 1),
        ("deadline_warned", "respond", 1),
        ("deadline_missed", "respond", 0),
        ("follow_up_due", "", 2),
    ]
    assert here.next_wakeup() is None
    audit(here.store, ["L-1"])


def test_contact_stops_the_clock():
    """After the first contact by anybody nothing rings about it, and other deadlines go on."""
    here = timed(respond_within="30m", close_within="1h", warn_before=["10m"])
    here.submit(Lead("L-1"))
    here.accept("L-1", "ada")
    assert here.record_contact("L-1", rep="bob", channel="phone").status is Status.CONTACTED
    at_wakeups(here)
    assert [each[:3] for each in rung(here)] == [
        ("deadline_warned", "close", 1),
        ("deadline_missed", "close", 0),
    ]
    assert here.placement("L-1").close_by == START + timedelta(hours=1)
    here.feedback("L-1", "won")
    audit(here.store, ["L-1"])


def test_shorter_of_grade_and_rule_counts():
    """Of the deadline of the grade and that of the rule the earlier one counts, with its warnings."""
    here = timed(respond_within="30m", warn_before=["10m", "2m"], scoring=SCORING)
    hot, cold = here.submit(Lead("L-1", source="demo")), here.submit(Lead("L-2"))
    assert hot.respond_by == START + timedelta(minutes=5)
    assert cold.respond_by == START + timedelta(minutes=30)
    # A warning that is not shorter than the deadline is left out.
    assert "respond_warning/1" not in hot.clocks
    assert hot.clocks["respond_warning/2"] == START + timedelta(minutes=3)


def test_deadline_by_grade_of_the_rule():
    """A rule's own deadline may depend on the grade; a grade that is not named has none."""
    scoring = LeadScoring(
        sources=[SourcePoints(source="demo", points=100)], grades=[LeadGrade("hot", 0.9)]
    )
    here = timed(respond_within={"hot": "5m"}, scoring=scoring)
    assert here.submit(Lead("L-1", source="demo")).respond_by == START + timedelta(minutes=5)
    assert here.submit(Lead("L-2")).respond_by is None


def test_grade_may_say_working_time():
    """The deadline of a grade passes in working time where it says so."""
    scoring = LeadScoring(
        sources=[SourcePoints(source="demo", points=100)],
        grades=[LeadGrade("hot", 0, "20m working")],
    )
    here = timed(Rep("ada", **OFFICE), start=FRIDAY, scoring=scoring)
    placed = here.submit(Lead("L-1", source="demo"))
    assert placed.respond_by == datetime(2026, 3, 9, 9, 10, tzinfo=UTC)
    assert scoring.score(Lead("L-1", source="demo"), FRIDAY).headline.startswith(
        "1.00 (hot, respond within 20m working)"
    )


def test_working_time_is_the_pools_and_then_the_owners():
    """Before a rep owns the lead the hours of the whole pool count, then those of the owner."""
    early = Rep("ada", schedule="mon-fri 08:00-16:00", timezone="UTC")
    late = Rep("bob", schedule="mon-fri 12:00-20:00", timezone="UTC")
    here = timed(early, late, start=FRIDAY, respond_within="4h working", warn_before=["1h"])
    placed = here.submit(Lead("L-1"))
    # Somebody of the pool works until 20:00, and from 8:00 on Monday.
    assert placed.respond_by == datetime(2026, 3, 9, 8, 50, tzinfo=UTC)
    assert placed.rep_id == "bob"
    taken = here.accept("L-1", "bob")
    assert taken.respond_by == datetime(2026, 3, 9, 12, 50, tzinfo=UTC)
    assert taken.clocks["respond_warning/1"] == datetime(2026, 3, 6, 19, 50, tzinfo=UTC)
    assert rebuild("L-1", here.history("L-1")) == taken


def test_warning_that_rang_is_not_set_again():
    """Acceptance moves in working time what has not rung yet, and nothing else."""
    reps = [Rep("ada", **OFFICE), Rep("bob")]
    here = timed(*reps, start=FRIDAY, respond_within="30m working", warn_before=["25m"])
    placed = here.submit(Lead("L-1"))
    assert placed.respond_by == FRIDAY + timedelta(minutes=30)  # bob works at any time
    here.clock.advance("5m")
    here.sweep()
    assert [each[:3] for each in rung(here)] == [("deadline_warned", "respond", 1)]
    here.assign("L-1", "ada", by="lena")
    taken = here.placement("L-1")
    assert taken.respond_by == datetime(2026, 3, 9, 9, 20, tzinfo=UTC)
    assert [*taken.clocks] == ["respond"]


def test_hours_of_a_pool():
    """Any rep of the pool who works is enough; one without a schedule works at any time."""
    hours = Schedule("mon-fri 09:00-17:00", "UTC")
    one = timed(Rep("ada", schedule=hours), Rep("bob", schedule=hours))
    books = one._cases.leads.books()
    rule = one.router.rules[0]
    assert pool_hours(books.desk, rule, START) == hours
    assert pool_hours(books.desk, None, START) == hours
    nobody = timed()._cases.leads.books()
    assert pool_hours(nobody.desk, rule, START) is None


def test_reassigned_lead_keeps_its_deadline():
    """A breach may take the lead from its owner; the next one sees the deadline that was missed."""
    here = timed(respond_within="30m", on_breach=["remind", "escalate lena", "reassign"])
    here.submit(Lead("L-1"))
    here.accept("L-1", "ada")
    here.clock.advance("30m")
    here.sweep()
    placed = here.placement("L-1")
    assert [offer.rep_id for offer in placed.offers] == ["bob"]
    assert placed.previous_offers["ada"].outcome == "missed"
    events = here.history("L-1")
    missed = next(event for event in events if isinstance(event, DeadlineMissed))
    assert missed.tell == ("ada", "lena")
    assert Rerouted(missed.at, "deadline", ("ada",)) in events
    assert here.snapshot().open == {"bob": 1}
    here.accept("L-1", "bob")
    assert here.worklist("bob")[0].due == START + timedelta(minutes=30)
    here.clock.advance("2d")
    here.sweep()
    assert len(rung(here)) == 1
    audit(here.store, ["L-1"])


def test_breach_of_a_lead_that_nobody_owns():
    """A deadline is missed whoever has the lead: who is named is told, and no offer is ended."""
    here = timed(respond_within="5m", on_breach=["remind", "escalate lena", "reassign"])
    none = Router(rules=[Rule("all", respond_within="5m", on_breach="escalate lena")])
    caught = desk(router=none)
    for each in (here, caught):
        each.submit(Lead("L-1"))
        at_wakeups(each, 1)
        missed = next(e for e in each.history("L-1") if isinstance(e, DeadlineMissed))
        assert (missed.rep_id, missed.tell) == (None, ("lena",))
    assert caught.placement("L-1").status is Status.CATCH_ALL
    assert not any(isinstance(event, Rerouted) for event in here.history("L-1"))


def test_warning_asks_nobody_more():
    """While a lead is offered to several reps, a warning changes no offer."""
    here = timed(respond_within="4m", warn_before=["2m"], offer="parallel 2")
    here.submit(Lead("L-1"))
    before = here.placement("L-1").offers
    here.clock.advance("2m")
    here.sweep()
    assert len(rung(here)) == 1
    assert here.placement("L-1").offers == before


def test_deadline_of_a_lead_that_is_accepted_at_once():
    """Who gets a lead without being asked has its deadline in their own hours, and its follow-ups."""
    here = timed(
        Rep("ada", **OFFICE), respond_within="20m working", follow_up=["1h"], auto_accept=True
    )
    here.clock.advance(FRIDAY - timedelta(hours=1) - START)
    placed = here.submit(Lead("L-1"))
    assert placed.status is Status.ACCEPTED
    assert placed.respond_by == FRIDAY - timedelta(minutes=40)
    assert placed.clocks["follow_up/1"] == FRIDAY
    assert isinstance(here.history("L-1")[-1], Accepted)


def test_lead_given_to_a_rep_has_deadlines():
    """A lead that is submitted to its owner has the deadlines of its rule, in the owner's hours."""
    here = timed(Rep("ada", **OFFICE), "bob", start=FRIDAY, respond_within="20m working")
    placed = here.submit(Lead("L-1"), to="ada")
    assert placed.respond_by == datetime(2026, 3, 9, 9, 10, tzinfo=UTC)


def test_reopened_lead_has_a_deadline_of_its_own():
    """A lead that ended begins again with its deadline; one of the catch-all keeps the one it has."""
    here = timed(respond_within="30m")
    here.submit(Lead("L-1"))
    here.accept("L-1", "ada")
    here.feedback("L-1", "lost")
    here.clock.advance("1h")
    assert here.reopen("L-1").respond_by == here.clock.now() + timedelta(minutes=30)
    caught = timed(Rep("ada", active=False), respond_within="30m")
    before = caught.submit(Lead("L-1"))
    assert before.status is Status.CATCH_ALL
    caught.clock.advance("10m")
    assert caught.reopen("L-1").respond_by == before.respond_by


def test_rule_that_sets_a_deadline_later():
    """A waiting lead that comes under a rule with a deadline has it from then on."""
    rules = [Rule("us", when=LEAD.country == "US", respond_within="30m"), Rule("all")]
    here = desk("ada", router=Router(rules=rules))
    here.submit(Lead("busy"))
    assert here.submit(Lead("L-1")).respond_by is None
    here.clock.advance("10m")
    placed = here.update(Lead("L-1", country="US"))
    assert placed.respond_by == START + timedelta(minutes=40)
    assert placed.status is Status.WAITING


def test_lead_that_was_reached_before_has_no_deadline_for_it():
    """Whoever reached a waiting lead has done what its deadline asks for."""
    rules = [Rule("us", when=LEAD.country == "US", respond_within="30m"), Rule("all")]
    here = desk("ada", router=Router(rules=rules))
    here.submit(Lead("busy"))
    here.submit(Lead("L-1"))
    here.record_contact("L-1", rep="ada")
    assert here.update(Lead("L-1", country="US")).respond_by is None


def vector_cases():
    """The deadlines that were worked out elsewhere, but for those of zero time."""
    text = shared_path("vectors/business_time.json").read_text(encoding="utf-8")
    return [
        case
        for case in json.loads(text)["deadline_cases"]
        if case["kind"] == "business" and case["duration_s"] and case["expected"]
    ]


@pytest.mark.parametrize("term", ["accept_within", "respond_within"])
def test_terms_in_working_time_against_the_vectors(term):
    """Changes of clocks, nights, holidays: a term ends when the vectors say, for offer and contact."""
    wrong, cases = {}, vector_cases()
    for case in cases:
        hours = schedule(case)
        for also in case["also"]:
            hours = hours & schedule(also)
        start = datetime.fromisoformat(case["start"])
        terms = {term: WorkingTime(timedelta(seconds=case["duration_s"]))}
        rules = [Rule("all", **terms, fallback={"none_available": "ignore_availability"})]
        here = Dispatcher(
            Router(rules=rules), [Rep("ada", schedule=hours)], MemoryStore(), ManualClock(start)
        )
        placed = here.submit(Lead("L-1"))
        found = placed.offers[0].expires_at if term == "accept_within" else placed.respond_by
        if found != datetime.fromisoformat(case["expected"]):
            wrong[case["id"]] = found
    assert wrong == {}
    assert len(cases) > 20


REFUSED = [
    ({"warn_before": ["10m"]}, "rule 'all'.warn_before: is about a deadline, and there is none"),
    ({"on_breach": "remind"}, "rule 'all'.on_breach: is about a deadline, and there is none"),
    (
        {"respond_within": "5m", "warn_before": ["5m"]},
        "rule 'all'.warn_before: warns 5m before a deadline of 5m; write a shorter time",
    ),
    ({"respond_within": "0s"}, "respond_within: is 0s; write some time"),
    ({"respond_within": "5m", "warn_before": []}, r"warn_before: is empty; write a list"),
    ({"respond_within": "5m", "warn_before": ["1m", "60s"]}, "warn_before: names '1m' twice"),
    ({"respond_within": "5m", "warn_before": "0s"}, "warn_before: 0s stands in it"),
    ({"respond_within": "5m", "on_breach": []}, "on_breach: is empty; write a list"),
    ({"respond_within": "5m", "on_breach": 5}, "on_breach: is 5; write a list"),
    ({"respond_within": "5m", "on_breach": "shout"}, "on_breach: 'shout' is not a step; write"),
    ({"respond_within": "5m", "on_breach": "escalate"}, "on_breach: the name of 'escalate' is"),
    ({"respond_within": "5m", "on_breach": "remind ada"}, "on_breach: 'remind' takes no name"),
    (
        {"respond_within": "5m", "on_breach": ["escalate lena", "escalate lena"]},
        "on_breach: names 'escalate lena' twice; keep one of them",
    ),
    ({"follow_up": ["1d", "24h"]}, "follow_up: names '1d' twice; keep one of them"),
    ({"follow_up": []}, "follow_up: is empty; write a list"),
    ({"follow_up": ["soon"]}, "follow_up: 'soon' is not a duration"),
]


@pytest.mark.parametrize(("terms", "message"), REFUSED, ids=[text for _, text in REFUSED])
def test_terms_that_cannot_be_are_refused(terms, message):
    """A term that cannot be, or would do nothing, is refused with the remedy when the policy is built."""
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        Router(rules=[Rule("all", **terms)])


def test_router_may_speak_for_some_rules():
    """What the router says of warnings needs a deadline of some rule or grade, and is refused without."""
    Router(rules=[Rule("all", respond_within="1h"), Rule("b")], warn_before="10m")
    Router(rules=[Rule("all")], lead_scoring=SCORING, on_breach=BreachStep("reassign"))
    with pytest.raises(ConfigError, match=r"^warn_before: is about a deadline, and there is none"):
        Router(rules=[Rule("all")], warn_before="10m")


instants = st.lists(st.integers(1, 4_000), max_size=6)


@given(
    instants,
    st.booleans(),
    st.sampled_from([("remind",), ("escalate lena", "reassign")]),
    st.sampled_from([None, 900, 2_000]),
    st.sampled_from([None, 100, 1_700]),
)
def test_each_clock_rings_once(sweeps, wakeups, steps, accepted, contacted):
    """Whenever sweeps come, each deadline rings its warnings and its breach once, and none too early."""
    terms = {"respond_within": "30m", "close_within": "50m", "warn_before": ["10m", "2m"]}
    here = timed(**terms, on_breach=list(steps), accept_within="20m", follow_up=["10m"])
    here.submit(Lead("L-1"))
    acts = {at: ["sweep"] for at in sweeps}
    for at, act in ((accepted, "accept"), (contacted, "contact")):
        if at is not None:
            acts.setdefault(at, []).append(act)
    for at in sorted(acts):
        while wakeups and (due := here.next_wakeup()) is not None:
            if due > START + timedelta(seconds=at):
                break
            here.clock.advance(due - here.clock.now())
            here.sweep()
        here.clock.advance(START + timedelta(seconds=at) - here.clock.now())
        for act in acts[at]:
            acted(here, act)
    here.clock.advance("1d")
    here.sweep()
    found = rung(here)
    assert max(Counter((*each[:3], *_owner(here, each)) for each in found).values()) == 1
    names = [each[:3] for each in found if each[0] != "follow_up_due"]
    assert {("deadline_missed", "close", 0), ("deadline_warned", "close", 1)} <= {*names}
    reached = here.placement("L-1").contacted_at
    if reached is None or reached >= START + timedelta(minutes=30):
        assert ("deadline_missed", "respond", 0) in names
    for kind, deadline, number, at in found:
        if kind != "follow_up_due":
            ends = {"respond": 30, "close": 50}[deadline] - {0: 0, 1: 10, 2: 2}[number]
            assert at >= START + timedelta(minutes=ends)
    audit(here.store, ["L-1"])


def _owner(here, each):
    """A follow-up rings once for each owner."""
    if each[0] != "follow_up_due":
        return ()
    owners = [e for e in here.history("L-1") if isinstance(e, FollowUpDue) and e.at == each[3]]
    return (owners[0].rep_id,)


def acted(here, act):
    """Let somebody do something, as far as it can be done."""
    placed = here.placement("L-1")
    if act == "sweep":
        here.sweep()
    elif act == "accept" and placed.offers and placed.offers[0].expires_at > here.clock.now():
        here.accept("L-1", placed.offers[0].rep_id)
    elif act == "contact" and placed.status is not Status.CATCH_ALL:
        here.record_contact("L-1", rep="ada")
