"""What `leadroute route` promises."""

import csv
import io
import json
import re
import sys

import pytest

from leadroute import SqliteStore
from leadroute.cli import route as module

SUMMARY = re.compile(r"(.+); (\d+) bad rows?; (?:[\d,]+ leads/s|at once)\n")


def rows(printed):
    """Read the rows of output."""
    return list(csv.reader(io.StringIO(printed)))


def test_one_row_for_each_lead(leadroute, given):
    """Every lead gets a row with its status, rep, rule, score and reason, in the order of the file."""
    ended = leadroute("route", *given)
    assert ended.code == 0
    assert rows(ended.out) == [
        ["lead_id", "status", "rep", "rule", "score", "reason_code", "reason"],
        [
            "L-1",
            "offered",
            "ada",
            "big",
            "0.933333",
            "assignable",
            "skill_match('industry') 0.90 x2: healthcare at level 0.9; free_capacity() 1.00: 0 open of 2",
        ],
        [
            "L-2",
            "offered",
            "bob",
            "rest",
            "1.0",
            "assignable",
            "round_robin() 1.00: 0 turns taken, weight 2",
        ],
        ["L-3", "disqualified", "", "", "", "disqualified", "not true that budget is more than 0"],
    ]


def test_summary(leadroute, given):
    """Standard error ends with how many leads went where, the bad rows and the rate."""
    told, bad = SUMMARY.fullmatch(leadroute("route", *given).err).groups()
    assert (told, bad) == ("3 leads: 1 disqualified, 2 offered", "0")


def test_turns_are_told_as_they_stand(leadroute, given, write):
    """The reason of a rotation says how many turns the rep had taken before this lead."""
    write("leads.csv", "id,email,budget\n" + "".join(f"L-{n},a@b.example,5\n" for n in range(6)))
    reasons = [row[6] for row in rows(leadroute("route", *given).out)[1:]]
    assert any("round_robin() 1.00: 1 turn taken" in reason for reason in reasons)


@pytest.mark.parametrize("option", ["--policy", "--reps", "--leads", "--store"])
def test_output_never_replaces_what_the_command_reads(leadroute, given, files, option):
    """An output file that the command reads, under any name of it, is refused and stays as it is."""
    words = ("route", *given, "--store", "kept.db")
    assert leadroute(*words).code == 0
    name = words[words.index(option) + 1]
    before = (files / name).read_bytes()
    ended = leadroute(*words, "--output", f"../{files.name}/{name}")
    assert (ended.code, ended.out) == (2, "")
    assert f"{name}: --output is the file of {option}; name another file" in ended.err
    assert (files / name).read_bytes() == before


def test_no_leads(leadroute, given, write):
    """A file with a header alone is no error."""
    write("leads.csv", "id,employees,industry,budget\n")
    ended = leadroute("route", *given)
    assert (ended.code, ended.out) == (
        0,
        '"lead_id","status","rep","rule","score","reason_code","reason"\n',
    )
    assert SUMMARY.fullmatch(ended.err)[1] == "no leads"


def test_json_lines(leadroute, given):
    """With --json every lead is one JSON object on a line of its own, numbers being numbers."""
    ended = leadroute("route", *given, "--json")
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert [each["status"] for each in found] == ["offered", "offered", "disqualified"]
    assert found[2] == {
        "lead_id": "L-3",
        "status": "disqualified",
        "rep": None,
        "rule": None,
        "score": None,
        "reason_code": "disqualified",
        "reason": "not true that budget is more than 0",
    }
    assert found[0]["score"] == 0.933333


def test_accept(leadroute, given):
    """With --accept every offer is accepted at once, by the rep it is made to."""
    ended = leadroute("route", *given, "--accept")
    assert [row[1:3] for row in rows(ended.out)[1:]] == [
        ["accepted", "ada"],
        ["accepted", "bob"],
        ["disqualified", ""],
    ]


def test_capacity_holds_over_the_file(leadroute, given, write):
    """Each lead counts for those after it: when the reps are full, leads wait, with the reason."""
    write("leads.csv", "id,budget\n" + "".join(f"L-{n},1\n" for n in range(5)))
    ended = leadroute("route", *given)
    assert [row[2] for row in rows(ended.out)[1:4]] == ["bob", "ada", "ada"]
    assert rows(ended.out)[4][1:] == [
        "waiting",
        "",
        "rest",
        "",
        "none_available",
        "nobody is available now",
    ]


def test_bad_rows(leadroute, given, write):
    """Bad rows are named at the end with line and fault, the others are routed, and the exit code is 1."""
    write("leads.csv", "id,budget,employees,industry\nL-1,5 pm,many,\nL-2,5,1,\n,5,1,\n")
    ended = leadroute("route", *given)
    assert (ended.code, len(rows(ended.out))) == (1, 2)
    first, second, summary = ended.err.splitlines()
    assert first.startswith("leads.csv:2: ")
    assert "budget is '5 pm'" in first
    assert "employees is 'many'" in first
    assert second.startswith("leads.csv:4: id ")
    assert SUMMARY.fullmatch(summary + "\n").groups() == ("1 lead: 1 offered", "2")


def test_many_bad_rows(leadroute, given, write, monkeypatch):
    """So many bad rows are named, and the rest are counted, so that memory stays constant."""
    monkeypatch.setattr(module, "NAMED", 2)
    write("leads.csv", "id,budget,employees,industry\n" + "L,x,,\n" * 5)
    ended = leadroute("route", *given)
    assert ended.code == 1
    assert ended.err.splitlines()[2] == "... and 3 more bad rows"


def test_lead_that_the_policy_cannot_judge(leadroute, given, write):
    """A lead whose facts have the wrong type for a rule is told like a bad row, with rule and lead."""
    write("policy.toml", 'format = 1\n[[rule]]\nname = "seats"\nwhen = "lead[\'seats\'] > 5"\n')
    write("leads.csv", "id,seats\nL-1,ten\nL-2,\n")
    ended = leadroute("route", *given)
    assert ended.code == 1
    assert ended.err.startswith("rule 'seats', lead 'L-1': lead['seats'] is a text")
    assert [row[0] for row in rows(ended.out)[1:]] == ["L-2"]


def test_custom_attributes_are_read_as_the_policy_declares(leadroute, given, write):
    """A column that the policy declares as a number is read as one."""
    write(
        "policy.toml",
        'format = 1\n[custom_fields]\nseats = "number"\n[[rule]]\nname = "seats"\nwhen = "lead.seats > 5"\n',
    )
    write("leads.csv", "id,seats\nL-1,10\nL-2,3\n")
    ended = leadroute("route", *given)
    assert [row[1] for row in rows(ended.out)[1:]] == ["offered", "catch_all"]


def test_store_is_kept(leadroute, given, files):
    """With --store the placements stay in the file, and a second run finds them as they are."""
    leadroute("route", *given, "--store", files / "crm.db")
    with SqliteStore(files / "crm.db") as store:
        assert {record.key for record in store.find(status="offered")} == {
            "placement/L-1",
            "placement/L-2",
        }
    ended = leadroute("route", *given, "--store", files / "crm.db")
    assert rows(ended.out)[1] == [
        "L-1",
        "offered",
        "ada",
        "big",
        "",
        "",
        "submitted before, as offered",
    ]
    why = "submitted before, as disqualified: did not pass 'lead.budget > 0'"
    assert rows(ended.out)[3] == ["L-3", "disqualified", "", "", "", "disqualified", why]


def test_offer_that_has_ended_cannot_be_accepted(leadroute, given, files):
    """Leads whose offer ran out before --accept keep their row, which says so."""
    leadroute("route", *given, "--store", files / "crm.db")
    later = ("--now", "2026-03-02T10:00:00Z", "--accept", "--store", files / "crm.db")
    ended = leadroute("route", *given, *later)
    assert ended.code == 0
    assert rows(ended.out)[1][1:3] == ["offered", "ada"]
    assert rows(ended.out)[1][6] == "the offer ended at 2026-03-02 09:05:00 UTC"


def test_output_file(leadroute, given, files):
    """With --output the rows go to a file and standard output stays empty."""
    ended = leadroute("route", *given, "--output", files / "rows.csv")
    assert ended.out == ""
    assert len(rows((files / "rows.csv").read_text(encoding="utf-8"))) == 4


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("leads.json", b'[{"id'),
        ("leads.json", b'[{"id": true} 5'),
        ("leads.csv", "id,budget\nL-1,5\n".encode("utf-16")[:-7]),
    ],
)
def test_output_is_kept_when_the_input_breaks_off_before_any_lead(
    leadroute, given, files, name, written
):
    """What cannot be read at all ends the command, and an output file of another day stays as it is."""
    (files / name).write_bytes(written)
    (files / "rows.csv").write_text("kept", encoding="utf-8")
    ended = leadroute("route", *given, "--leads", name, "--output", files / "rows.csv")
    assert (ended.code, (files / "rows.csv").read_text(encoding="utf-8")) == (2, "kept")
    assert "not read" in ended.err


def test_output_is_printed_or_refused(leadroute, given, files):
    """`--output -` prints the rows, and the file of the leads is never written over."""
    assert len(rows(leadroute("route", *given, "--output", "-").out)) == 4
    leads = given[given.index("--leads") + 1]
    before = (files / leads).read_bytes()
    ended = leadroute("route", *given, "--output", files / leads)
    assert (ended.code, ended.out, (files / leads).read_bytes()) == (2, "", before)
    assert "--output is the file of --leads; name another file" in ended.err


def test_standard_input(leadroute, given, monkeypatch):
    """`--leads -` reads standard input, in the format that --format names."""
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"id": "L-9", "budget": 5}\n{"id": true}\n'))
    ended = leadroute("route", *given, "--leads", "-", "--format", "jsonl")
    assert [row[0] for row in rows(ended.out)[1:]] == ["L-9"]
    told, bad, _ = ended.err.splitlines()
    assert told.startswith("<stdin>: the policy reads lead.employees, lead.industry")
    assert bad.startswith("<stdin>:2: id ")


@pytest.mark.parametrize("sign", "=+-@")
def test_cells_are_not_formulas(leadroute, given, write, sign):
    """A cell that a spreadsheet would run as a formula gets a quote before it."""
    write("leads.csv", f"id,budget\n{sign}cmd,5\n")
    assert rows(leadroute("route", *given).out)[1][0] == f"'{sign}cmd"


def test_bad_roster_is_refused(leadroute, given, write):
    """A roster with bad rows routes nothing: all of them are named, and the exit code is 2."""
    write("reps.csv", "id,level\nada,high\nbob,1\nbob,2\n")
    ended = leadroute("route", *given)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(
        "leadroute: 2 rows are not reps; correct them first:\n  reps.csv:2:"
    )
    assert "\n  reps.csv:4: id 'bob'" in ended.err


def test_bad_policy_is_refused(leadroute, given, write):
    """A policy that cannot be loaded is told with file, line, table and key, and the exit code is 2."""
    write("policy.toml", 'format = 1\n[[rule]]\nname = "a"\nwhen = "lead.contry == \'US\'"\n')
    ended = leadroute("route", *given)
    assert ended.code == 2
    assert "policy.toml:4: rule[0].when" in ended.err
    assert "did you mean 'country'?" in ended.err
