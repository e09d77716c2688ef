"""What happens when nobody is found: how its steps are written, and which are refused."""

import pickle

import pytest
from hypothesis import given

from leadroute import ConfigError, Fallback, Pool, Router, Rule, UnknownFieldError
from leadroute.rules.fallback import read_steps, steps_as_text
from leadroute.testing.strategies import fallback


def test_text_and_list():
    """Steps are text with commas, or a list, which a name with a comma needs."""
    told = Fallback(
        nobody_available=" pool  emea ,ignore_availability", empty_pool=["pool a, b", "wait"]
    )
    assert told.nobody_available == ("pool emea", "ignore_availability")
    assert told.empty_pool == ("pool a, b", "wait")
    assert list(told.pools()) == [("empty_pool", "a, b"), ("nobody_available", "emea")]
    assert pickle.loads(pickle.dumps(told)) == told


@given(fallback())
def test_text_reads_back(told):
    """What is written as text reads back as the same steps."""
    for case, steps in told.said():
        assert read_steps(case, steps_as_text(steps)) == steps
    assert read_steps("empty_pool", steps_as_text(("pool a, b",))) == ("pool a, b",)


def test_who_says_it():
    """A rule goes before the router, and the router before the default."""
    rule, router = Fallback(empty_pool="pool a"), Fallback(empty_pool="wait", no_rule="wait")
    assert rule.steps("empty_pool", router) == ("pool a",)
    assert Fallback().steps("empty_pool", router) == ("wait",)
    assert router.steps("nobody_eligible") == ("catch_all",)
    assert router.steps("nobody_available") == ("wait",)


REMEDY = "write steps such as 'pool emea, wait' or 'catch_all'"


@pytest.mark.parametrize(
    ("case", "steps", "message"),
    [
        ("empty_pool", "", f"empty_pool: has no step ''; {REMEDY}"),
        ("empty_pool", [], f"empty_pool: is empty; {REMEDY}"),
        ("empty_pool", 5, f"empty_pool: is 5; {REMEDY}"),
        ("empty_pool", ["wait", 5], f"empty_pool: is ['wait', 5]; {REMEDY}"),
        ("empty_pool", "park", f"empty_pool: has no step 'park'; {REMEDY}"),
        ("empty_pool", "pool", f"empty_pool: has no step 'pool'; {REMEDY}"),
        (
            "empty_pool",
            "wait, pool a",
            "empty_pool: goes on with 'pool a' after 'wait', which is the end",
        ),
        (
            "nobody_available",
            "pool a, pool a",
            "nobody_available: takes the step 'pool a' twice; once is enough",
        ),
        (
            "nobody_eligible",
            "ignore_availability",
            (
                "nobody_eligible: says 'ignore_availability', which helps only nobody_available: nobody else is there to take the "
                "lead"
            ),
        ),
        (
            "no_rule",
            "pool a",
            (
                "no_rule: asks a pool, but without a rule nobody in it can be judged; add a rule for all leads instead"
            ),
        ),
        (
            "empty_pool",
            f"pool {'a' * 81}",
            "empty_pool: the pool's name has 81 characters ('/' and '%' count three); write at most 80",
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
            lambda: Rule("r", fallback={"no_rule": "wait"}),
            (
                "fallback.no_rule: a rule cannot say what happens when no rule matched; say it in the router's "
                "fallback"
            ),
        ),
        (
            lambda: Rule("r", pool="a", fallback={"empty_pool": "pool a"}),
            "fallback.empty_pool: asks 'a' again, which is the rule's own pool; name another",
        ),
        (
            lambda: Rule("r", fallback={"empty_pool": "pool everyone"}),
            "fallback.empty_pool: asks 'everyone' again, which is the rule's own pool; name another",
        ),
        (
            lambda: Rule("r", fallback={"empty_pol": "wait"}),
            "fallback: there is no case named 'empty_pol'; did you mean 'empty_pool'?",
        ),
        (
            lambda: Rule("r", fallback="wait"),
            "fallback: is 'wait'; write Fallback(nobody_available='pool emea, wait')",
        ),
        (
            lambda: Rule("r", fallback={"empty_pool": "park"}),
            f"fallback.empty_pool: has no step 'park'; {REMEDY}",
        ),
        (
            lambda: Router(
                rules=[], pools=[Pool("emea", reps={"a"})], fallback={"empty_pool": "pool emae"}
            ),
            "fallback.empty_pool: there is no pool named 'emae'; did you mean 'emea'?",
        ),
        (
            lambda: Router(rules=[Rule("r", fallback={"nobody_available": "pool b"})]),
            "rule 'r'.fallback.nobody_available: there is no pool named 'b'; known: everyone",
        ),
    ],
)
def test_refused_in_rule_and_router(build, message):
    """What a rule or a router cannot say is refused when it is built, and the place is named."""
    with pytest.raises(ConfigError) as caught:
        build()
    assert str(caught.value) == message
    assert isinstance(caught.value, UnknownFieldError) == ("no " in message and "named" in message)
