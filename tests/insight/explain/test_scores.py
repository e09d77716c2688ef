"""What if, where leads are scored: what would have lifted a lead a grade, and what another scoring moves."""

from datetime import UTC, datetime

from attrs import evolve

from leadroute import (
    LEAD,
    REP,
    Lead,
    LeadScoring,
    Rep,
    Roster,
    Router,
    Rule,
    explain,
    why_not,
)
from leadroute.insight import diff
from leadroute.lead_scoring import EngagementSignal, FitCriterion, LeadGrade, SourcePoints

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SCORING = LeadScoring(
    fit=[
        FitCriterion("large", LEAD.employees >= 500, 30),
        FitCriterion("budget", LEAD.budget >= 10_000, 10),
    ],
    sources=[SourcePoints(source="ads", points=10), SourcePoints(source="blog")],
    engagement=[EngagementSignal("pricing", 0.01)],
    grades=[LeadGrade("hot", 0.7), LeadGrade("warm", 0.3)],
)
ROUTER = Router(
    rules=[Rule("hot", when=LEAD.grade == "hot", require=REP.level >= 3), Rule("rest")],
    lead_scoring=SCORING,
)
TEAM = Roster([Rep("ada", level=3), Rep("bob", level=1, weight=9)])
LEAD_1 = Lead("L-1", employees=400, budget=20_000, source="blog")


def proposals(lead, router=ROUTER, rep_id="ada"):
    """What would have given the lead to a rep."""
    found = why_not(router, lead, rep_id, TEAM, now=NOW)
    return [str(change) for changes in found.proposals for change in changes]


def test_what_would_have_lifted_a_lead_a_grade():
    """What criteria ask for and the bound of the grade are proposed, with the grade that follows."""
    told = proposals(
        LEAD_1, evolve(ROUTER, rules=[*ROUTER.rules[:1], Rule("rest", require=REP.level < 3)])
    )
    assert "the lead's number of employees was 500, which makes its grade hot" in told
    assert "the policy's grade 'hot' began at 0.22 instead of 0.7" in told
    assert not any("lead score" in each or "grade was" in each for each in told)


def test_a_signal_lifts_a_lead():
    """The mildest signal that suffices is proposed."""
    scoring = evolve(SCORING, blend=0.2)
    rules = [ROUTER.rules[0], Rule("rest", require=REP.level < 3)]
    told = proposals(LEAD_1, Router(rules=rules, lead_scoring=scoring))
    assert any("one more 'pricing' of" in each and "makes its grade hot" in each for each in told)


def test_a_source_lifts_a_lead():
    """Another source is proposed where its points suffice."""
    rules = [ROUTER.rules[0], Rule("rest", require=REP.level < 3)]
    lead = Lead("L-1", employees=800, budget=20_000, source="other")
    high = evolve(SCORING, grades=[LeadGrade("hot", 0.9)])
    told = proposals(lead, Router(rules=rules, lead_scoring=high))
    assert "the lead's source was 'ads', which makes its grade hot" in told
    assert any("began at 0.8 instead of 0.9" in each for each in told)


def test_a_worse_grade_may_be_what_is_asked_for():
    """Where the lead goes to another rep because it is hot, what makes it colder is proposed."""
    rules = [ROUTER.rules[0], Rule("rest", require=REP.level < 3)]
    told = proposals(Lead("L-1", employees=800), Router(rules=rules, lead_scoring=SCORING), "bob")
    assert any(each.endswith("which makes its grade none") for each in told)


def test_explain_shows_the_score():
    """The explanation says the score, and of an earlier rule what the score was there."""
    found = explain(ROUTER, LEAD_1, TEAM, now=NOW)
    assert "  Lead score 0.22, 100% of the facts known: +10 budget, +1 source blog\n" in str(found)
    assert "'hot': not true that grade is hot (grade is not known)" in str(found)
    warm = explain(ROUTER, LEAD_1.with_changes(employees=None), TEAM, now=NOW)
    assert "not true that grade is hot (grade is warm)" in str(warm)


def test_another_scoring_moves_leads():
    """A lead that is graded otherwise moves, and the reason says so; one whose rep stays does not."""
    old = Router(rules=ROUTER.rules, lead_scoring=SCORING)
    easy = evolve(SCORING, grades=[LeadGrade("hot", 0.2), LeadGrade("warm", 0.1)])
    rules = [ROUTER.rules[0], Rule("rest", require=REP.level < 3)]
    old, new = (Router(rules=rules, lead_scoring=each) for each in (SCORING, easy))
    leads = [LEAD_1, Lead("L-2", employees=800), Lead("L-3")]
    (move,) = diff(old, new, leads, TEAM, now=NOW)
    assert (move.lead_id, move.before, move.after) == ("L-1", "bob", "ada")
    assert move.reason.startswith("grade hot instead of none; rule 'hot' instead of rule 'rest'")
    bare = Router(rules=rules)
    (back,) = diff(new, bare, leads[:1], TEAM, now=NOW)
    assert back.reason.startswith("grade none instead of hot; ")


def test_a_change_that_cannot_be_is_not_proposed():
    """A value that the lead cannot have, such as a budget below 0, is left out without a word."""
    scoring = LeadScoring(
        fit=[FitCriterion("no budget", LEAD.budget <= 0)], grades=[LeadGrade("hot", 0.5)]
    )
    rules = [ROUTER.rules[0], Rule("rest", require=REP.level < 3)]
    told = proposals(Lead("L-1", budget=5), Router(rules=rules, lead_scoring=scoring))
    assert "the lead's budget was 0, which makes its grade hot" in told
    assert not any("-1" in each for each in told)
