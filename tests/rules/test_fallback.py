"""What happens when nobody is found: how its steps are written, and which are refused."""

import pickle

import pytest
from hypothesis import given

from leadroute import Fallback, Pool, Router, Rule
from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.rules.rule import read_steps, steps_as_text
from leadroute.testing.strategies import fallback


def test_text_and_list():
    """Steps are text with commas, or a list, which a name with a comma needs."""
    told = Fallback(
        none_available=" pool  emea ,ignore_availability", pool_empty=["pool a, b", "wait"]
    )
    assert told.none_available == ("pool emea", "ignore_availability")
    assert told.pool_empty == ("pool a, b", "wait")
    assert list(told.pools()) == [("pool_empty", "a, b"), ("none_available", "emea")]
    assert pickle.loads(pickle.dumps(told)) == told


def test_waiting_steps_have_one_form():
    """How soon a rep must be back is written in the shortest way, whatever blanks stand between."""
    told = Fallback(none_available="first_back  within 1 hour, next   rule, catch_all")
    assert told.none_available == ("first_back within 1h", "next rule", "catch_all")
    assert repr(told) == "Fallback(none_available='first_back within 1h, next rule, catch_all')"


def test_repr_leaves_out_what_was_not_said():
    """It shows the cases that have steps, as they are written."""
    assert repr(Fallback(pool_empty=["wait"])) == "Fallback(pool_empty='wait')"
    assert repr(Fallback()) == "Fallback()"


@given(fallback())
def test_text_reads_back(told):
    """What is written as text reads back as the same steps."""
    for case, steps in told.said():
        assert read_steps(case, steps_as_text(steps)) == steps
    assert read_steps("pool_empty", steps_as_text(("pool a, b",))) == ("pool a, b",)


def test_who_says_it():
    """A rule goes before the router, and the router before the default."""
    rule, router = (
        Fallback(pool_empty="pool a"),
        Fallback(pool_empty="wait", no_rule_matched="wait"),
    )
    assert rule.steps("pool_empty", router) == ("pool a",)
    assert Fallback().steps("pool_empty", router) == ("wait",)
    assert router.steps("none_eligible") == ("catch_all",)
    assert router.steps("none_available") == ("wait",)


REMEDY = "write steps such as 'pool emea, wait' or 'catch_all'"


@pytest.mark.parametrize(
    ("case", "steps", "message"),
    [
        ("pool_empty", "", f"pool_empty: has no step ''; {REMEDY}"),
        ("pool_empty", [], f"pool_empty: is empty; {REMEDY}"),
        ("pool_empty", 5, f"pool_empty: is 5; {REMEDY}"),
        ("pool_empty", ["wait", 5], f"pool_empty: is ['wait', 5]; {REMEDY}"),
        ("pool_empty", "park", f"pool_empty: has no step 'park'; {REMEDY}"),
        ("pool_empty", "pool", f"pool_empty: has no step 'pool'; {REMEDY}"),
        (
            "pool_empty",
            "wait, pool a",
            "pool_empty: goes on with 'pool a' after 'wait', which is the end",
        ),
        (
            "none_available",
            "pool a, pool a",
            "none_available: takes the step 'pool a' twice; once is enough",
        ),
        (
            "none_eligible",
            "ignore_availability",
            (
                "none_eligible: says 'ignore_availability', which helps only none_available: nobody else is there to "
                "take the lead"
            ),
        ),
        (
            "no_rule_matched",
            "pool a",
            (
                "no_rule_matched: asks a pool, but without a rule nobody in it can be judged; add a rule for all leads "
                "instead"
            ),
        ),
        (
            "none_available",
            "first_back within 48 hours",
            (
                "none_available: ends with 'first_back within 2d', and does not say what happens when nobody is back "
                "by then; write 'first_back within 2d, catch_all'"
            ),
        ),
        (
            "none_available",
            "first_back, wait",
            (
                "none_available: has the step 'first_back'; write how soon a rep must be back, such as "
                "'first_back within 48h'"
            ),
        ),
        (
            "none_available",
            "first_back within 0s, wait",
            (
                "none_available: has the step 'first_back within 0s'; write how soon a rep must be back, such as "
                "'first_back within 48h'"
            ),
        ),
        (
            "none_available",
            "first_back within soon, wait",
            (
                "none_available: 'first_back within soon': 'soon' is not a duration; write it like '90s', '5m', "
                "'1h30m', '2d', '1w' or '5 minutes'"
            ),
        ),
        ("no_rule_matched", "next rule", f"no_rule_matched: has no step 'next rule'; {REMEDY}"),
        (
            "pool_empty",
            "next rule, next  rule",
            "pool_empty: takes the step 'next rule' twice; once is enough",
        ),
        (
            "pool_empty",
            f"pool {'a' * 81}",
            "pool_empty: the pool's name has 81 characters ('/' and '%' count three); write at most 80",
        ),
    ],
)
def test_refused_steps(case, steps, message):
    """Steps that cannot be taken are refused with the case, and with what to write instead."""
    with pytest.raises(ConfigError) as caught:
        Fallback(**{case: steps})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: Rule("r", fallback={"no_rule_matched": "wait"}),
            (
                "fallback.no_rule_matched: a rule cannot say what happens when no rule matched; say it in the router's "
                "fallback"
            ),
        ),
        (
            lambda: Rule("r", pool="a", fallback={"pool_empty": "pool a"}),
            "fallback.pool_empty: asks 'a' again, which is the rule's own pool; name another",
        ),
        (
            lambda: Rule("r", fallback={"pool_empty": "pool everyone"}),
            "fallback.pool_empty: asks 'everyone' again, which is the rule's own pool; name another",
        ),
        (
            lambda: Rule("r", fallback={"pool_empt": "wait"}),
            "fallback: there is no case named 'pool_empt'; did you mean 'pool_empty'?",
        ),
        (
            lambda: Rule("r", fallback="wait"),
            "fallback: is 'wait'; write Fallback(none_available='pool emea, wait')",
        ),
        (
            lambda: Rule("r", fallback={"pool_empty": "park"}),
            f"fallback.pool_empty: has no step 'park'; {REMEDY}",
        ),
        (
            lambda: Router(
                rules=[], pools=[Pool("emea", reps={"a"})], fallback={"pool_empty": "pool emae"}
            ),
            "fallback.pool_empty: there is no pool named 'emae'; did you mean 'emea'?",
        ),
        (
            lambda: Router(rules=[Rule("r", fallback={"none_available": "pool b"})]),
            "rule 'r'.fallback.none_available: there is no pool named 'b'; known: everyone",
        ),
    ],
)
def test_refused_in_rule_and_router(build, message):
    """What a rule or a router cannot say is refused when it is built, and the place is named."""
    with pytest.raises(ConfigError) as caught:
        build()
    assert str(caught.value) == message
    assert isinstance(caught.value, UnknownFieldError) == ("no " in message and "named" in message)
