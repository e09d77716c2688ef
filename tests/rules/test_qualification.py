import pickle

import pytest

from leadroute import (
    LEAD,
    REP,
    Dispatcher,
    Factor,
    Lead,
    MemoryStore,
    Outcome,
    Qualification,
    Rep,
    Roster,
    Router,
    Rule,
    Status,
)
from leadroute.errors import ConfigError, ValidationError
from leadroute.rules.rule import parts_of

BUDGET = Factor("budget", LEAD.budget > 0, "nurture", "has no budget yet")
MAIL = Factor("reachable", LEAD.email.is_present(), "review")
ROUTER = Router(qualify=Qualification([BUDGET, MAIL]), rules=[Rule("all")])
TEAM = Roster([Rep("ada")])


def test_qualified():
    """A lead that fulfils every factor is placed."""
    ranking = ROUTER.rank(Lead("L-1", budget=5, email="a@x.org"), TEAM)
    assert (ranking.outcome, ranking.factor, ranking.verdict) == (Outcome.ASSIGNABLE, None, None)


def test_first_factor_decides():
    """Every factor that fails is told, and the first one says what becomes of the lead."""
    ranking = ROUTER.rank(Lead("L-1"), TEAM)
    assert ranking.outcome is Outcome.DISQUALIFIED
    assert (ranking.factor, ranking.verdict) == ("budget", "nurture")
    assert ranking.detail == "has no budget yet; e-mail is missing"
    later = ROUTER.rank(Lead("L-1", budget=5), TEAM)
    assert (later.factor, later.verdict) == ("reachable", "review")


def test_plain_condition():
    """A plain condition stands for itself, and has no verdict."""
    ranking = Router(qualify=LEAD.budget > 0, rules=[Rule("all")]).rank(Lead("L-1"), TEAM)
    assert (ranking.factor, ranking.verdict) == ("lead.budget > 0", None)
    assert ranking.detail == "not true that budget is more than 0"


def test_placement_remembers():
    """The placement of a disqualified lead carries factor and outcome, and so does its history."""
    dispatcher = Dispatcher(ROUTER, TEAM, MemoryStore())
    placement = dispatcher.submit(Lead("L-1"))
    assert placement.status is Status.DISQUALIFIED
    assert (placement.factor, placement.outcome) == ("budget", "nurture")
    received, disqualified = dispatcher.history("L-1")
    assert (disqualified.factor, disqualified.outcome) == ("budget", "nurture")
    assert (
        received.policy_version
        == disqualified.policy_version
        == placement.policy_version
        == ROUTER.version
    )


def test_pickle():
    """A router with a qualification survives pickling."""
    assert pickle.loads(pickle.dumps(ROUTER)) == ROUTER


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            ("a", None),
            "condition is missing; write what a lead must meet, such as LEAD.budget > 0",
        ),
        (("a", 5), "condition is 5; write a condition such as LEAD.country == 'US'"),
        (("a", LEAD.budget > 0, "drop"), "outcome is 'drop'; write one of nurture, reject, review"),
    ],
)
def test_refused_factor(fields, problem):
    """A factor that cannot work is refused with what to write instead."""
    with pytest.raises(ValidationError, match="Factor") as caught:
        Factor(*fields)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("factors", "problem"),
    [
        ([], "factors are empty; write factors=[Factor(...), ...]"),
        (5, "factors hold a int; write factors=[Factor(...), ...]"),
        ([BUDGET, 5], "factors hold a int; write factors=[Factor(...), ...]"),
        ([BUDGET, BUDGET], "there are two factors named 'budget'; give each a name of its own"),
    ],
)
def test_refused_qualification(factors, problem):
    """A qualification without factors, or with two of one name, is refused."""
    with pytest.raises(ConfigError) as caught:
        Qualification(factors)
    assert str(caught.value) == problem


def test_factor_about_rep():
    """A factor asks about the lead alone, and a predicate that is not there is named with its factor."""
    with pytest.raises(ConfigError) as caught:
        Router(qualify=Qualification([Factor("level", REP.level > 1)]), rules=[])
    assert str(caught.value) == (
        "qualification 'level': asks about the rep; move that to a rule's `require`"
    )


def test_parts():
    """Nothing, a condition or factors: what must hold is listed one by one."""
    assert parts_of(None) == ()
    assert parts_of(LEAD.budget > 0) == (LEAD.budget > 0,)
    assert parts_of(ROUTER.qualify) == (BUDGET, MAIL)
