"""What `leadroute check` promises."""

import json

import pytest

from leadroute import LEAD, REP, Pool, Rep, Roster, Router, Rule
from leadroute.cli.check import findings


@pytest.fixture
def named(given):
    """The options that name a policy and a roster."""
    return given[:4]


def told(rules, *reps, pools=()):
    """What is found about a policy with these reps."""
    return [str(each) for each in findings(Router(rules=rules, pools=pools), Roster(reps))]


def test_nothing_to_find(leadroute, named):
    """A policy that can work has no findings, and the exit code is 0."""
    ended = leadroute("check", *named)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "2 rules, 0 pools, 2 reps: no findings\n"


def test_findings_are_listed(leadroute, named, write):
    """Findings are listed with their place, reps that cannot be read among them, and the exit code is 1."""
    write("reps.csv", "id,level\nada,2\nbob,high\n")
    ended = leadroute("check", *named)
    assert ended.code == 1
    first, second, summary = ended.out.splitlines()
    assert first.startswith("reps.csv:3: level is 'high'")
    assert second == "rule 'big': nobody in its pool meets the requirement: rep.level >= 3"
    assert summary == "2 rules, 0 pools, 1 reps: 2 findings"


def test_json(leadroute, named, write):
    """With --json the findings are one object."""
    write("reps.csv", "id,level\nada,2\n")
    assert json.loads(leadroute("check", *named, "--json").out) == {
        "ok": False,
        "rules": 2,
        "pools": 0,
        "reps": 1,
        "findings": [
            {
                "place": "rule 'big'",
                "problem": "nobody in its pool meets the requirement: rep.level >= 3",
            }
        ],
    }


def test_policy_that_cannot_be_loaded(leadroute, named, write):
    """A policy that cannot be loaded is an error, with exit code 2."""
    write("policy.toml", 'format = 1\n[[rule]]\nname = "a"\npool = "emae"\n')
    ended = leadroute("check", *named)
    assert (ended.code, ended.out) == (2, "")
    assert "there is no pool named 'emae'" in ended.err


def test_nobody_active():
    """A roster without an active rep is the one finding, because every other follows from it."""
    expected = ["reps: nobody is active, so every lead goes to the catch-all"]
    assert told([Rule("all", require=REP.level > 3)], Rep("ada", active=False)) == expected


def test_pools():
    """A pool without active reps, with strangers or without a rule is found."""
    pools = [Pool("ghosts", reps={"zoe", "bob"}), Pool("spare", where=REP.level > 0)]
    assert told([Rule("all", pool="ghosts")], Rep("ada", level=1), pools=pools) == [
        "pool 'ghosts': names bob, zoe, who are not among the reps",
        "pool 'ghosts': has no active reps; change its members or its condition",
        "pool 'spare': is used by no rule; name it in one, or remove it",
    ]


def test_no_rule_takes_every_lead():
    """A policy whose every rule has a condition leaves leads to the catch-all, which is found."""
    assert told([Rule("us", when=LEAD.country == "US")], Rep("ada")) == [
        (
            "rules: none takes every lead, so what matches none goes to 'catch-all' "
            "unseen by a rep; end with a rule without `when`"
        )
    ]


def test_rules_that_are_never_reached():
    """Every rule behind one that takes every lead is found."""
    assert told([Rule("all"), Rule("late"), Rule("later")], Rep("ada")) == [
        "rule 'late': is never reached, because 'all' takes every lead",
        "rule 'later': is never reached, because 'all' takes every lead",
    ]


def test_attribute_that_nobody_has():
    """A requirement on an attribute that no rep of the pool has is found."""
    assert told([Rule("all", require=REP["office"] == "Paris")], Rep("ada")) == [
        "rule 'all': requires rep['office'], which no rep of its pool has; add it to the reps"
    ]
    assert told([Rule("all", require=REP["office"] == "Paris")], office("Paris")) == []


def office(name):
    """A rep with an office."""
    return Rep("ada", attributes={"office": name})


def test_requirement_on_the_lead_is_not_guessed_at():
    """Whether a requirement that also asks about the lead can be met is not guessed."""
    assert told([Rule("all", require=LEAD.country.in_(REP.countries))], Rep("ada")) == []
