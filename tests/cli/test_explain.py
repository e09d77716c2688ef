"""What `leadroute explain` promises."""

import json

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
        "     bob  the rule requires that the rep's level is at least 3\n"
        "  Why this rule: number of employees is at least 100\n"
    )


def test_json(leadroute, given, write):
    """With --json the ranking is one object with every part of the score and every obstacle."""
    write("reps.csv", "id,level,schedule\nada,4,\nbob,1,tue 09:00-17:00\n")
    found = json.loads(leadroute("explain", *given, "--lead", "L-1", "--json").out)
    assert (found["lead_id"], found["outcome"], found["rule"]) == ("L-1", "ranked", "big")
    assert (found["pool"], found["detail"], found["resumes_at"]) == ("everyone", "", None)
    (ada,) = found["assignments"]
    assert (ada["rep_id"], ada["rank"], ada["score"]) == ("ada", 1, 1 / 3)
    assert ada["parts"][0] == {
        "scorer": "skill_match('industry')",
        "weight": 2,
        "points": 0.0,
        "reason": "no skills are known",
    }
    (bob,) = found["rejections"]
    assert [each["criterion"] for each in bob["obstacles"]] == ["requirement", "schedule"]
    assert bob["obstacles"][0]["until"] is None
    assert bob["obstacles"][1] == {
        "criterion": "schedule",
        "reason": "is not working until Tue 2026-03-03 09:00 UTC",
        "temporary": True,
        "until": "2026-03-03T09:00:00+00:00",
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
    assert "bob  the rule requires that the rep's level is at least 3\n" in ended.out
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
    write("leads.csv", "id,budget\nL-9,$5\n")
    ended = leadroute("explain", *given, "--lead", "L-9")
    assert ended.err.endswith("'L-9'; 1 of its rows cannot be read, and may hold it\n")


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
