from datetime import UTC, datetime

import pytest

from leadroute import LEAD, Factor, Lead, Pool, Qualification, Rep, Roster, Router, Rule
from leadroute.errors import ConfigError, ValidationError
from leadroute.insight.trials import run_tests
from leadroute.ranking.policy_checks import Case

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEAM = Roster([Rep("ada"), Rep("bob", languages={"de"})])


def router(*cases):
    return Router(
        qualify=Qualification([Factor("budget", ~(LEAD.budget == 0), "nurture")]),
        rules=[
            Rule("germany", when=LEAD.country == "DE", pool="german"),
            Rule("seats", when=LEAD["seats"] > 5),
        ],
        pools=[Pool("german", reps={"bob"})],
        tests=cases,
    )


GERMAN = Lead("L-1", country="DE")


def test_passed():
    """A case passes when everything that it expects came out."""
    case = Case(
        "german", lead=GERMAN, rule="germany", pool="german", rep="bob", outcome="assignable"
    )
    (result,) = run_tests(router(case), TEAM)
    assert result.passed
    assert result.ranking.best.rep_id == "bob"


@pytest.mark.parametrize(
    ("lead", "expected", "said"),
    [
        (GERMAN, {"rule": "seats"}, ["rule: expected 'seats', found 'germany'"]),
        (GERMAN, {"pool": "all"}, ["pool: expected 'all', found 'german'"]),
        (
            GERMAN,
            {"rep": "ada", "rule": "x"},
            ["rule: expected 'x', found 'germany'", "rep: expected 'ada', found 'bob'"],
        ),
        (GERMAN, {"outcome": "nurture"}, ["outcome: expected 'nurture', found 'assignable'"]),
        (Lead("L-2"), {"rep": "ada"}, ["rep: expected 'ada', found nothing"]),
        (Lead("L-2"), {"rule": "seats"}, ["rule: expected 'seats', found nothing"]),
        (Lead("L-2"), {"outcome": "no_rule_matched"}, []),
        (Lead("L-3", budget=0), {"outcome": "nurture"}, []),
        (Lead("L-3", budget=0), {"outcome": "disqualified"}, []),
        (
            Lead("L-3", budget=0),
            {"outcome": "reject"},
            ["outcome: expected 'reject', found 'nurture'"],
        ),
    ],
)
def test_differences(lead, expected, said):
    """What came out otherwise is told, one by one."""
    (result,) = run_tests(router(Case("case", lead=lead, **expected)), TEAM)
    assert list(map(str, result.differences)) == said
    assert result.passed is not bool(said)


def test_own_reps_and_instant():
    """A case may bring its reps and its instant."""
    office = Rep("bob", schedule="mon-fri 09:00-17:00", timezone="UTC")
    opened = Case("open", lead=GERMAN, rep="bob", reps=[office], now=AT)
    closed = Case(
        "closed",
        lead=GERMAN,
        outcome="none_available",
        reps=[office],
        now=AT.replace(hour=20),
    )
    assert [result.passed for result in run_tests(router(opened, closed))] == [True, True]


def test_undecided():
    """A case that cannot be decided has failed, with the reason, and the others run on."""
    wrong = Case("wrong", lead=Lead("L-4", attributes={"seats": "many"}), rule="seats")
    right = Case("right", lead=GERMAN, rule="germany")
    first, second = run_tests(router(wrong, right), TEAM)
    assert (first.passed, first.ranking, second.passed) == (False, None, True)
    assert first.problem == (
        "rule 'seats', lead 'L-4': lead['seats'] is a text of 4 characters; it must be a number"
    )


def test_time_that_a_case_lacks():
    """A case about reps with hours that has no time says how a test gives one."""
    team = Roster([Rep("ada", schedule="mon-fri 09:00-17:00")])
    case = Case("late", lead=GERMAN, rule="all")
    (result,) = run_tests(Router(rules=[Rule("all")], tests=[case]), team)
    assert result.problem.endswith("; a test gives it as now = 2026-03-02T09:00:00Z")


def test_refused():
    """A case that expects nothing, or an outcome that there is not, is refused."""
    with pytest.raises(ConfigError) as caught:
        Case("none", lead=GERMAN)
    assert str(caught.value) == "expects nothing; expect a rule, a pool, a rep or an outcome"
    with pytest.raises(
        ValidationError, match="outcome is 'gone'; write one of assignable, disqualified"
    ):
        Case("none", lead=GERMAN, outcome="gone")
    with pytest.raises(ConfigError, match="tests hold a int"):
        Router(rules=[], tests=[5])


def test_no_part_of_equality():
    """Tests decide nothing: with or without them a router is equal, and has one version."""
    case = Case("german", lead=GERMAN, rule="germany")
    assert router(case) == router()
    assert router(case).version == router().version
