"""What `leadroute test` promises."""

import json

from tests.cli.conftest import POLICY

TESTS = """
[[test]]
name = "big leads go to seniors"
lead = { employees = 500, budget = 5 }
expect = { rule = "big", rep = "ada" }

[[test]]
name = "all others to ada"
lead = { employees = 5, budget = 5 }
expect = { rule = "big", rep = "ada" }
now = 2026-03-02T09:00:00Z
"""


def test_passed_and_failed(leadroute, given, write):
    """A line for each test; one that fails is followed by what differs and the whole decision."""
    write("policy.toml", POLICY + TESTS)
    ended = leadroute("test", "policy.toml", "--reps", "reps.csv")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out == (
        "ok    big leads go to seniors\n"
        "FAIL  all others to ada\n"
        "      rule: expected 'big', found 'rest'\n"
        "      rep: expected 'ada', found 'bob'\n"
        "      | Lead test goes to bob (rule 'rest')\n"
        "      |   1. bob  1.00\n"
        "      |        round_robin() 1.00: 0 turns taken, weight 2\n"
        "      |   2. ada  0.00\n"
        "      |        round_robin() 0.00: 0 turns taken\n"
        "2 tests: 1 passed, 1 failed\n"
    )


def test_all_passed(leadroute, given, write):
    """When every test passes the exit code is 0."""
    write("policy.toml", POLICY + TESTS.replace('"big", rep = "ada" }\nnow', '"rest" }\nnow'))
    ended = leadroute("test", "policy.toml", "--reps", "reps.csv")
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "2 tests: 2 passed, 0 failed")


def test_json(leadroute, given, write):
    """With --json the results are one object."""
    write("policy.toml", POLICY + TESTS)
    ended = leadroute("test", "policy.toml", "--json")
    found = json.loads(ended.out)
    assert (ended.code, found["ok"]) == (1, False)
    assert found["tests"][0]["differences"] == [{"what": "rep", "expected": "ada", "found": None}]
    assert found["tests"][0]["ranking"].startswith("Lead test goes to nobody")


def test_undecided(leadroute, given, write):
    """A test that cannot be decided fails with the reason."""
    text = POLICY.replace("lead.employees >= 100", "lead['seats'] > 5")
    lead = '\n[[test]]\nname = "a"\nlead = { budget = 5, attributes = { seats = "x" } }\nexpect = { rule = "big" }\n'
    write("policy.toml", text + lead)
    ended = leadroute("test", "policy.toml")
    assert ended.code == 1
    assert ended.out == (
        "FAIL  a\n"
        "      rule 'big', lead 'test': lead['seats'] is a text of 1 characters; it must be a number\n"
        "1 tests: 0 passed, 1 failed\n"
    )
    assert json.loads(leadroute("test", "policy.toml", "--json").out)["tests"][0]["ranking"] is None


def test_no_tests(leadroute, given):
    """A policy without tests has not passed."""
    ended = leadroute("test", "policy.toml")
    assert (ended.code, ended.out) == (1, "no tests in policy.toml; add [[test]] tables\n")
