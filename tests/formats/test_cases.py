from datetime import UTC, datetime

import pytest

from leadroute import Lead, Rep, dump_policy
from leadroute.errors import PolicyError
from leadroute.formats.policy_file import parse_policy
from tests.formats.said import unlined

POLICY = """
format = 1

[[pool]]
name = "german"
reps = ["bob"]

[[rule]]
name = "germany"
when = "lead.country == 'DE'"
pool = "german"

"""
TEST = """
[[test]]
name   = "german"
lead   = { country = "DE", budget = 5.5, attributes = { vip = true, tags = ["a"] } }
expect = { rule = "germany", pool = "german", rep = "bob", outcome = "assignable" }
now    = 2026-03-02T09:00:00Z

[[test.rep]]
id     = "bob"
skills = { health = 0.5 }
caps   = { day = 5 }
"""


def test_read():
    """A test has a lead, expectations, an instant and reps."""
    (case,) = parse_policy(POLICY + TEST).tests
    assert case.lead == Lead(
        "test", country="DE", budget=5.5, attributes={"vip": True, "tags": {"a"}}
    )
    assert case.expected == {
        "rule": "germany",
        "pool": "german",
        "rep": "bob",
        "outcome": "assignable",
    }
    assert case.now == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert case.reps == (Rep("bob", skills={"health": 0.5}, caps={"day": 5}),)


@pytest.mark.parametrize("written", ["toml", "json"])
def test_round_trip(written):
    """Writing a policy keeps its tests."""
    router = parse_policy(
        POLICY + TEST + '[[test]]\nname = "b"\nlead = {}\nexpect = { rep = "x" }\n'
    )
    again = parse_policy(dump_policy(router, format=written), written)
    assert again.tests == router.tests
    assert len(again.tests) == 2


def test_instant_as_text():
    """An instant may be text, as in JSON."""
    text = (
        'name = "a"\nlead = {}\nexpect = { pool = "everyone" }\nnow = "2026-03-02T10:00:00+01:00"\n'
    )
    (case,) = parse_policy(f"{POLICY}[[test]]\n{text}").tests
    assert case.now == datetime(2026, 3, 2, 9, tzinfo=UTC)


GOOD = {"lead": "{}", "expect": '{ rule = "germany" }'}


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("lead", "5", "test[0].lead: is not a table; write { country = 'DE', budget = 500 }"),
        (
            "lead",
            "{ contry = 'DE' }",
            "test[0].lead: Lead 'test': contry is not a field; did you mean 'country'?",
        ),
        ("lead", None, "test[0]: lead is missing; write lead = { ... }"),
        ("expect", None, "test[0]: expect is missing; write expect = { ... }"),
        (
            "expect",
            "{}",
            "test[0].expect: is not a table with an expectation; write { rule = 'the name of a rule' }",
        ),
        ("expect", "{ rule = 5 }", "test[0].expect: rule is not text; write it in quotes"),
        (
            "expect",
            "{ rule = 'german' }",
            "test[0].expect: there is no rule named 'german'; did you mean 'germany'?",
        ),
        (
            "expect",
            "{ pool = 'germany' }",
            "test[0].expect: there is no pool named 'germany'; did you mean 'german'?",
        ),
        (
            "expect",
            "{ role = 'germany' }",
            "test[0].expect: there is no expectation named 'role'; did you mean 'rule'?",
        ),
        (
            "expect",
            "{ outcome = 'gone' }",
            (
                "test[0].expect: outcome is 'gone'; write one of assignable, disqualified, no_rule_matched, "
                "pool_empty, none_eligible, none_available, total_time_over, too_old, line_full, "
                "nurture, reject, review"
            ),
        ),
        (
            "rep",
            "5",
            "test[0].rep: is not a list of tables; write [[test.rep]] tables, each with an id",
        ),
        (
            "rep",
            "[5]",
            "test[0].rep: is not a list of tables; write [[test.rep]] tables, each with an id",
        ),
        (
            "rep",
            "[{ id = 'a', capacity = -1 }]",
            "test[0].rep: Rep 'a': capacity is -1; write 0 or more; leave it out when it is not known or has no limit",
        ),
        (
            "now",
            "'today'",
            "test[0].now: is not an instant; write one such as 2026-03-02T09:00:00Z",
        ),
        (
            "now",
            "2026-03-02T09:00:00",
            "test[0].now: is not an instant; write one such as 2026-03-02T09:00:00Z",
        ),
        ("now", "5", "test[0].now: is not an instant; write one such as 2026-03-02T09:00:00Z"),
        (
            "when",
            "5",
            "test[0]: there is no key of a test named 'when'; known: name, lead, expect, rep, now",
        ),
    ],
)
def test_wrong(key, value, problem):
    """What is wrong with a test is told at its place, when the policy is loaded."""
    table = {"name": '"a"', **GOOD, key: value}
    text = "".join(f"{name} = {each}\n" for name, each in table.items() if each is not None)
    with pytest.raises(PolicyError) as caught:
        parse_policy(f"{POLICY}[[test]]\n{text}")
    assert unlined(caught.value) == f"policy: {problem}"
