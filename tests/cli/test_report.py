"""What `leadroute report` promises."""

import json
from datetime import timedelta

import pytest

from leadroute.cli.report import _lasting, _percent


@pytest.fixture
def store(leadroute, given, files):
    """A store with three leads."""
    leadroute("route", *given, "--store", files / "crm.db", "--accept")
    return files / "crm.db"


def test_tables(leadroute, store):
    """The figures are tables that line up: by status, rep, rule and reason."""
    ended = leadroute("report", "--store", store)
    assert (ended.code, ended.err) == (0, "")
    assert (
        ended.out
        == """\
3 leads
  status        leads  share
  disqualified      1    33%
  accepted          2    67%

By rep
  rep  offered  accepted  declined  timed out  rate  answers in  won  value
  ada        1         1         0          0  100%          0s    0      0
  bob        1         1         0          0  100%          0s    0      0

By rule
  rule  leads  accepted  won
  big       1         1    0
  rest      1         1    0

Not with a rep
  status        reason                          leads
  disqualified  did not pass 'lead.budget > 0'      1
"""
    )


def test_json(leadroute, store):
    """With --json the figures are one object, durations in seconds."""
    found = json.loads(leadroute("report", "--store", store, "--json").out)
    assert (found["leads"], found["coverage"]) == (3, None)
    assert found["statuses"] == {"disqualified": 1, "accepted": 2}
    assert found["rules"][0] == {"rule": "big", "leads": 1, "accepted": 1, "won": 0}
    assert found["reasons"] == [
        {
            "status": "disqualified",
            "reason_code": "disqualified",
            "reason": "did not pass 'lead.budget > 0'",
            "leads": 1,
        }
    ]
    assert found["reps"][0] == {
        "rep_id": "ada",
        "offered": 1,
        "accepted": 1,
        "declined": 0,
        "timed_out": 0,
        "acceptance_rate": 1.0,
        "seconds_to_accept": 0.0,
        "contacted": 0,
        "won": 0,
        "value": 0.0,
    }


WORKING = ("--policy", "policy.toml", "--reps", "reps.csv", "--now", "2026-03-04T12:00:00Z")


def test_coverage(leadroute, store, write):
    """With a policy and its reps the hours of the week are told, as text and as data."""
    write("reps.csv", "id,schedule,timezone\nada,mon-fri 09:00-10:30,Europe/Berlin\nbob,always,\n")
    told = leadroute("report", "--store", store, *WORKING).out
    week = told.partition("\n\nWho can take a lead, by the hour\n")[2].splitlines()
    assert week[0] == "everyone, week of 2026-03-02 in Europe/Berlin"
    assert week[2].split()[8:13] == ["1", "1", "2", "1.5", "1"]
    found = json.loads(leadroute("report", "--store", store, *WORKING, "--json").out)["coverage"]
    assert (found["zone"], found["hours"][0]) == ("Europe/Berlin", "2026-03-01T23:00:00+00:00")
    assert found["people"]["everyone"][8:12] == [1.0, 2.0, 1.5, 1.0]
    assert len(found["hours"]) == len(found["people"]["everyone"]) == 168


def test_coverage_of_an_empty_store(leadroute, given, files, write):
    """Who works when is told before there are any leads."""
    write("leads.csv", "id,budget\n")
    leadroute("route", *given, "--store", files / "crm.db")
    told = leadroute("report", "--store", files / "crm.db", *WORKING).out
    assert told.startswith("0 leads\n\nWho can take a lead, by the hour\neveryone, week of")


@pytest.mark.parametrize("options", [WORKING[:2], WORKING[2:4]])
def test_coverage_needs_both(leadroute, store, options):
    """A policy without reps, and reps without a policy, are refused."""
    ended = leadroute("report", "--store", store, *options)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "leadroute: the hours of the week need both --policy and --reps\n"


def test_empty_store(leadroute, given, files, write):
    """A store without leads says so, and prints no tables."""
    write("leads.csv", "id,budget\n")
    leadroute("route", *given, "--store", files / "crm.db")
    assert leadroute("report", "--store", files / "crm.db").out == "0 leads\n"


def test_sections_without_rows_are_left_out(leadroute, given, files, write):
    """When no rep had an offer, there is no table of reps."""
    write("leads.csv", "id,budget\nL-1,0\n")
    leadroute("route", *given, "--store", files / "crm.db")
    printed = leadroute("report", "--store", files / "crm.db").out
    assert "By rep" not in printed
    assert "Not with a rep" in printed


def test_file_that_is_no_store(leadroute, given):
    """A file that is no database is refused in one line, with exit code 2."""
    ended = leadroute("report", "--store", "leads.csv")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "leadroute: leads.csv: file is not a database; "
        "name a database, or a new file; where it was one before, put a backup in its place\n"
    )


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (None, "-"),
        (timedelta(0), "0s"),
        (timedelta(seconds=59.6), "1m 00s"),
        (timedelta(minutes=59, seconds=59), "59m 59s"),
        (timedelta(hours=2, minutes=5), "2h 05m"),
    ],
)
def test_durations(duration, text):
    """A duration is told in its two largest units, and nothing is a dash."""
    assert _lasting(duration) == text


@pytest.mark.parametrize(("share", "text"), [(None, "-"), (0.0, "0%"), (0.666, "67%")])
def test_shares(share, text):
    """A share is told in percent, and a share of nothing is a dash."""
    assert _percent(share) == text
