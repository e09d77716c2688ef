"""What `leadroute diff` and `leadroute explain --why-not` promise."""

import json

import pytest


@pytest.fixture
def both(given, write, files):
    """The words of a command that compares the policy with a stricter one."""
    policy = (files / "policy.toml").read_text(encoding="utf-8")
    write("new.toml", policy.replace(">= 3", ">= 1").replace("lead.employees >= 100", "always"))
    return ("diff", "policy.toml", "new.toml", *given[2:])


def test_moves_are_listed(leadroute, both):
    """Each lead that moves is told with from whom, to whom and why; the summary stands beside."""
    ended = leadroute(*both)
    assert ended.code == 0
    assert ended.err.endswith("of 3 leads move; 0 could not be judged\n")
    assert all(" -> " in line for line in ended.out.splitlines())


def test_equal_policies(leadroute, given):
    """Two policies that are alike move nothing."""
    ended = leadroute("diff", "policy.toml", "policy.toml", *given[2:])
    assert (ended.code, ended.out, ended.err) == (
        0,
        "",
        "0 of 3 leads move; 0 could not be judged\n",
    )


def test_json(leadroute, both, write):
    """With --json each move is an object on a line of its own."""
    write("new.toml", 'format = 1\n[[rule]]\nname = "bob"\nrequire = "rep.level < 2"\n')
    lines = leadroute(*both, "--json").out.splitlines()
    assert json.loads(lines[0]) == {
        "lead_id": "L-1",
        "before": "ada",
        "after": "bob",
        "rule_before": "big",
        "rule_after": "bob",
        "reason": "rule 'bob' instead of rule 'big'; ada: the rule requires that the rep's level is less than 2",
    }


def test_rows_that_cannot_be_judged(leadroute, both, write):
    """A bad row, and a lead that a policy cannot judge, are named, and the exit code is 1."""
    write(
        "new.toml",
        'format = 1\n[[rule]]\nname = "a"\nwhen = "lead[\'x\'] > 5"\n[[rule]]\nname = "b"\n',
    )
    write("leads.csv", "id,employees,budget,attributes.x\nL-1,many,1,1\nL-2,5,1,text\nL-3,5,1,\n")
    ended = leadroute(*both)
    assert ended.code == 1
    assert "employees is 'many'" in ended.err
    assert "2 could not be judged" in ended.err


def test_why_not(leadroute, given):
    """Why a rep does not get the lead is told with the smallest change."""
    words = ("explain", *given, "--lead", "L-1", "--why-not", "bob")
    ended = leadroute(*words)
    assert ended.code == 0
    assert "  Why not bob: the rule requires that the rep's level is at least 3\n" in ended.out
    assert "It would have gone to bob if\n" in ended.out
    found = json.loads(leadroute(*words, "--json").out)
    assert (found["lead_id"], found["rep_id"]) == ("L-1", "bob")
    assert found["proposals"]
