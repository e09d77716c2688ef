"""The steps of a rule: how they are written, what holds at an age, and which are refused."""

import pickle
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import LEAD, REP, Lead, Pool, Rep, Router, Rule
from leadroute.errors import ConfigError, LeadrouteError, UnknownFieldError, ValidationError
from leadroute.offers import Step

TEN, HOUR = timedelta(minutes=10), timedelta(hours=1)
RULE = Rule(
    "all",
    require=REP.level >= 3,
    pool="emea",
    steps=[Step(after="10m", require="rep.level >= 2"), {"after": "1h", "pool": "everyone"}],
    priority=2,
)


def test_what_a_step_leaves_out_stays():
    """A step replaces what it says, and the one behind it goes on from there."""
    assert [(each.step, each.opens) for each in RULE.later] == [(1, TEN), (2, HOUR)]
    first, second = RULE.later
    assert (str(first.require), first.pool) == ("rep.level >= 2", "emea")
    assert (str(second.require), second.pool) == ("rep.level >= 2", "everyone")
    assert [each.step for each in first.later] == [2]
    assert second.later == ()
    assert {each.priority for each in (RULE, *RULE.later)} == {2}


def test_always_asks_for_nothing():
    """A step takes the requirement away with the condition that always holds."""
    rule = Rule("all", require=REP.level >= 3, steps=[Step(after="10m", require="always")])
    assert rule.later[0].require is None


@given(st.timedeltas(-HOUR, 2 * HOUR))
def test_the_last_step_that_has_opened_is_in_force(age):
    """At exactly its time a step holds, and before that the one before it."""
    expected = (age >= TEN) + (age >= HOUR)
    assert RULE.aged(age).step == expected


def test_a_rule_with_steps_is_a_value():
    """It is equal to itself read back, says its steps and counts for the version of its policy."""
    assert pickle.loads(pickle.dumps(RULE)) == RULE
    assert pickle.loads(pickle.dumps(RULE)).later[1].opens == HOUR
    assert "steps=(Step(after=datetime.timedelta(seconds=600), require=" in repr(RULE)
    assert str(RULE.steps[0]) == "10m"
    plain = Rule("all", require=REP.level >= 3, pool="emea", priority=2)
    pools = [Pool("emea", reps={"ada"})]
    versions = {Router(rules=[rule], pools=pools).version for rule in (RULE, plain)}
    assert len(versions) == 2


def test_one_step_needs_no_list():
    """A step alone, and its fields alone, are one step."""
    for given_step in (Step(after="1h", pool="emea"), {"after": HOUR, "pool": "emea"}):
        assert Rule("all", steps=given_step).later[0].pool == "emea"


@pytest.mark.parametrize(
    ("steps", "kind", "message"),
    [
        (
            [{"after": "10m", "pool": "a"}, {"after": "600s", "pool": "b"}],
            ConfigError,
            "steps[1]: opens after 10m, as the step before it does; join them, or change a time",
        ),
        (
            [{"after": "10m", "pool": "a"}, {"after": "5m", "pool": "b"}],
            ConfigError,
            (
                "steps[1]: opens after 5m, which is before the step above it (10m); "
                "write the steps in the order of their times"
            ),
        ),
        (
            [{"after": "10m", "pool": "emea"}],
            ConfigError,
            (
                "steps[0]: changes nothing: after 10m the same pool and requirement hold as before; "
                "write another require or pool, or remove it"
            ),
        ),
        (
            [{"after": "10m"}],
            ConfigError,
            "steps[0]: the step after 10m changes nothing; write require or pool, or remove it",
        ),
        (
            [{"after": "10m", "pool": "apac"}],
            ConfigError,
            "steps[0]: opens the pool 'apac', which fallback.pool_empty asks again; remove it there",
        ),
        (
            [{"after": "0s", "pool": "a"}],
            ConfigError,
            (
                "steps[0]: after is 0s, when the rule itself holds; "
                "write how long a lead has waited by then, such as '10m'"
            ),
        ),
        (
            [{"pool": "a"}],
            ConfigError,
            "steps[0]: after is missing; write how long a lead has waited by then, such as '10m'",
        ),
        (
            [{"aftr": "10m"}],
            UnknownFieldError,
            "steps[0]: there is no field of a step named 'aftr'; did you mean 'after'?",
        ),
        ("10m", ConfigError, "steps[0]: is a str; write Step(after='10m', pool='everyone')"),
        ([5], ConfigError, "steps[0]: is a int; write Step(after='10m', pool='everyone')"),
        (5, ConfigError, "steps[0]: is a int; write Step(after='10m', pool='everyone')"),
    ],
)
def test_steps_that_cannot_be_meant_are_refused(steps, kind, message):
    """Each is refused when the rule is built, with its place and what to write instead."""
    with pytest.raises(kind) as caught:
        Rule("all", pool="emea", fallback={"pool_empty": "pool apac"}, steps=steps)
    assert str(caught.value) == message


def test_a_step_is_checked_by_itself():
    """Its fields are checked where it is made, and one in working time is not a duration."""
    with pytest.raises(ValidationError, match="after '10m working' is not a duration"):
        Step(after="10m working", pool="a")
    with pytest.raises(ValidationError, match="require is 5"):
        Step(after="10m", require=5)
    with pytest.raises(ConfigError, match="changes nothing"):
        Step(after="10m")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            {"after": "10m", "pool": "emae"},
            "rule 'all'.steps[0]: there is no pool named 'emae'; did you mean 'emea'?",
        ),
        (
            {"after": "10m", "require": "predicate('vip')"},
            "rule 'all'.steps[0].require: there is no predicate named 'vip'; known: known",
        ),
    ],
)
def test_what_a_step_names_must_be_there(step, message):
    """An unknown pool or predicate is refused with the rule, the step and the nearest name."""
    with pytest.raises(LeadrouteError) as caught:
        Router(
            rules=[Rule("all", steps=[step])],
            pools=[Pool("emea", reps={"ada"})],
            predicates={"known": lambda lead, rep, now: True},
        )
    assert str(caught.value) == message


def test_a_lead_without_an_age_is_at_the_rule_as_it_is_written():
    """Neither a lead without a receipt nor one from the future has come to a step."""
    rule = Rule("all", require=LEAD.country == "DE", steps=[Step(after="10m", require="always")])
    ranking = Router(rules=[rule]).rank(Lead("L-1", country="DE"), [Rep("ada")])
    assert (ranking.step, ranking.best.rep_id) == (0, "ada")
