"""What happens when nobody is found: how its steps are written, and which are refused."""

import pickle

import pytest
from hypothesis import given

from leadroute import ConfigError, Otherwise, Pool, Router, Rule, UnknownFieldError
from leadroute.rules.fallback import read_steps, steps_as_text
from leadroute.testing.strategies import otherwise


def test_text_and_list():
    """Steps are text with commas, or a list, which a name with a comma needs."""
    told = Otherwise(nobody_available=" pool  emea ,anyway", empty_pool=["pool a, b", "hold"])
    assert told.nobody_available == ("pool emea", "anyway")
    assert told.empty_pool == ("pool a, b", "hold")
    assert list(told.pools()) == [("empty_pool", "a, b"), ("nobody_available", "emea")]
    assert pickle.loads(pickle.dumps(told)) == told


@given(otherwise())
def test_text_reads_back(told):
    """What is written as text reads back as the same steps."""
    for case, steps in told.said():
        assert read_steps(case, steps_as_text(steps)) == steps
    assert read_steps("empty_pool", steps_as_text(("pool a, b",))) == ("pool a, b",)


def test_who_says_it():
    """A rule goes before the router, and the router before the default."""
    rule, router = Otherwise(empty_pool="pool a"), Otherwise(empty_pool="hold", no_rule="hold")
    assert rule.steps("empty_pool", router) == ("pool a",)
    assert Otherwise().steps("empty_pool", router) == ("hold",)
    assert router.steps("nobody_eligible") == ("catch-all",)
    assert router.steps("nobody_available") == ("hold",)


REMEDY = "write steps such as 'pool emea, hold' or 'catch-all'"


@pytest.mark.parametrize(
    ("case", "steps", "message"),
    [
        ("empty_pool", "", f"empty_pool: has no step ''; {REMEDY}"),
        ("empty_pool", [], f"empty_pool: is empty; {REMEDY}"),
        ("empty_pool", 5, f"empty_pool: is 5; {REMEDY}"),
        ("empty_pool", ["hold", 5], f"empty_pool: is ['hold', 5]; {REMEDY}"),
        ("empty_pool", "wait", f"empty_pool: has no step 'wait'; {REMEDY}"),
        ("empty_pool", "pool", f"empty_pool: has no step 'pool'; {REMEDY}"),
        (
            "empty_pool",
            "hold, pool a",
            "empty_pool: goes on with 'pool a' after 'hold', which is the end",
        ),
        (
            "nobody_available",
            "pool a, pool a",
            "nobody_available: takes the step 'pool a' twice; once is enough",
        ),
        (
            "nobody_eligible",
            "anyway",
            (
                "nobody_eligible: says 'anyway', which helps only nobody_available: nobody else is there to take the "
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
        Otherwise(**{case: steps})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: Rule("r", otherwise={"no_rule": "hold"}),
            (
                "otherwise.no_rule: a rule cannot say what happens when no rule matched; say it in the router's "
                "otherwise"
            ),
        ),
        (
            lambda: Rule("r", pool="a", otherwise={"empty_pool": "pool a"}),
            "otherwise.empty_pool: asks 'a' again, which is the rule's own pool; name another",
        ),
        (
            lambda: Rule("r", otherwise={"empty_pool": "pool everyone"}),
            "otherwise.empty_pool: asks 'everyone' again, which is the rule's own pool; name another",
        ),
        (
            lambda: Rule("r", otherwise={"empty_pol": "hold"}),
            "otherwise: there is no case named 'empty_pol'; did you mean 'empty_pool'?",
        ),
        (
            lambda: Rule("r", otherwise="hold"),
            "otherwise: is 'hold'; write Otherwise(nobody_available='pool emea, hold')",
        ),
        (
            lambda: Rule("r", otherwise={"empty_pool": "wait"}),
            f"otherwise.empty_pool: has no step 'wait'; {REMEDY}",
        ),
        (
            lambda: Router(
                rules=[], pools=[Pool("emea", reps={"a"})], otherwise={"empty_pool": "pool emae"}
            ),
            "otherwise.empty_pool: there is no pool named 'emae'; did you mean 'emea'?",
        ),
        (
            lambda: Router(rules=[Rule("r", otherwise={"nobody_available": "pool b"})]),
            "rule 'r'.otherwise.nobody_available: there is no pool named 'b'; known: everyone",
        ),
    ],
)
def test_refused_in_rule_and_router(build, message):
    """What a rule or a router cannot say is refused when it is built, and the place is named."""
    with pytest.raises(ConfigError) as caught:
        build()
    assert str(caught.value) == message
    assert isinstance(caught.value, UnknownFieldError) == ("no " in message and "named" in message)
