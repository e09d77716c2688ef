"""Findings about scores, and about the scoring of leads."""

from datetime import UTC, datetime

import pytest

from leadroute import (
    LEAD,
    REP,
    LeadScoring,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    Signal,
    check,
    close_rate,
    free_capacity,
    round_robin,
    scorer,
    skill_match,
)
from leadroute.conditions import signal
from leadroute.insight.lint.analysis import told
from leadroute.lead_scoring import (
    EngagementSignal,
    FitCriterion,
    LeadGrade,
    LeadScore,
    Logistic,
    NamedModel,
    SourcePoints,
)
from leadroute.model.lead import Lead, with_score
from leadroute.ranking.policy_checks import Case
from leadroute.rules.builders import define
from leadroute.scorers import (
    freshness,
    intent,
    invert,
    least_recent,
    longest_idle,
    max_of,
    source_urgency,
    top_producer,
)

LARGE = FitCriterion("large", LEAD.employees >= 500, 30)
HOT = LeadGrade("hot", 0.7, "5m")


def found(code, *rules, reps=None, **policy):
    """The places of the findings of one code."""
    roster = None if reps is None else Roster(reps)
    router = Router(rules=rules or [Rule("all")], **policy)
    return [each.place for each in check(router, roster) if each.code == code]


def scored(code, *rules, **parts):
    """The places of the findings of one code about a scoring."""
    return found(code, *rules, lead_scoring=LeadScoring(**parts))


@pytest.mark.parametrize(
    ("score", "equal"),
    [
        (intent(), True),
        (3 * freshness(), True),
        (round_robin() + source_urgency(["a"], [1]), True),
        (intent().when(LEAD.budget > 5), True),
        (max_of(intent(), 2 * freshness() + intent()), True),
        (invert(intent()), True),
        (intent().when(REP.level > 2), False),
        (max_of(intent(), free_capacity()), False),
        (skill_match("industry"), False),
    ],
    ids=str,
)
def test_terms_that_are_equal_for_every_rep(score, equal):
    """A term that judges the lead alone puts nobody first, whatever is wrapped around it."""
    assert found("LR304", Rule("a", score=score)) == ["rule[0].score"] * equal


def test_the_best_rep_first():
    """Success alone is found where a rep has no limit, unless something spreads the leads."""

    @scorer
    def mine(context, rep):
        return 1.0

    free, full = [Rep("ada"), Rep("bob")], [Rep("ada", capacity=3), Rep("bob", caps={"day": 3})]
    best = Rule("a", score=close_rate() + skill_match("industry"))
    assert found("LR305", best, reps=free) == ["rule[0].score"]
    assert found("LR305", Rule("a", score=top_producer()), reps=free) == ["rule[0].score"]
    for spread in (free_capacity(), round_robin(), least_recent(), longest_idle(), mine()):
        assert found("LR305", Rule("a", score=close_rate() + spread), reps=free) == []
    assert found("LR305", best, reps=full) == []
    assert found("LR305", best, reps=free[:1]) == []
    assert found("LR305", best, reps=free, caps=["9 per day"]) == []
    assert found("LR305", best) == []
    assert found("LR305", Rule("a"), Rule("b", score=skill_match("industry")), reps=free) == []
    rooms = [Rep("ada", capacity_by_segment={"a": 3}), Rep("bob", capacity_by_segment={"a": 3})]
    assert found("LR305", best, reps=rooms) == []


def test_grades_out_of_reach():
    """What no lead can score is proven, from criteria that exclude one another, or from coefficients."""
    either = [
        FitCriterion("de", LEAD.country == "DE", 30),
        FitCriterion("fr", LEAD.country == "FR", 10),
    ]
    grades = [LeadGrade("top", 0.8, "1h"), LeadGrade("good", 0.75, "1h")]
    assert scored("LR306", fit=either, grades=grades) == ["lead_scoring.grade[0]"]
    assert scored("LR306", fit=[*either, LARGE], grades=grades) == []
    either_way = FitCriterion("either", (LEAD.country == "DE") | (LEAD.budget > 1))
    assert scored("LR306", fit=[*either, either_way], grades=grades) == []
    assert scored("LR306", fit=either, engagement=[EngagementSignal("x")], grades=grades) == []
    assert scored("LR306", sources=[SourcePoints(source="a")], grades=grades) == []
    assert scored("LR306", grades=[HOT]) == ["lead_scoring.grade[0]"]
    against = FitCriterion("student", LEAD.role == "student", -5)
    assert scored("LR306", fit=[against], grades=[HOT]) == []
    many = [
        FitCriterion(str(n), LEAD.country == code) for n, code in enumerate("DE FR GB".split() * 4)
    ]
    assert scored("LR306", fit=many, grades=grades) == []
    weak = Logistic(-3, {"large": 1})
    assert scored("LR306", fit=[LARGE], grades=[HOT], model=weak) == ["lead_scoring.grade[0]"]
    endless = Logistic(-3, {"x": 0.1})
    warm = [EngagementSignal("x")]
    assert scored("LR306", fit=[LARGE], engagement=warm, grades=[HOT], model=endless) == []

    class Model:
        def predict_proba(self, rows):
            return [[0, 1]]

    assert scored("LR306", grades=[HOT], model=NamedModel("m", Model())) == []


def test_points_without_effect():
    """A criterion that always holds tells no lead apart; a part that the model leaves out changes no score."""
    always = FitCriterion("anyone", ~(LEAD.employees < 0))
    assert scored("LR307", fit=[LARGE, always]) == ["lead_scoring.fit[1]"]
    partial = Logistic(0, {"large": 1, "x": 0})
    warm = [EngagementSignal("x")]
    assert scored("LR307", fit=[LARGE], engagement=warm, model=partial) == ["lead_scoring.model"]
    assert scored("LR001", fit=[FitCriterion("never", LEAD.employees < 0)]) == [
        "lead_scoring.fit[0].when"
    ]


def test_idle_grades():
    """A grade is used by a deadline, a priority, or a rule that names it, also in a list or a definition."""
    grades = [
        LeadGrade("a", 0.9, "5m"),
        LeadGrade("b", 0.8, priority=1),
        LeadGrade("c", 0.7),
        LeadGrade("d", 0.6),
        LeadGrade("e", 0.5),
        LeadGrade("f", 0.4),
    ]
    rules = [
        Rule("1", when=LEAD.grade == "c"),
        Rule("2", when=LEAD.grade.in_(["d"]) & (LEAD.budget > 1) & (LEAD.score > 0.1)),
        Rule("3", when=define("good", LEAD.grade == "e")),
        Rule("4", when=LEAD.grade == LEAD.role),
        Rule("5"),
    ]
    assert scored("LR308", *rules, fit=[LARGE], grades=grades) == ["lead_scoring.grade[5]"]


def test_grade_that_does_not_exist():
    """A condition that names a grade which the policy lacks is told, with the nearest one."""
    grades = [LeadGrade("hot", 0.7, "5m")]
    scoring = LeadScoring(fit=[LARGE], grades=grades)
    rules = [
        Rule("1", when=LEAD.grade == "Hot"),
        Rule("2", when=LEAD.grade.in_(["hot", "x"])),
        Rule("3"),
    ]
    told = [
        str(each)
        for each in check(Router(rules=rules, lead_scoring=scoring))
        if each.code == "LR306"
    ]
    assert told == [
        "rule[0].when: warning LR306: there is no grade named 'Hot'; did you mean 'hot'?",
        "rule[1].when: warning LR306: there is no grade named 'x'; name a grade of the policy",
    ]


def test_signals_near_another_word():
    """A signal is compared with those of rules, scorers and tests; where none is near, nothing is said."""
    engagement = [EngagementSignal("pricing_pge"), EngagementSignal("demo")]
    place = ["lead_scoring.engagement[0].signal"]
    asked = Rule("a", when=signal("pricing_page").count > 1)
    assert scored("LR309", asked, engagement=engagement) == place
    for score in (intent("pricing_page"), intent(["pricing_page", "x"])):
        assert scored("LR309", Rule("a", score=score), engagement=engagement) == place
    assert scored("LR309", Rule("a", score=intent()), engagement=engagement) == []
    lead = Lead("L-1", signals=[Signal("pricing_page", datetime(2026, 3, 4, tzinfo=UTC))])
    tests = [Case("t", lead=lead, rule="all")]
    router = Router(
        rules=[Rule("all")], tests=tests, lead_scoring=LeadScoring(engagement=engagement)
    )
    assert [each.place for each in check(router) if each.code == "LR309"] == place


def test_scores_that_nothing_works_out():
    """Reading a score in a policy without scoring is found; reading an attribute of that name is not."""
    rules = [Rule("a", when=LEAD.score > 0.5), Rule("b", when=LEAD["score"] > 5), Rule("c")]
    assert found("LR310", *rules) == ["rule[0].when"]
    assert scored("LR310", *rules, fit=[LARGE]) == []
    pools = [Pool("p", reps={"ada"})]
    assert found("LR310", Rule("a", pool="p"), pools=pools, qualify=LEAD.grade == "hot") == [
        "qualify"
    ]


def test_scoring_reads_quality():
    """A policy that scores its leads reads quality, and with sources it tells them apart."""
    assert "LR302" not in {
        each.code for each in check(Router(rules=[Rule("a")], lead_scoring=LeadScoring()))
    }
    assert scored("LR303", sources=[SourcePoints(source="a")]) == []
    assert scored("LR303", fit=[FitCriterion("a", LEAD.source == "a")]) == []
    assert scored("LR303", fit=[LARGE]) == ["rule"]


def test_invented_leads_have_scores():
    """A lead that shows a finding about scores has one, and says so."""
    rules = [
        Rule("a", when=LEAD.score >= 0.5),
        Rule("b", when=(LEAD.score > 0.7) & (LEAD.grade == "hot")),
    ]
    scoring = LeadScoring(fit=[LARGE], grades=[HOT])
    (finding,) = [
        each for each in check(Router(rules=rules, lead_scoring=scoring)) if each.code == "LR002"
    ]
    assert finding.lead.score > 0.7
    assert told(finding.lead) == "lead.grade == 'hot', lead.score == 1"
    assert told(with_score(Lead("x", country="DE"), LeadScore("x", 0.5))) == (
        "lead.country == 'DE', lead.score == 0.5"
    )
