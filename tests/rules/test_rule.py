from datetime import timedelta

import pytest

from leadroute import LEAD, REP, Lead, Pool, Rep, Router, Rule, free_capacity
from leadroute.errors import ConfigError, FieldTypeError, UnknownFieldError, ValidationError
from leadroute.rules.cleaning import read_ignored
from leadroute.rules.parser import parse
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.rule import Factor, Qualification, whole_of


def test_a_rule_holds_what_it_was_given():
    """A rule is a value; its window is read from text."""
    rule = Rule("r", when=LEAD.budget > 0, score=free_capacity(), pool="p", accept_within="1h")
    assert rule.accept_within == timedelta(hours=1)
    assert rule == Rule(
        "r", when=LEAD.budget > 0, score=free_capacity(), pool="p", accept_within="60m"
    )
    assert Rule("r").accept_within is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"when": "lead.bugdet > 0"},
            "when cannot be read: .*no field 'bugdet'; did you mean 'budget'",
        ),
        (
            {"require": True},
            "require is True, as `is`.* give; write a condition such as LEAD.country ==",
        ),
        ({"require": 5}, "require is 5; write a condition such as LEAD.country == 'US'"),
        (
            {"when": [LEAD.budget > 0, LEAD.budget < 9]},
            r"when is a list; join conditions with &: \(a\) & \(b\)",
        ),
        ({"when": len}, r"when is a function; .*, or predicate\('name'\) and Router\(predicates="),
        ({"score": free_capacity}, r"score is free_capacity without its brackets; write free_cap"),
        ({"score": "round_robin()"}, r"score is the text 'round_robin\(\)'; .*, without quotes"),
        ({"score": {"a": 1}}, r"score is a dict; add scorers, each with its weight: 2 \* free_"),
        ({"score": len}, "score is a function; write @scorer above it, and call it with its br"),
        ({"pool": ["ada"]}, r"pool is of type list; write the name of a pool, and Router\(pools="),
        ({"score": 5, "pool": ""}, r"score is 5; write a scorer such as .*; pool is empty"),
    ],
)
def test_fields_of_the_wrong_kind(fields, said):
    """Every wrong field of a rule is named."""
    with pytest.raises(ValidationError, match=rf"Rule.*: {said}"):
        Rule("r", **fields)


@pytest.mark.parametrize("window", ["0s", timedelta(0), "soon"])
def test_a_window_lasts(window):
    """An offer must stand for some time."""
    with pytest.raises(ConfigError, match=r"is 0s|is not a duration"):
        Rule("r", accept_within=window)


def test_a_pool_has_members():
    """A pool names its reps, or says how to know them."""
    assert Pool("p", reps=["a", "b"]).reps == {"a", "b"}
    assert Pool("p", reps=[]).reps == frozenset()
    assert Pool("p", where=REP.level > 1).reps is None
    with pytest.raises(ConfigError, match="pool 'p' has no members; write reps="):
        Pool("p")
    with pytest.raises(ValidationError, match="reps is 'ada'; write a set of names"):
        Pool("p", reps="ada")


def test_a_situation_without_an_instant():
    """Whoever needs the instant is told how to give it."""
    with pytest.raises(FieldTypeError, match=r"now is not known; it must be given: rank\(lead"):
        _ = RoutingContext(Lead("L-1"), (Rep("ada"),), "everyone").now


def test_a_flag_is_a_condition():
    """A flag stands for the question whether it is true, in code as in text; another field does not."""
    assert Rule("a", when=LEAD["vip"]).when == parse("lead['vip']")
    assert Rule("a", require=REP.active).require == parse("rep.active")
    with pytest.raises(
        ValidationError, match=r"when is <FieldExpr lead.budget>; write a condition such as"
    ):
        Rule("a", when=LEAD.budget)


@pytest.mark.parametrize("given", [["LR004"], {"LR004": " "}, {"LR004": None}, {4: "meant"}])
def test_finding_is_not_silenced_without_a_reason(given):
    """Findings of the lint are silenced by code, each with its reason."""
    with pytest.raises(ConfigError, match=r'write {"LR004": "reason"}'):
        read_ignored(given)
    assert read_ignored({"LR004": "meant"}) == {"LR004": "meant"}


def test_condition_of_a_qualification_is_all_of_its_factors():
    """A qualification is one condition: every factor must hold."""
    factors = Qualification([Factor("budget", LEAD.budget > 0), Factor("big", LEAD.employees > 5)])
    assert str(whole_of(factors)) == "lead.budget > 0 and lead.employees > 5"
    assert str(whole_of(LEAD.budget > 0)) == "lead.budget > 0"
    assert whole_of(None) is None


def test_conditions_may_be_text():
    """A rule takes the text of its conditions, and a router its rules without a name."""
    rule = Rule("a", when="lead.country == 'US'", require="rep.level >= 2")
    assert rule == Rule("a", when=LEAD.country == "US", require=REP.level >= 2)
    assert Router([rule]) == Router(rules=[rule])


def test_a_list_that_nothing_reads_is_refused():
    """Only the lists that conditions know may be replaced."""
    with pytest.raises(UnknownFieldError, match="free_mial"):
        Router([Rule("a")], lists={"free_mial": {"a.example"}})
