"""CSV out: what a spreadsheet may not run, and what reads back."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.formats.csv_rows import cell_of, row_of, write_rows
from leadroute.formats.rows import read_leads, read_reps
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Rep

FORMULAS = [
    "=1+1",
    "=HYPERLINK('http://evil.example')",
    "=cmd|' /C calc'!A0",
    "+49 30 1234",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "  =1",
    "\u00a0=1",
    "\ufeff=1",
]


def written(columns, rows, **options):
    """The text of a file with these rows."""
    file = io.StringIO(newline="")
    write_rows(file, columns, rows, **options)
    return file.getvalue()


def cells(text):
    """The cells of a text, as a program reads them."""
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_are_neutralised_everywhere(formula):
    """Text that a spreadsheet could run gets a quote in front, in the header as well."""
    assert cells(written([formula, "x"], [{formula: formula, "x": {formula}}])) == [
        [f"'{formula}", "x"],
        [f"'{formula}", f"'{formula}"],
    ]


@pytest.mark.parametrize("formula", FORMULAS)
def test_programs_can_have_the_text_as_it_is(formula):
    """Without the guard nothing is changed."""
    assert cells(written([formula], [{formula: formula}], guard=False)) == [[formula], [formula]]


def test_numbers_are_not_touched():
    """Negative numbers stay numbers, bare; the same text is quoted."""
    assert written(["a", "b"], [{"a": -5, "b": "-5"}, {"a": -0.5}]) == (
        '"a","b"\n-5,"\'-5"\n-0.5,""\n'
    )


def test_other_separators_hide_nothing():
    """Text with another program's separator stands in quotes as a whole."""
    assert written(["a"], [{"a": 'x;=1+1\t"y"'}]) == '"a"\n"x;=1+1\t""y"""\n'


def test_values_are_written_as_they_are_read():
    """Each kind of value has one form."""
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert [cell_of(each) for each in (None, True, False, 0, 1.5, at, "x")] == [
        "",
        "true",
        "false",
        0,
        1.5,
        "2026-01-05T09:00:00Z",
        "x",
    ]
    assert cell_of([Signal("page", at, 2)]) == "page@2026-01-05T09:00:00Z=2"


def test_files_are_written(tmp_path):
    """A path is written in UTF-8; the rows are counted."""
    path = tmp_path / "out.csv"
    assert write_rows(path, ["ü"], iter([{"ü": "é"}, {}])) == 2
    assert path.read_bytes().decode() == '"ü"\n"é"\n""\n'


words = st.sampled_from(["a", "gold", "two words", "Ünï", 'say "hi"', "x,y", "two\nlines"])
instants = st.integers(0, 10**15).map(
    lambda count: datetime(2026, 1, 5, tzinfo=UTC) + timedelta(microseconds=count)
)
maybe = st.none()
leads = st.builds(
    Lead,
    st.just("007"),
    received_at=maybe | instants,
    country=maybe | st.sampled_from(["NA", "DE"]),
    company=maybe | words,
    employees=maybe | st.integers(0, 10**6),
    budget=maybe | st.floats(0, 1e9) | st.integers(0, 10**12),
    signals=st.lists(
        st.builds(Signal, st.sampled_from(["page", "a b"]), instants, st.floats(0, 99)), max_size=2
    ),
    attributes=st.dictionaries(st.sampled_from(["x", "Is VIP?", "country"]), words, max_size=2),
)
reps = st.builds(
    Rep,
    st.just("ada"),
    skills=st.dictionaries(words, st.floats(0, 1), max_size=2),
    languages=st.frozensets(st.sampled_from(["en", "de", "pt-BR"])),
    caps=st.dictionaries(st.sampled_from(["day", "week"]), st.integers(0, 9)),
    capacity=maybe | st.integers(0, 9),
    weight=st.integers(0, 9),
    active=st.booleans(),
    timezone=st.sampled_from([None, "Europe/Berlin"]),
    schedule=st.sampled_from([None, "mon-fri 09:00-17:00", "mon 09:00-12:00; 2026-12-25 closed"]),
)


@given(leads)
def test_leads_read_back(lead):
    """A lead that is written as a row is read as the same lead."""
    row = row_of(lead)
    text = written(list(row), [row], guard=False)
    assert list(read_leads(io.StringIO(text, newline=""))) == [lead]


@given(reps)
def test_reps_read_back(rep):
    """A rep that is written as a row is read as the same rep."""
    row = row_of(rep)
    roster, errors = read_reps(io.StringIO(written(list(row), [row], guard=False), newline=""))
    assert (list(roster), errors) == ([rep], [])
