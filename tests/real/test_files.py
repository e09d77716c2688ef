"""Real export files and public reports: each case as it came, in today's words, with what is right."""

import csv
import io
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leadroute import Lead, Rep, Roster, Router, Rule, Schedule
from leadroute.batch import assign_batch
from leadroute.cli import main
from tests.shared import shared_path

WORDS = {"rotation()": "round_robin()", "\nterritory =": "\nin_territory ="}
"""The words of the cases that are others today."""


def cases():
    """The cases by id."""
    found = json.loads(shared_path("vectors/real_files.json").read_text(encoding="utf-8"))
    return found["now"], {case["id"]: case for case in found["cases"]}


@pytest.fixture
def route(tmp_path, monkeypatch, capsys):
    """Run the command of a case in a folder with its files; return exit code, rows by lead, and remarks."""
    now, known = cases()
    monkeypatch.chdir(tmp_path)

    def run(name, *more, leads=None):
        case = known[name]
        policy = case["policy"]
        for old, new in WORDS.items():
            policy = policy.replace(old, new)
        (tmp_path / "policy.toml").write_text(policy, encoding="utf-8")
        (tmp_path / "reps.csv").write_text(case["reps"], encoding="utf-8")
        text = case["leads"] if leads is None else leads
        (tmp_path / case["leads_name"]).write_text(text, encoding=case["encoding"], newline="")
        words = ["route", "--policy", "policy.toml", "--reps", "reps.csv", "--now", now]
        code = main([*words, "--leads", case["leads_name"], *case["args"], *more])
        out, err = capsys.readouterr()
        return code, list(csv.reader(io.StringIO(out)))[1:], err

    return run


def reps(rows):
    """Who got each lead, in the order of the rows."""
    return [row[2] for row in rows]


def test_bulk_insert_is_shared_out(route):
    """30 leads of one instant go to three equal reps, ten to each."""
    code, rows, _ = route("rr-bulk-same-instant")
    assert (code, Counter(reps(rows))) == (0, {"ana": 10, "bo": 10, "cy": 10})


def test_the_turn_goes_on_the_next_day(route):
    """Who is next after the last lead of one day gets the first of the next, with a score and without."""
    _, rows, _ = route("rr-next-day-start", "--store", "s.db")
    assert reps(rows) == ["ana", "bo", "cy", "ana"]
    tomorrow = "id\nD2-0\nD2-1\n"
    _, rows, _ = route("rr-next-day-start", "--store", "s.db", leads=tomorrow)
    assert reps(rows) == ["bo", "cy"]


def test_a_batch_without_a_score_is_even():
    """30 equal leads go to three equal reps, ten to each, when they are given out at once."""
    leads = [Lead(f"L{number}") for number in range(30)]
    team = Roster([Rep(name) for name in ("ana", "bo", "cy")])
    router = Router(rules=[Rule("a")])
    batch = assign_batch(router, leads, team, now=datetime(2026, 3, 2, 9, tzinfo=UTC))
    assert Counter(batch.owners.values()) == {"ana": 10, "bo": 10, "cy": 10}


def test_ids_that_a_spreadsheet_cut_are_refused(route):
    """Three people with the id 1.23457E+15 are three faults, not one lead."""
    code, rows, err = route("id-excel-scientific")
    assert (code, rows) == (1, [])
    assert err.count("id is '1.23457E+15', a long number that a spreadsheet has cut") == 3


def test_a_suitecrm_export_is_read(route):
    """Email Address, Office Phone and Primary Address Country fill their fields; the ragged row is named."""
    code, rows, err = route("hdr-suitecrm-export")
    assert code == 1
    assert [row[:4] for row in rows] == [["00c19439-0b27", "offered", "ana", "US"]]
    assert "leads.csv:3: row has 4 cells where the header has 14" in err
    assert "'Date Created' fills attributes.date_created, nearly received_at" in err


def test_hubspot_record_id_is_the_id(route):
    """Record ID is the id of a lead, without a map."""
    code, rows, _ = route("hdr-hubspot-record-id")
    assert (code, [row[:2] for row in rows]) == (0, [["901", "offered"]])


def test_a_lead_is_judged_by_its_data_and_a_second_run_says_what_it_was(route):
    """Lead Source and Email Address are read the first time; the second run says that the lead is known."""
    _, rows, _ = route("hdr-sticky-disqualified")
    assert rows[0][1:4] == ["offered", "bo", "referral"]
    _, rows, _ = route("hdr-sticky-disqualified")
    assert rows[0][6] == "submitted before, as offered"
    _, rows, _ = route("hdr-sticky-disqualified", leads="id,Note\n2,x\n")
    assert rows[0][1] == "disqualified"
    _, rows, _ = route("hdr-sticky-disqualified", leads="id,Email Address\n2,jo@one.example\n")
    assert rows[0][6].startswith("submitted before, as disqualified: did not pass ")


def test_the_hint_of_excel_is_taken(route):
    """A first line sep=; says what separates the cells."""
    code, rows, _ = route("fmt-excel-sep-line")
    assert (code, [row[:2] for row in rows]) == (0, [["1", "offered"]])


def test_utf16_is_read_and_the_output_lost_only_when_the_input_can_be_read(route, tmp_path):
    """A file in UTF-16 with tabs is read; a header that cannot be read leaves yesterday's output alone."""
    output = tmp_path / "out.csv"
    output.write_text("yesterday", encoding="utf-8")
    code, _, err = route("fmt-output-lost", leads="l:1\tjo@one.example\n")
    assert (code, output.read_text(encoding="utf-8")) == (2, "yesterday")
    assert "column 'id' is missing" in err
    code, _, _ = route("fmt-output-lost")
    assert code == 0
    assert '"l:1","offered"' in output.read_text(encoding="utf-8")


def test_lines_within_cells_and_arabic_headers(route):
    """Quoted line ends and headers in Arabic are read; a creation time without a zone is left as it stands."""
    code, rows, _ = route("fmt-quoted-newline-rtl")
    assert (code, [row[:2] for row in rows]) == (0, [["LEA1", "offered"], ["LEA2", "offered"]])


def test_the_tree_of_salesforce_is_read(route):
    """The array is found under records, and the referenceId is the id where there is none."""
    code, rows, _ = route("fmt-salesforce-tree")
    assert (code, [row[:2] for row in rows]) == (0, [["LeadRef1", "offered"]])


def test_languages_by_name_are_read(route):
    """Deutsch and German are de: read right, where the case would have them refused; unknown is not known."""
    code, rows, _ = route("val-language-name")
    assert code == 0
    assert reps(rows)[:5] == ["ana", "ana", "ana", "bo", "cy"]
    assert [row[3] for row in rows[5:]] == ["rest", "rest"]


def test_lost_zeros_are_restored_and_counted(route):
    """1067 and 1067.0 are Dresden and 2139 is Boston: read right, where the case would have them refused."""
    code, rows, err = route("val-postal-zero-lost")
    assert (code, reps(rows)) == (0, ["bo", "bo", "bo", "cy", "cy", "ana"])
    assert "3 postal codes got their zeros back" in err


def test_countries_by_name_are_read(route):
    """UK, United Kingdom, USA, DEU and Great Britain are countries: read right instead of refused."""
    code, rows, _ = route("val-country-names")
    assert code == 0
    assert [row[3] for row in rows] == ["referral", "rest", "US", "rest", "rest", "US"]


def test_german_thousands_need_the_decimal_sign(route):
    """50.000 is refused with the remedy, and 50 thousand once the decimal sign is declared."""
    code, rows, err = route("val-german-thousands")
    assert (code, [row[0] for row in rows]) == (1, ["2", "3"])
    assert "leads.csv:2: employees is '50.000'" in err
    code, rows, _ = route("val-german-thousands", "--decimal", ",")
    assert (code, reps(rows)) == (0, ["ana", "ana", "ana"])


def test_local_and_ambiguous_dates(route):
    """What has an offset or UTC is read; a local time needs the zone, 08/10 the order, and a number is no instant."""
    code, rows, err = route("val-dates")
    assert (code, [row[0] for row in rows]) == (1, ["4", "6"])
    assert [f"leads.csv:{line}: received_at is" in err for line in (2, 3, 4, 6)] == [True] * 4
    code, rows, _ = route("val-dates", "--timezone", "Asia/Kolkata", "--dates", "dmy")
    assert (code, [row[0] for row in rows]) == (1, ["1", "2", "3", "4", "6"])


def test_missing_values_and_zeros():
    """A missing value answers false, zero is a number, and a wrong type is an error."""
    from leadroute.errors import ExpressionError, FieldTypeError
    from leadroute.rules.evaluation import compile_condition
    from leadroute.rules.parser import parse

    def told(text, **attributes):
        try:
            lead = Lead("1", attributes=attributes)
            return compile_condition(parse(text))(lead, Rep("r"), datetime(2026, 1, 9, tzinfo=UTC))
        except (ExpressionError, FieldTypeError) as error:
            return type(error)

    assert told("lead['a'] > 10", a=None) is told("lead['a'] > 10") is False
    assert told("lead['a'] not in ['x']") is False
    assert told("not lead['a'] in ['x']") is True
    assert told("lead['n'] == 01", n=1) is ExpressionError
    assert told("lead['s'] > 0", s=1.0) is told("lead['s'] == 0", s=0.0) is True
    assert told("lead['m'] < 0 and lead['o'] != 4", m=-1) is False
    assert told("lead['n'] == 39", n="39") is FieldTypeError


def test_owners_that_are_gone(route):
    """A lead goes to its owner where the id is exact; without one, or with an unknown one, by turn."""
    code, rows, _ = route("rule-owner-gone")
    assert (code, reps(rows)[0]) == (0, "bo")
    assert Counter(reps(rows)[1:]) == {"ana": 2, "cy": 1, "bo": 1}


def test_only_tuesdays():
    """18 working hours of Tuesdays from 8 to 5 end on the second Tuesday, or on the third."""
    zone = ZoneInfo("America/Chicago")
    schedule = Schedule("tue 08:00-17:00", "America/Chicago")
    ends = [
        schedule.add_working_time(datetime(2024, 8, day, 10, tzinfo=zone), timedelta(hours=18))
        for day in (2, 6)
    ]
    assert ends == [datetime(2024, 8, 13, 17, tzinfo=zone), datetime(2024, 8, 20, 10, tzinfo=zone)]


def test_holidays_and_a_working_saturday():
    """A deadline passes over holidays, and an override opens a Saturday."""
    zone = ZoneInfo("Europe/Berlin")
    holidays = {date(2016, 11, 11), date(2016, 11, 13)}
    schedule = Schedule("mon-sun 09:00-21:00", "Europe/Berlin", holidays=holidays)
    ends = schedule.add_working_time(datetime(2016, 11, 9, 23, tzinfo=zone), timedelta(hours=48))
    assert ends == datetime(2016, 11, 15, 21, tzinfo=zone)
    taipei = Schedule(
        "mon-fri 09:00-17:00", "Asia/Taipei", overrides={date(2021, 2, 20): "09:00-17:00"}
    )
    assert taipei.is_open(datetime(2021, 2, 20, 12, tzinfo=ZoneInfo("Asia/Taipei")))


def test_every_case_has_its_test():
    """There are 20 cases; a new one wants a test of its own."""
    assert len(cases()[1]) == 20
