"""What the command tells of the columns of leads, and what reaches a terminal."""

import io
import json
import sys
from random import Random

import pytest

from leadroute.cli import console as module
from leadroute.cli import route
from leadroute.cli.console import in_json, shown

SALES = 'Lead ID,Email Address,No. of Employees,Industry,budget,NPS Score\nL-1,a@b.de,"1.000",health,5,9\n'
HOSTILE = ["\x1b[31mred", "a\u202eb", "a\x9bb", "a\u2028b", "a\nb", "a\x85b", "\ufeffa"]


def test_columns_are_told_before_the_first_lead(leadroute, given, write):
    """Columns that bear another name, and those that fill nothing, are told once; the others are not."""
    write("leads.csv", SALES)
    ended = leadroute("route", *given, "--decimal", ",")
    first, second, _ = ended.err.splitlines()
    assert first == (
        "leads.csv: 'Lead ID' fills id, 'Email Address' fills email, 'No. of Employees' fills employees"
    )
    assert second == "leads.csv: no field: 'NPS Score' fills attributes.nps_score"
    assert ended.out.splitlines()[1].startswith('"L-1","offered","ada","big"')


def test_many_columns_are_counted(leadroute, given, write, monkeypatch):
    """So many columns are named, and the rest are counted."""
    monkeypatch.setattr(module, "LISTED", 1)
    write("leads.csv", SALES)
    ended = leadroute("route", *given, "--decimal", ",")
    assert ended.err.splitlines()[0] == "leads.csv: 'Lead ID' fills id and 2 more"


def test_what_the_policy_reads_and_no_column_fills_is_told(leadroute, given, write):
    """Fields of conditions and of scorers are told before the first lead; a declared country counts as filled."""
    write("leads.csv", "id,First Name\nL-1,Ann\n")
    ended = leadroute("route", *given)
    assert (
        "leads.csv: the policy reads lead.budget, lead.employees, lead.industry, which no column fills"
        in ended.err
    )
    policy = 'format = 1\nqualify = "lead.name is present"\n[[rule]]\nname = "a"\nwhen = "lead.country == \'US\'"\n'
    write("policy.toml", policy)
    assert "the policy reads lead.country, which no column fills" in leadroute("route", *given).err
    ended = leadroute("route", *given, "--country", "US")
    assert (ended.code, "the policy reads" in ended.err) == (0, False)


def test_keys_of_json_are_told_before_the_first_lead(leadroute, given, write, files, monkeypatch):
    """JSON has no header, so its first rows say which keys there are and what the policy misses."""
    monkeypatch.setattr(route, "PEEKED", 2)
    rows = [
        {"Lead ID": "1"},
        {"Lead ID": "2", "No. of Employees": 5},
        {"Lead ID": "3", "Sector": "it"},
    ]
    write("leads.jsonl", "\n".join(map(json.dumps, rows)))
    ended = leadroute("route", *given, "--leads", "leads.jsonl")
    assert ended.err.splitlines()[:2] == [
        "leads.jsonl: 'Lead ID' fills id, 'No. of Employees' fills employees",
        (
            "leads.jsonl: the policy reads lead.budget, lead.industry, which no column fills; "
            "--map says which one does"
        ),
    ]
    assert ended.out.count("\n") == 4


def test_a_near_field_is_told_with_what_reads_it(leadroute, given, write):
    """A column that could be an instant is told with the option that reads it."""
    write("leads.csv", "id,Created Time,employees,industry,budget,Phone2,Phone\nL-1,x,5,,5,1,2\n")
    told = leadroute("route", *given).err
    assert "--map 'Created Time=received_at' or --timezone, with the zone of its times" in told
    assert (
        "'Phone2' fills attributes.phone2, nearly phone; to read it as such, say --map 'Phone2=phone'"
        in told
    )


def test_maps_of_the_command(leadroute, given, write):
    """A preset, a file and single columns are put together; what maps nothing is refused."""
    write("map.toml", 'preset = "salesforce"\n[columns]\n"Ref" = "id"\n')
    write("leads.csv", "Ref,Money,employees,industry\nL-1,5,,\n")
    ended = leadroute("route", *given, "--columns", "map.toml", "--map", "Money=budget")
    assert (ended.code, ended.out.splitlines()[1][:15]) == (0, '"L-1","offered"')
    ended = leadroute("route", *given, "--map", "Money")
    assert (ended.code, "'Money' maps nothing; write one such as 'Lead ID=id'" in ended.err) == (
        2,
        True,
    )
    ended = leadroute("route", *given, "--map", "Mony=budget", "--map", "Ref=id")
    assert (ended.code, ended.out) == (2, "")
    assert "leads.csv: --map: there is no column named 'Mony'; did you mean 'Money'?" in ended.err
    ended = leadroute("route", *given, "--columns", "salesfroce")
    assert (ended.code, "did you mean 'salesforce'?" in ended.err) == (2, True)


def test_leads_are_checked_without_a_policy(leadroute, given, write):
    """Every column and every fault is told, and nothing is routed; a fault makes the exit code 1."""
    write("leads.csv", SALES + "L-2,no address,,,,\n")
    ended = leadroute("check", "--leads", "leads.csv", "--decimal", ",")
    assert (ended.code, ended.out.splitlines()) == (
        1,
        [
            "'Lead ID' fills id",
            "'Email Address' fills email",
            "'No. of Employees' fills employees",
            "'Industry' fills industry",
            "'budget' fills budget",
            "'NPS Score' fills attributes.nps_score",
            (
                "leads.csv:3: email (column 'Email Address') is not an e-mail address (value withheld); "
                "write it like 'name@example.com'"
            ),
            "leads.csv: 1 lead, 1 bad row",
        ],
    )


def test_leads_are_checked_beside_a_policy(leadroute, given, write):
    """With a policy, what it reads and no column fills is told too; as JSON all is one object."""
    write("leads.csv", "id,Zip,Country\nL-1,2139,USA\n")
    words = ("check", *given[:4], *given[6:], "--leads", "leads.csv")
    told = leadroute(*words).out
    assert (
        "the policy reads lead.budget, lead.employees, lead.industry, which no column fills\n"
        in told
    )
    assert "leads.csv: 1 lead, 0 bad rows; 1 postal code got its zeros back\n" in told
    found = json.loads(leadroute(*words, "--json").out)["leads"]
    assert (found["leads"], found["bad"], found["restored"]) == (1, 0, 1)
    assert found["columns"][1] == {"header": "Zip", "fills": "postal_code", "near": None}
    assert found["unread"] == ["lead.budget", "lead.employees", "lead.industry"]
    assert found["faults"] == []


def test_check_needs_something_to_check(leadroute, given):
    """A policy without reps, or nothing at all, is refused."""
    for words in ((), ("--policy", "policy.toml")):
        ended = leadroute("check", *words)
        assert (ended.code, "check takes --policy and --reps, or --leads" in ended.err) == (2, True)


def test_faults_of_leads_as_json(leadroute, given, write):
    """Each fault has its line, its field and what is wrong."""
    write("leads.csv", "id,budget\nL-1,x\n")
    ended = leadroute("check", "--leads", "leads.csv", "--json")
    (fault,) = json.loads(ended.out)["leads"]["faults"]
    assert (ended.code, fault["line"], fault["field"]) == (1, 2, "budget")


def test_standard_input_has_a_mark(leadroute, given, monkeypatch):
    """UTF-16 with its mark is read from standard input too."""
    written = io.BytesIO("id,employees,industry,budget\nL-9,,,5\n".encode("utf-16"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(written)))
    assert '"L-9","offered"' in leadroute("route", *given, "--leads", "-").out


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_raw_reaches_a_terminal(leadroute, given, write, monkeypatch, terminal, name):
    """Ids and names with escapes, C1, turns of direction and line separators stay on one line, in every command."""
    lead = json.dumps([{"id": name, "budget": 5, "employees": 1, "industry": "x"}])
    write("leads.json", lead)
    write("reps.json", json.dumps([{"id": f"r{name}", "name": name}]))
    options = (*given[:2], "--reps", "reps.json", "--leads", "leads.json", *given[6:])
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    leadroute("route", *options)
    leadroute("route", *options, "--json")
    leadroute("explain", *options, "--lead", name.strip("\ufeff"))
    leadroute("explain", *options, "--lead", name, "--why-not", f"r{name}")
    leadroute("check", *options)
    told = terminal.getvalue().replace("\r", "")
    assert shown(told) == told
    assert "a\nb" not in told


def test_json_escapes_what_a_terminal_would_follow():
    """The escape says which character it was, so that nothing is lost."""
    assert in_json({"a": "x\u202e\x9b"}) == '{"a": "x\\u202e\\u009b"}'


def test_200_hostile_ids_over_the_commands(leadroute, given, write, monkeypatch, terminal):
    """Two hundred ids of all sorts of characters reach no terminal raw: as CSV, as JSON, in reasons and in reports."""
    random = Random(13)
    marks = "\x01\x07\x08\x1b\x7f\x80\x9b\u061c\u200e\u2028\u2029\u202a\u202e\u2066\u2069\n\t"
    names = ["".join(random.choices(marks + "ab", k=6)).strip() + f"x{n}" for n in range(200)]
    write(
        "leads.json",
        json.dumps([{"id": name, "budget": 5, "employees": 1, "industry": "x"} for name in names]),
    )
    write("reps.json", json.dumps([{"id": name, "name": f"n{name}"} for name in names[:3]]))
    options = (*given[:2], "--reps", "reps.json", "--leads", "leads.json", *given[6:])
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    leadroute("route", *options, "--store", "s.db", "--accept")
    leadroute("route", *options, "--json")
    leadroute("report", "--store", "s.db")
    leadroute("check", *options)
    rule = "[[rule]]\nname = \"r\\u001b[31m\\u202e\"\nrequire = \"rep['desk'] == '\\u009bx'\"\n"
    test = '[[test]]\nname = "t\\u001b[31m"\nlead = {}\nexpect = { outcome = "assignable" }\n'
    write("other.toml", f"format = 1\n{rule}{test}")
    assert leadroute("diff", "policy.toml", "other.toml", *options[2:]).code == 0
    assert leadroute("explain", "--policy", "other.toml", *options[2:]).code == 0
    assert leadroute("show", "other.toml").code == 0
    assert leadroute("test", "other.toml", "--reps", "reps.json").code == 1
    for name in names[:20]:
        leadroute("explain", *options, "--lead", name)
        leadroute("explain", *options, "--lead", name, "--why-not", names[1], "--json")
    told = terminal.getvalue().replace("\r", "")
    assert told.count("x7") > 2
    assert shown(told) == told


def test_the_policys_own_score_needs_no_column(leadroute, write, files, monkeypatch):
    """A rule may read the grade that the policy gives; the facts that the score reads are asked for as any other."""
    monkeypatch.chdir(files)
    scoring = '[[lead_scoring.fit]]\nname = "large"\nwhen = "lead.employees >= 200"\npoints = 30\n'
    scoring += '[[lead_scoring.grade]]\nname = "hot"\nat_least = 0.6\npriority = 5\n'
    rule = '[[rule]]\nname = "hot leads"\nwhen = "lead.grade == \'hot\'"\n'
    write("policy.toml", f"format = 1\n{scoring}{rule}")
    write("reps.csv", "id\nada\n")
    write("leads.csv", "id\n1\n")
    words = ("check", "--policy", "policy.toml", "--reps", "reps.csv", "--leads", "leads.csv")
    assert "the policy reads lead.employees, which no column fills" in leadroute(*words).out


def test_ids_that_tell_who_somebody_is(leadroute, tmp_path):
    """They are counted, because ids stay when a lead is forgotten; numbers, dates and codes are fine."""
    personal = ["ann@example.com", "+49 151 1234567", "(0151) 1234567", "0151/1234567"]
    fine = ["00Q5g00000AbCd1", "1234567890", "2026-01-05", "0042", "12-34", "L/7"]
    leads = tmp_path / "leads.csv"
    leads.write_text("\n".join(["id", *personal, *fine]), encoding="utf-8")
    out = leadroute("check", "--leads", leads).out
    told = "4 ids like an e-mail address or a phone number: ids are kept when a lead is forgotten"
    assert told in out
    found = leadroute("check", "--leads", leads, "--json")
    assert (found.code, json.loads(found.out)["leads"]["personal_ids"]) == (0, 4)
    leads.write_text("\n".join(["id", *fine]), encoding="utf-8")
    assert "phone number" not in leadroute("check", "--leads", leads).out
