"""What `leadroute check` and `leadroute test` promise."""

import json

import pytest
from tests.cli.conftest import POLICY

OFFICE = "id,level,schedule\nada,3,always\nbob,1,always\n"
MEANT = """\
format = 1
qualify = "lead.source is present"

[[rule]]
name = "big"
when = "lead.employees >= 100"
require = "rep.level >= 3"

[[rule]]
name = "rest"
"""


@pytest.fixture
def named(given):
    """The options that name a policy, a roster and an instant."""
    return (*given[:4], *given[6:])


def test_nothing_to_find(leadroute, named, write):
    """A policy that can work has no findings, and the exit code is 0."""
    write("policy.toml", MEANT)
    write("reps.csv", OFFICE)
    ended = leadroute("check", *named)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "2 rules, 0 pools, 2 reps: no findings\n"


def test_a_policy_file_may_ask_who_is_free_longest(leadroute, named, write):
    """The scorer is known by its name, with and without its argument."""
    scored = MEANT.replace('name = "rest"', 'name = "rest"\nscore = "longest_idle()"')
    assert scored != MEANT
    write("reps.csv", OFFICE)
    for text in (scored, scored.replace("idle()", "idle('15m')")):
        write("policy.toml", text)
        ended = leadroute("check", *named)
        assert (ended.code, ended.err) == (0, "")
    write("policy.toml", scored.replace("longest_idle()", "longest_idl()"))
    assert "did you mean 'longest_idle'?" in leadroute("check", *named).err


def test_hints_alone(leadroute, named):
    """Hints are told, and the exit code is 0."""
    ended = leadroute("check", *named)
    assert ended.code == 0
    assert [line.partition(": nobody")[0] for line in ended.out.splitlines()[:1]] == ["hint LR203"]
    assert ended.out.splitlines()[-1] == "2 rules, 0 pools, 2 reps: 2 hints"


def test_findings_are_listed(leadroute, named, write):
    """Findings are listed with their line, reps that cannot be read among them, and the exit code is 1."""
    write("policy.toml", MEANT)
    write("reps.csv", "id,level,schedule\nada,2,always\nbob,high,always\n")
    ended = leadroute("check", *named)
    assert ended.code == 1
    first, second, summary = ended.out.splitlines()
    assert first.startswith("reps.csv:3: error LR100: level is 'high'")
    assert second == (
        "line 7: rule[0].require: error LR107: nobody in the pool 'everyone' meets it: rep.level >= 3; "
        "lower it, or change the pool or the reps"
    )
    assert summary == "2 rules, 0 pools, 1 rep: 2 errors"


def test_json(leadroute, named, write):
    """With --json the findings are one object."""
    write("policy.toml", MEANT.replace("rest", "tiny") + 'when = "lead.employees >= 500"\n')
    write("reps.csv", OFFICE)
    told = json.loads(leadroute("check", *named, "--json").out)
    assert {key: told[key] for key in ("ok", "rules", "pools", "reps")} == {
        "ok": False,
        "rules": 2,
        "pools": 0,
        "reps": 2,
    }
    assert told["findings"][0] == {
        "code": "LR002",
        "severity": "error",
        "place": "rule[1]",
        "line": 9,
        "file": None,
        "explanation": "rule 'tiny' is never reached, because 'big' takes all of its leads",
        "remedy": "move it up, or remove it",
        "example": "lead.employees == 500, lead.source == 'example'",
    }


def test_policy_in_json(leadroute, named, write):
    """A policy in JSON has findings with lines too."""
    write("policy.json", '{"format": 1, "rule": [{"name": "a",\n "when": "never"}]}')
    ended = leadroute("check", "--policy", "policy.json", *named[2:])
    assert ended.out.startswith("line 2: rule[0].when: error LR001: can never be true: never")


def test_silence(leadroute, named, write):
    """What the policy silences with a reason is not told."""
    write("policy.toml", MEANT + '[lint]\nignore = { LR203 = "we never sleep" }\n')
    write("reps.csv", "id,level\nada,3\n")
    assert leadroute("check", *named).out == "2 rules, 0 pools, 1 rep: no findings\n"


def test_policy_that_cannot_be_loaded(leadroute, named, write):
    """A policy that cannot be loaded is an error, with exit code 2."""
    write("policy.toml", 'format = 1\n[[rule]]\nname = "a"\npool = "emae"\n')
    ended = leadroute("check", *named)
    assert (ended.code, ended.out) == (2, "")
    assert "there is no pool named 'emae'" in ended.err


def test_policy_that_cannot_be_loaded_in_json(leadroute, named, write):
    """With --json every error of the file is told with its line, as one object; of text as a whole there is no line."""
    write("policy.toml", 'format = 1\n[[rule]]\nname = "a"\npool = "emae"\n[[rule]]\n')
    ended = leadroute("check", *named, "--json")
    assert ended.code == 2
    pool, name = json.loads(ended.out)["errors"]
    assert pool == {
        "file": "policy.toml",
        "line": 4,
        "place": "rule[0].pool",
        "problem": "there is no pool named 'emae'; known: everyone",
    }
    assert (name["line"], name["place"]) == (5, "rule[1].name")
    write(
        "policy.toml",
        'format = 1\nqualify = "always"\n[[qualification]]\nname = "a"\nrequire = "always"\n',
    )
    (whole,) = json.loads(leadroute("check", *named, "--json").out)["errors"]
    assert (whole["file"], whole["line"], whole["place"]) == ("policy.toml", None, "")


def test_findings_of_a_policy_that_builds_on_another(leadroute, named, write):
    """A finding is told with the line of the file that it comes from, and the name of that file when it is another."""
    write(
        "base.toml",
        'format = 1\n\n[[rule]]\nname = "all"\n\n[[rule]]\nname = "late"\nwhen = "lead.budget > 5"\n',
    )
    write(
        "policy.toml",
        'format = 1\nextends = "base.toml"\n\n\n[[rule]]\nname = "first"\nwhen = "never"\n',
    )
    write("reps.csv", OFFICE)
    lines = leadroute("check", *named).out.splitlines()
    assert lines[0].startswith("line 7: rule[0].when: error LR001")
    assert lines[1].startswith("base.toml: line 6: rule[2]: error LR002")


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


def test_test_json(leadroute, given, write):
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
        "1 test: 0 passed, 1 failed\n"
    )
    assert json.loads(leadroute("test", "policy.toml", "--json").out)["tests"][0]["ranking"] is None


def test_no_tests(leadroute, given):
    """A policy without tests has not passed."""
    ended = leadroute("test", "policy.toml")
    assert (ended.code, ended.out) == (1, "no tests in policy.toml; add [[test]] tables\n")
