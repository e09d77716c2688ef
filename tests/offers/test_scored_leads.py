"""Leads that are scored when they are submitted: what is kept, who gets them, and in which order they go out."""

import sys
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from tests.offers.world import START, Wrapped, team

from leadroute import (
    LEAD,
    REP,
    Dispatcher,
    Lead,
    LeadScoring,
    MemoryStore,
    Rep,
    Roster,
    Router,
    Rule,
    Signal,
    Status,
)
from leadroute.batch import assign_batch
from leadroute.errors import FieldTypeError, ValidationError
from leadroute.lead_scoring import (
    EngagementSignal,
    FitCriterion,
    LeadGrade,
    NamedModel,
    SourcePoints,
)
from leadroute.offers.events import FeedbackGiven, Received
from leadroute.offers.placement import Placement
from leadroute.offers.state_machine import rebuild
from leadroute.plain import dumps, loads
from leadroute.ranking import lead_score, lead_scoring
from leadroute.testing import ManualClock

GRADES = [
    LeadGrade("hot", 0.7, "5m", priority=2),
    LeadGrade("warm", 0.3, "4h"),
    LeadGrade("cold", 0),
]
SCORING = LeadScoring(
    fit=[
        FitCriterion("large", LEAD.employees >= 500, 30),
        FitCriterion("budget", LEAD.budget >= 10_000, 10),
    ],
    engagement=[EngagementSignal("pricing", 0.01, "1d"), EngagementSignal("guide", 0.1)],
    grades=GRADES,
)
BY_GRADE = [
    Rule("hot", when=LEAD.grade == "hot", require=REP.level >= 3),
    Rule("rest", require=REP.level < 3),
]
SENIOR, JUNIOR = Rep("ada", level=3), Rep("bob", level=1)


def desk(*reps, rules=BY_GRADE, scoring=SCORING, store=None, **policy):
    """A dispatcher with a scoring, whose clock moves when told."""
    router = Router(rules=rules, lead_scoring=scoring, **policy)
    return Dispatcher(router, team(*reps), store or MemoryStore(), ManualClock(START))


def done(kind, value=1, *, hours=0):
    """A signal of some hours ago."""
    return Signal(kind, START - timedelta(hours=hours), value)


def test_the_submission_keeps_the_score():
    """The received event and the placement carry score, grade, completeness, deadline and what set the lead off."""
    here = desk(SENIOR, JUNIOR)
    placement = here.submit(Lead("L-1", employees=800), trigger="form")
    assert (placement.lead_score, placement.lead_grade) == (1.0, "hot")
    assert (placement.completeness, placement.priority) == (0.75, 2)
    assert placement.respond_by == START + timedelta(minutes=5)
    assert (placement.trigger, placement.rep_id) == ("form", "ada")
    received, offered = here.history("L-1")
    assert (received.lead_score, received.lead_grade, received.completeness) == (1.0, "hot", 0.75)
    assert (offered.clocks["respond"], received.trigger) == (placement.respond_by, "form")
    assert loads(Received, dumps(received)) == received
    assert loads(Placement, dumps(placement)) == placement
    assert rebuild("L-1", here.history("L-1")) == placement
    assert here.submit(Lead("L-1", employees=1), trigger="chat") == placement


def test_the_deadline_counts_from_when_the_lead_came_in():
    """A lead that came in earlier has its deadline earlier."""
    came = START - timedelta(minutes=3)
    placement = desk(SENIOR).submit(Lead("L-1", received_at=came, employees=800))
    assert placement.respond_by == came + timedelta(minutes=5)


def test_deadline_of_a_lead_at_the_end_of_the_calendar():
    """A lead that a CRM dates 9999-12-31 is kept, and its deadline is the last instant there is."""
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    here = desk(SENIOR)
    placement = here.submit(Lead("L-1", received_at=end, employees=800))
    assert (placement.status, placement.respond_by) == (
        Status.OFFERED,
        datetime.max.replace(tzinfo=UTC),
    )
    assert here.placement("L-1") == placement


def test_the_lead_may_bring_its_own_priority():
    """The priority of the grade counts only where the lead brings none; 0 is one."""
    here = desk(SENIOR, JUNIOR)
    found = [
        here.submit(Lead(f"L-{n}", employees=800, priority=own)).priority
        for n, own in enumerate((None, 0, 7))
    ]
    assert found == [2, 0, 7]
    assert here.submit(Lead("L-4", employees=1)).priority == 0


def test_a_score_that_the_lead_brings_is_an_attribute():
    """An attribute named score or grade is never taken for ours."""
    rules = [Rule("theirs", when=LEAD["score"] > 5), Rule("ours", when=LEAD.score < 0.5)]
    here = desk(SENIOR, rules=rules)
    assert here.submit(Lead("L-1", employees=1, attributes={"score": 9})).rule == "theirs"
    assert here.submit(Lead("L-2", employees=1, attributes={"grade": "hot"})).rule == "ours"


def test_qualification_may_ask_for_the_score():
    """The score is worked out before qualification."""
    here = desk(SENIOR, JUNIOR, qualify=LEAD.score >= 0.5)
    assert here.submit(Lead("L-1", employees=1)).status is Status.DISQUALIFIED
    assert here.submit(Lead("L-2", employees=800)).status is Status.OFFERED
    assert here.submit(Lead("L-3")).status is Status.DISQUALIFIED
    assert not here.router.qualifies(Lead("L-1", employees=1))


def test_a_lead_of_whom_nothing_is_known_breaks_nothing():
    """It has no score and no grade, matches no comparison with them, and goes out last."""
    rules = [
        Rule("high", when=LEAD.score >= 0),
        Rule("low", when=LEAD.score < 2),
        Rule("not", when=LEAD.grade != "hot"),
        Rule("rest"),
    ]
    here = desk(SENIOR, rules=rules)
    unknown = here.submit(Lead("L-0"))
    assert (unknown.lead_score, unknown.lead_grade, unknown.completeness) == (None, None, 0.0)
    assert (unknown.rule, unknown.respond_by, unknown.priority) == ("rest", None, 0)


def test_a_waiting_lead_keeps_its_score():
    """What a lead was when it was submitted decides later as well, though its signals have cooled meanwhile."""
    here = desk(Rep("ada", level=3, capacity=1), JUNIOR)
    here.submit(Lead("L-0", employees=800))
    here.accept("L-0", "ada")
    hot = here.submit(Lead("L-1", signals=[done("pricing", 900)]))
    assert (hot.status, hot.lead_grade) == (Status.WAITING, "hot")
    here.clock.advance(timedelta(days=9))
    here.feedback("L-0", "lost")
    placed = here.placement("L-1")
    assert placed.rep_id == "ada"
    assert (placed.lead_score, placed.rule) == (hot.lead_score, "hot")
    assert here.router.match(Lead("L-1", signals=[done("pricing", 900)]), START).name == "hot"
    later = START + timedelta(days=9)
    assert here.router.match(Lead("L-1", signals=[done("pricing", 900)]), later).name == "rest"


def test_assigning_by_hand_reads_the_kept_score():
    """The rule of a lead that is assigned is the one for the score that it had."""
    here = desk(SENIOR, JUNIOR)
    here.submit(Lead("L-1", signals=[done("pricing", 900)]))
    here.clock.advance(timedelta(days=9))
    assert here.assign("L-1", "bob", by="boss").rule == "hot"


def test_a_lead_from_before_the_scoring_has_no_score():
    """A lead that was submitted under a policy without scoring is not scored later."""
    store = MemoryStore()
    before = desk(Rep("ada", capacity=1), rules=[Rule("all")], scoring=None, store=store)
    before.submit(Lead("L-0"))
    assert before.submit(Lead("L-1", employees=800)).status is Status.WAITING
    here = desk(SENIOR, JUNIOR, store=store)
    here.sweep(early=True)
    assert here.placement("L-1").rule == "rest"


def test_pricing_and_guide_go_to_different_reps():
    """240 seconds on enterprise pricing go to the senior, a guide downloaded to the junior."""
    here = desk(SENIOR, JUNIOR)
    pricing = here.submit(Lead("L-1", employees=800, signals=[done("pricing", 240, hours=1)]))
    guide = here.submit(Lead("L-2", employees=40, signals=[done("guide", hours=1)]))
    assert (pricing.rep_id, guide.rep_id) == ("ada", "bob")


def test_the_better_source_is_served_first_though_it_came_later():
    """A pricing form from paid search goes out before a checklist from the blog."""
    scoring = LeadScoring(
        sources=[SourcePoints(source="paid search", points=20), SourcePoints(source="blog")],
        engagement=[EngagementSignal("pricing form", 2), EngagementSignal("checklist", 0.2)],
    )
    here = desk(Rep("ada", capacity=1), rules=[Rule("all")], scoring=scoring)
    here.submit(Lead("L-0"))
    here.submit(Lead("checklist", source="blog", signals=[done("checklist")]))
    here.clock.advance(timedelta(minutes=1))
    here.submit(Lead("pricing", source="paid search", signals=[done("pricing form")]))
    here.accept("L-0", "ada")
    here.feedback("L-0", "lost")
    assert here.placement("pricing").status is Status.OFFERED
    assert here.placement("checklist").status is Status.WAITING


def test_of_a_hundred_waiting_leads_the_best_go_out_first():
    """They go out by priority, then lead score, then age."""
    here, random = desk(Rep("ada", capacity=1), rules=[Rule("all")]), Random(14)
    here.submit(Lead("first"))
    for n in range(100):
        here.clock.advance(timedelta(seconds=1))
        facts = {
            "employees": random.choice([None, 5, 800]),
            "budget": random.choice([None, 5, 1e5]),
        }
        here.submit(Lead(f"L-{n:03}", priority=random.choice([None, None, 1, 3]), **facts))
    waiting = [here.placement(f"L-{n:03}") for n in range(100)]
    unknown = [each for each in waiting if each.lead_score is None]
    assert len(unknown) > 3
    expected = sorted(
        waiting,
        key=lambda each: (
            -each.priority,
            each.lead_score is None,
            -(each.lead_score or 0),
            each.received_at,
        ),
    )
    served, current = [], "first"
    for _ in range(100):
        here.accept(current, "ada")
        here.feedback(current, "lost")
        (current,) = [
            each.lead_id
            for each in waiting
            if here.placement(each.lead_id).status is Status.OFFERED
        ]
        served.append(current)
    assert served == [each.lead_id for each in expected]


class Model:
    """A model that raises or answers something."""

    def __init__(self, answer):
        self.answer = answer

    def predict_proba(self, rows):
        """The answer, or the error."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "answer", [RuntimeError("down"), [[0, float("nan")]], [[-0.2, 1.2]], "hot"], ids=repr
)
def test_a_model_that_fails_loses_no_lead(answer):
    """The lead is placed without a score, the reason says so and names the model."""
    scoring = LeadScoring(fit=SCORING.fit, grades=GRADES, model=NamedModel("odds", Model(answer)))
    here = desk(SENIOR, JUNIOR, scoring=scoring)
    placement = here.submit(Lead("L-1", employees=800))
    assert (placement.status, placement.rep_id) == (Status.OFFERED, "bob")
    assert (placement.lead_score, placement.lead_grade, placement.completeness) == (
        None,
        None,
        0.75,
    )
    ranking = here.router.rank(Lead("L-1", employees=800), here.roster, now=START)
    told = "  Lead score not known, 75% of the facts known: +30 large, the model 'odds' gave no score: "
    assert told in str(ranking)


class Counting(Wrapped):
    """A store that notes what is asked of it."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def __getattr__(self, name):
        found = getattr(self.store, name)
        if callable(found):
            self.asked.append(name)
        return found


def test_scoring_asks_the_store_for_nothing_more():
    """A submission with scoring makes the same requests, in the same order, as one without."""
    asked = []
    for scoring in (None, SCORING):
        store = Counting()
        here = desk(SENIOR, JUNIOR, rules=[Rule("all")], scoring=scoring, store=store)
        store.asked.clear()
        here.submit(Lead("L-1", employees=800, signals=[done("pricing", 90)]))
        asked.append(list(store.asked))
    assert asked[0] == asked[1] != []


def test_without_scoring_no_line_of_it_runs():
    """A policy without lead scoring pays nothing for it."""
    modules = {lead_score.__file__, lead_scoring.__file__}
    ran = []

    def trace(frame, event, _argument):
        if frame.f_code.co_filename in modules:
            ran.append((frame.f_code.co_name, event))
        return trace

    counts = []
    for scoring in (None, SCORING):
        here = desk(SENIOR, JUNIOR, rules=[Rule("all")], scoring=scoring)
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            here.submit(Lead("L-1", employees=800, signals=[done("pricing", 90)]))
            here.sweep()
        finally:
            sys.settrace(before)
        counts.append(len(ran))
    assert counts[0] == 0 < counts[1]


def test_a_trigger_is_a_word():
    """A trigger of 80 characters is kept, one of 81 is refused without being repeated, and nothing is stored."""
    here = desk(SENIOR)
    assert here.submit(Lead("L-1"), trigger="x" * 80).trigger == "x" * 80
    with pytest.raises(
        ValidationError, match=r"Received 'L-2': trigger has 81 characters; write a"
    ):
        here.submit(Lead("L-2"), trigger="y" * 81)
    with pytest.raises(LookupError):
        here.placement("L-2")
    assert here.submit(Lead("L-3")).trigger == ""


def test_a_criterion_that_meets_a_fact_of_the_wrong_type():
    """The error names the scoring and the lead, and nothing is stored."""
    scoring = LeadScoring(fit=[FitCriterion("seats", LEAD["seats"] > 5)])
    here = desk(SENIOR, rules=[Rule("all")], scoring=scoring)
    with pytest.raises(FieldTypeError, match=r"lead_scoring.*L-1"):
        here.submit(Lead("L-1", attributes={"seats": "many"}), on_error="raise")
    with pytest.raises(LookupError):
        here.placement("L-1")
    placement = here.submit(Lead("L-1", attributes={"seats": "many"}))
    assert (placement.status, placement.lead_score) == (Status.CATCH_ALL, None)
    assert placement.reason == "the decision failed with FieldTypeError"


def test_scores_without_an_instant():
    """Without an instant a lead is scored by what needs none; what needs one says so."""
    router = Router(rules=BY_GRADE, lead_scoring=SCORING)
    assert router.match(Lead("L-1", employees=800)).name == "hot"
    assert router.match_all(Lead("L-1", employees=800))[0].name == "hot"
    with pytest.raises(FieldTypeError):
        router.match(Lead("L-1", signals=[done("pricing", 900)]))


def test_a_backlog_is_given_out_by_grade_and_score():
    """Where there is room for one, the lead with the better grade gets it, then the one with the better score."""
    router = Router(rules=[Rule("all")], lead_scoring=SCORING)
    leads = [
        Lead("L-1", employees=5, budget=1e5),
        Lead("L-2", employees=800, budget=5),
        Lead("L-3", employees=5, budget=5),
    ]
    batch = assign_batch(router, leads, Roster([Rep("ada", capacity=1)]), now=START)
    assert dict(batch.owners) == {"L-2": "ada"}
    same = [each.with_changes(priority=1) for each in leads]
    assert [each.lead_id for each in assign_batch(router, same, Roster([Rep("a")])).placed] == [
        "L-2",
        "L-1",
        "L-3",
    ]


def test_words_stored_before_stay_readable():
    """Feedback that was stored before there were dispositions is read, and counts as it did."""
    old = '{"at":"2026-03-04T12:00:00+00:00","closing":true,"rep_id":"ada","status":"won"}'
    assert loads(FeedbackGiven, old).won
    other = (
        '{"at":"2026-03-04T12:00:00+00:00","closing":false,"rep_id":"ada","status":"Closed Won"}'
    )
    assert not loads(FeedbackGiven, other).won
    here = desk(SENIOR, JUNIOR)
    here.submit(Lead("L-1", employees=800))
    here.accept("L-1", "ada")
    closed = here.feedback("L-1", " CLOSED  won ", value=5)
    assert (closed.status, closed.outcome, closed.won) == (Status.CLOSED, "won", True)
    written = dumps(closed).replace('"won":true,', "")
    assert loads(Placement, written) == closed
    assert here.snapshot().won == {"ada": 1}
    assert here.feedback("L-1", "Won") == closed
