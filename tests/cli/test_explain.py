"""What `leadroute explain` and `leadroute diff` promise."""

import json

import pytest

from leadroute import SqliteStore


def test_every_rep_and_every_reason(leadroute, given):
    """The ranking is printed with the reasons for each rep, chosen or not."""
    ended = leadroute("explain", *given, "--lead", "L-1")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "Lead L-1 goes to ada (rule 'big')\n"
        "  1. ada  0.93\n"
        "       skill_match('industry') 0.90 x2: healthcare at level 0.9\n"
        "       free_capacity() 1.00: 0 open of 2\n"
        "  Not eligible:\n"
        "     bob  level is 1; the rule asks for 3 or more\n"
        "  Why this rule: number of employees is at least 100\n"
    )


def test_json(leadroute, given, write):
    """With --json the ranking is one object with every part of the score and every obstacle."""
    write("reps.csv", "id,level,schedule\nada,4,\nbob,1,tue 09:00-17:00\n")
    found = json.loads(leadroute("explain", *given, "--lead", "L-1", "--json").out)
    assert (found["lead_id"], found["outcome"], found["rule"]) == ("L-1", "assignable", "big")
    assert (found["pool"], found["detail"], found["resumes_at"]) == ("everyone", "", None)
    (ada,) = found["assignments"]
    assert (ada["rep_id"], ada["rank"], ada["score"]) == ("ada", 1, 1 / 3)
    assert ada["terms"][0] == {
        "scorer": "skill_match('industry')",
        "weight": 2,
        "points": 0.0,
        "reason": "no skills are known",
    }
    (bob,) = found["rejections"]
    assert [each["code"] for each in bob["obstacles"]] == ["requirement_not_met", "off_hours"]
    assert bob["obstacles"][0]["available_at"] is None
    assert bob["obstacles"][1] == {
        "code": "off_hours",
        "reason": "is not working until Tue 2026-03-03 09:00 UTC",
        "temporary": True,
        "available_at": "2026-03-03T09:00:00+00:00",
    }


def test_when_somebody_is_back(leadroute, given, write):
    """When everybody is away, the instant at which somebody is back is in the object."""
    write("reps.csv", "id,level,schedule\nada,4,tue 09:00-17:00\n")
    found = json.loads(leadroute("explain", *given, "--lead", "L-1", "--json").out)
    assert found["resumes_at"] == "2026-03-03T09:00:00+00:00"
    assert (found["fallback_step"], found["other_pools"], found["ignore_availability"]) == (
        "wait",
        [],
        False,
    )


def test_counts_of_a_store(leadroute, given, files):
    """With --store the reps are judged with what they have open in it."""
    leadroute("route", *given, "--store", files / "crm.db")
    ended = leadroute("explain", *given, "--lead", "L-1", "--store", files / "crm.db")
    assert "free_capacity() 0.50: 1 open of 2" in ended.out
    assert "bob  level is 1; the rule asks for 3 or more\n" in ended.out
    with SqliteStore(files / "crm.db") as store:
        assert len(store.find(status="offered")) == 2


def test_store_that_is_not_there(leadroute, given):
    """A store that is not there is not made: the path is named, and the exit code is 2."""
    ended = leadroute("explain", *given, "--lead", "L-1", "--store", "none.db")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "leadroute: none.db: No such file or directory\n"


def test_lead_that_is_not_there(leadroute, given, write):
    """A lead that the file does not hold is named, with the number of rows that may have been it."""
    ended = leadroute("explain", *given, "--lead", "L-9")
    assert (ended.code, ended.err) == (2, "leadroute: leads.csv: there is no lead 'L-9'\n")
    write("leads.csv", "id,budget\nL-9,5 pm\n")
    ended = leadroute("explain", *given, "--lead", "L-9")
    assert ended.err.endswith("'L-9'; 1 row cannot be read, and may hold it\n")


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


def test_diff_json(leadroute, both, write):
    """With --json each move is an object on a line of its own."""
    write("new.toml", 'format = 1\n[[rule]]\nname = "bob"\nrequire = "rep.level < 2"\n')
    lines = leadroute(*both, "--json").out.splitlines()
    assert json.loads(lines[0]) == {
        "lead_id": "L-1",
        "before": "ada",
        "after": "bob",
        "rule_before": "big",
        "rule_after": "bob",
        "reason": "rule 'bob' instead of rule 'big'; ada: level is 4; the rule asks for less than 2",
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
    assert "  Why not bob: level is 1; the rule asks for 3 or more\n" in ended.out
    assert "It would have gone to bob if\n" in ended.out
    found = json.loads(leadroute(*words, "--json").out)
    assert (found["lead_id"], found["rep_id"]) == ("L-1", "bob")
    assert found["proposals"]


SCORED = """
[lead_scoring]
[[lead_scoring.fit]]
name = "large"
when = "lead.employees >= 100"
[[lead_scoring.grade]]
name = "hot"
at_least = 0.5
respond_within = "5m"
"""


def test_every_lead(leadroute, given, write, files):
    """Without --lead every lead is explained; with --json each is one object a line, with its score."""
    policy = (files / "policy.toml").read_text()
    write("policy.toml", policy.replace("[[rule]]", f"{SCORED}\n[[rule]]", 1))
    ended = leadroute("explain", *given, "--json")
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert [each["lead_id"] for each in found] == ["L-1", "L-2", "L-3"]
    assert [(each["lead_score"], each["lead_grade"]) for each in found] == [
        (1.0, "hot"),
        (0.0, None),
        (0.0, None),
    ]
    assert found[0]["completeness"] == 1.0
    assert found[0]["lead_score_parts"] == [{"name": "large", "points": 1.0}]
    assert found[0]["lead_score_note"] == ""
    assert leadroute("explain", *given).out.count("Lead score ") == 3
    routed = leadroute("route", *given).out.splitlines()
    assert routed[0].endswith('"lead_score","lead_grade","completeness"')
    assert routed[1].endswith(',1.0,"hot",1.0')
    assert routed[2].endswith(',0.0,"",1.0')


def test_bad_rows_among_every_lead(leadroute, given, write):
    """A row that cannot be read is named, and the others are explained."""
    write("leads.csv", "id,employees,budget\nL-1,many,1\nL-2,5,10\n")
    ended = leadroute("explain", *given, "--json")
    assert (ended.code, len(ended.out.splitlines())) == (1, 1)
    assert "leads.csv:2: employees" in ended.err


def test_why_not_needs_a_lead(leadroute, given):
    """A question about a rep is a question about one lead."""
    ended = leadroute("explain", *given, "--why-not", "bob")
    assert ended.code == 2
    assert "--why-not: needs the id of a lead; add --lead ID" in ended.err
