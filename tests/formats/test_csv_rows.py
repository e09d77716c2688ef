"""Leads and reps from CSV."""

import io
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.errors import ConfigError, RowError
from leadroute.formats import rows
from leadroute.formats.rows import read_leads, read_reps
from leadroute.formats.source import LONGEST_LINE
from leadroute.model.caps import Cap
from leadroute.model.given import Refused
from leadroute.model.lead import Lead, Signal
from leadroute.model.row_reader import NOT_UTF8, read_digits, read_levels, read_number, read_whole
from leadroute.model.schedule import Schedule

NUMBERS = "which is not a number; write plain digits such as 1000 or 1000.5, or leave it empty when it is not known"


def read(*lines, **options):
    """The rows of a file given line by line, errors as their text."""
    found = read_leads([f"{line}\n" for line in lines], name="leads.csv", **options)
    return [str(row) if isinstance(row, RowError) else row for row in found]


def one(header, row, **options):
    """The only row of a file."""
    (found,) = read(header, row, **options)
    return found


def refusal(*lines, **options):
    """What is said about a header that cannot be right."""
    with pytest.raises(RowError) as caught:
        read(*lines, **options)
    return str(caught.value)


def test_every_kind_of_field_is_read():
    """Text, numbers, instants and signals become what the model holds."""
    header = "id,received_at,name,employees,annual_revenue,budget,priority,signals"
    row = "L-1,2026-01-05T10:00:00+01:00,Ann,250,1e6,5000.5,-1,page@2026-01-05T09:00:00Z=240; demo@2026-01-04T09:00Z"
    assert one(header, row) == Lead(
        "L-1",
        received_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
        name="Ann",
        employees=250,
        annual_revenue=1_000_000,
        budget=5000.5,
        priority=-1,
        signals=[
            Signal("demo", datetime(2026, 1, 4, 9, tzinfo=UTC)),
            Signal("page", datetime(2026, 1, 5, 9, tzinfo=UTC), 240),
        ],
    )


def test_empty_cells_are_not_known():
    """An empty cell is None, and so is one that holds blanks alone."""
    assert one("id,country,budget,seats", "L-1,, ,") == Lead("L-1")


def test_words_are_never_taken_for_missing():
    """NA is Namibia, zeros in front stay, and null is a word."""
    found = one("id,country,postal_code,company", "007,NA,00501,null")
    assert found == Lead("007", country="NA", postal_code="00501", company="null")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_header_says_what_separates_the_cells(mark):
    """Commas, semicolons and tabs all separate cells; quoted ones in the header do not count."""
    header = mark.join(['"a,;b,;c,;"', "id", "country"])
    found = one(header, mark.join(["x", "L-1", "us"]))
    assert found == Lead("L-1", country="US", attributes={"a,;b,;c,;": "x"})


@pytest.mark.parametrize(
    "written", ["Annual Revenue", "annual-revenue", " ANNUAL_REVENUE ", "annualrevenue"]
)
def test_names_of_columns_are_read_kindly(written):
    """Letter case, blanks, hyphens and underscores in the name of a column do not matter."""
    assert one(f"id,{written}", "L-1,5") == Lead("L-1", annual_revenue=5)


def test_e_mail_is_written_in_two_ways():
    """A column named E-mail is the e-mail."""
    assert one("ID,E-mail", "L-1,A@B.de") == Lead("L-1", email="a@b.de")


def test_other_columns_are_attributes():
    """An unknown column is text, or what it is declared as; a prefix keeps its name as it is written."""
    header = "id,Seats,vip,since,tags,office,attributes.Is VIP?,attributes.country"
    row = "L-1,12,yes,2026-01-05T09:00:00Z,a; b;,Koblenz,no,3"
    kinds = {
        "seats": "number",
        "vip": "flag",
        "since": "instant",
        "tags": "names",
        "rep.office": "flag",
    }
    assert one(header, row, custom=kinds).attributes == {
        "seats": 12,
        "vip": True,
        "since": datetime(2026, 1, 5, 9, tzinfo=UTC),
        "tags": frozenset({"a", "b"}),
        "office": "Koblenz",
        "Is VIP?": "no",
        "country": "3",
    }


def test_a_declared_name_is_no_slip():
    """A column that is declared may be nearly a standard field."""
    assert one("id,contry", "L-1,5", custom={"contry": "number"}).attributes == {"contry": 5}


def test_a_column_that_is_nearly_a_field_is_refused():
    """A slip in the name of a column is an error with the near name and the way out."""
    assert refusal("id,contry,emial,employes") == (
        "leads.csv:1: "
        "column 'contry' is not a field; write 'country', or 'attributes.contry' if it is an attribute of your own; "
        "column 'emial' is not a field; write 'email', or 'attributes.emial' if it is an attribute of your own; "
        "column 'employes' is not a field; write 'employees', or 'attributes.employes' "
        "if it is an attribute of your own"
    )


@pytest.mark.parametrize("name", ["deal_stage", "office", "product_line", "score"])
def test_a_name_of_its_own_is_no_slip(name):
    """A column whose name merely resembles a standard field is an attribute."""
    assert one(f"id,{name}", "L-1,x").attributes == {name: "x"}


def test_every_fault_of_a_header_is_named():
    """Columns that have no name or are missing are named together."""
    assert refusal("Country,,country,attributes.x,x") == (
        "leads.csv:1: column 2 has no name; write one, or remove the column; "
        "column 'id' is missing; every row needs an id of its own: say which column has it, "
        "as with columns={'Country': 'id'}, or --map 'Country=id'"
    )


@pytest.mark.parametrize("lines", [[], ["", " "]])
def test_an_empty_file_has_no_header(lines):
    """A file without a header is refused with the remedy."""
    assert refusal(*lines).endswith(": file is empty; write a header with the names of the columns")


def test_a_header_in_another_encoding_is_refused(tmp_path):
    """A header in Windows-1252 is refused before the first row, with the name of the encoding."""
    path = tmp_path / "leads.csv"
    path.write_text("id,Größe\nL-1,5\n", encoding="cp1252")
    with pytest.raises(RowError, match="header is not UTF-8; it may be Windows-1252: save the"):
        list(read_leads(path))


def test_a_header_that_is_no_csv_is_refused():
    """A header with a quote out of place is refused."""
    assert refusal('id,"country"x') == (
        "leads.csv:1: row is not CSV: ',' expected after '\"'; double the quotes within a quoted cell"
    )


def test_every_fault_of_a_row_is_named_at_once():
    """What a cell and what the model refuses are reported together, and reading goes on."""
    header = "id,received_at,country,employees,budget,annual_revenue"
    found = read(header, 'L-1,2026-01-05,Narnia,-1,"1,000",5 pm', "L-2,,,,,")
    assert found == [
        (
            "leads.csv:2: received_at is '2026-01-05', which has no offset; "
            "write it like 2026-01-05T09:00:00+01:00, or with Z for UTC, or give the timezone (--timezone); "
            "budget is '1,000', which may be 1000 or 1.000; "
            "say which sign is the decimal one, decimal='.' or ',' (--decimal), or write plain digits; "
            f"annual_revenue is '5 pm', {NUMBERS}; "
            "country is 'Narnia'; write an ISO 3166-1 alpha-2 code such as 'US' or 'DE'; "
            "employees is -1; write 0 or more; leave it out when it is not known or has no limit"
        ),
        Lead("L-2"),
    ]


def test_a_row_without_an_id_is_refused():
    """A row needs an id; its other faults are named as well."""
    assert one("id,budget", ",x") == (
        f"leads.csv:2: budget is 'x', {NUMBERS}; id is empty; every lead and rep needs an id of its own"
    )


def test_personal_data_is_not_repeated():
    """The error of an e-mail address does not show it."""
    assert "ann" not in one("id,email", "L-1,ann at example.com")


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("budget", "nan", f"budget is 'nan', {NUMBERS}"),
        ("budget", "1_000", f"budget is '1_000', {NUMBERS}"),
        ("budget", "٣", f"budget is '٣', {NUMBERS}"),
        ("budget", "9" * 41, f"budget is '{'9' * 40}', {NUMBERS}"),
        (
            "budget",
            "1e400",
            "budget is infinite or too large; write one below 2**63",
        ),
        ("employees", "2.5", "employees is 2.5; write a whole number"),
        ("deadline", "soon", "deadline is 'soon'; write an instant such as 2026-01-05T09:00:00Z"),
        (
            "signals",
            "page",
            "signals are 'page'; write them like 'pricing_page@2026-01-05T09:00:00Z=240'",
        ),
        (
            "signals",
            "page@2026-01-05T09:00Z=-1",
            (
                "signals hold a signal whose value is -1; "
                "write 0 or more; leave it out when it is not known or has no limit"
            ),
        ),
        ("vip", "maybe", "attributes.vip is 'maybe'; write true or false"),
    ],
)
def test_what_a_cell_cannot_hold_is_refused(column, cell, said):
    """A cell that cannot be read says what to write instead."""
    assert one(f"id,{column}", f"L-1,{cell}", custom={"vip": "flag"}) == f"leads.csv:2: {said}"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("50000", 50000),
        ("50000.5", 50000.5),
        ("1e6", 1_000_000),
        ("50.0", 50),
        ("+3", 3),
        (".5", 0.5),
        (" 7 ", 7),
    ],
)
def test_numbers_in_plain_digits_are_read(cell, number):
    """Numbers are plain digits; one without a fraction is whole."""
    assert one("id,budget", f"L-1,{cell}").budget == number


def test_whole_numbers_with_a_fraction_of_zero_are_whole():
    """A column that a data frame made into 50.0 still counts employees."""
    assert one("id,employees", "L-1,50.0").employees == 50


def test_the_line_is_where_the_row_starts():
    """Quoted cells over many lines and blank lines do not confuse the count of lines."""
    found = read("id,company,budget", 'L-1,"Two', 'lines",x', "", 'L-2,"a', "", 'b",y', "L-3,c,z")
    assert [row.partition(" ")[0] for row in found] == [
        "leads.csv:2:",
        "leads.csv:5:",
        "leads.csv:8:",
    ]


def test_a_row_with_other_cells_than_the_header_is_refused():
    """Too few and too many cells are counted and named."""
    remedy = "put a cell that holds the separator in double quotes"
    assert read("id,company", "L-1", "L-2,Smith, Ltd", "L-3,x")[:2] == [
        f"leads.csv:2: row has 1 cells where the header has 2; {remedy}",
        f"leads.csv:3: row has 3 cells where the header has 2; {remedy}",
    ]


def test_a_quote_out_of_place_spoils_its_row_alone():
    """A row that is no CSV is named, and reading goes on with the next line."""
    assert read("id,company", 'L-1,"Smith" Ltd', "L-2,x") == [
        "leads.csv:2: row is not CSV: ',' expected after '\"'; double the quotes within a quoted cell",
        Lead("L-2", company="x"),
    ]


def test_a_quote_that_is_never_closed_is_named():
    """The line on which the open quote stands is named."""
    assert read("id,company", "L-1,x", 'L-2,"y', "L-3,z")[1:] == [
        "leads.csv:3: row has a quoted cell that is never closed; close it with a double quote"
    ]


def test_a_cell_without_end_is_refused():
    """A cell longer than the limit is refused; reading goes on."""
    assert read("id,company", f"L-1,{'x' * 200_000}", "L-2,y") == [
        "leads.csv:2: row has a cell of more than 131,072 characters; shorten it, or close its quotes",
        Lead("L-2", company="y"),
    ]


def test_a_line_without_end_is_refused():
    """A line longer than the limit is refused, whether it comes in one piece or in many; reading goes on."""
    long = "x," * LONGEST_LINE
    text = f"id,company\nL-1,{long}\nL-2,y\n"
    said = f"leads.csv:2: row has more than {LONGEST_LINE:,} characters in one line; split it"
    for source in (io.StringIO(text), text.splitlines(keepends=True)):
        bad, good = read_leads(source, name="leads.csv")
        assert (str(bad), good) == (said, Lead("L-2", company="y"))


def test_a_header_without_end_is_refused():
    """A header longer than the limit is refused."""
    assert "header has more than 1,048,576 characters in one line; split it" in refusal(
        "id," + "x," * LONGEST_LINE
    )


def test_bytes_that_are_not_utf8_spoil_their_row_alone(tmp_path):
    """A row in another encoding is named by column, and reading goes on."""
    path = tmp_path / "leads.csv"
    path.write_bytes("id,company\nL-1,Müller\nL-2,".encode() + b"M\xfcller\n\xe9,x\nL-3,x\n")
    assert [str(row) for row in read_leads(path)] == [
        "Lead('L-1')",
        f"{path}:3: company {NOT_UTF8}",
        f"{path}:4: id {NOT_UTF8}",
        "Lead('L-3')",
    ]


def test_nul_is_refused():
    """A cell with a NUL is refused."""
    assert "company holds a NUL" in one("id,company", "L-1,a\0b")


def test_byte_order_mark_and_carriage_returns_are_no_matter(tmp_path):
    """What a spreadsheet writes on Windows is read."""
    path = tmp_path / "leads.csv"
    path.write_bytes(b"\xef\xbb\xbfid,company\r\nL-1,x\r\n")
    assert list(read_leads(path)) == [Lead("L-1", company="x")]
    assert list(read_leads(io.StringIO("\ufeffid\nL-1\n"))) == [Lead("L-1")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_file_that_is_open_as_bytes_is_read(encoding):
    """The mark of an open binary file says its encoding; the file stays open."""
    file = io.BytesIO("id,company\nL-1,Müller\n".encode(encoding))
    assert list(read_leads(file)) == [Lead("L-1", company="Müller")]
    assert not file.closed


def test_lines_of_bytes_are_refused():
    """Lines that are bytes are refused with the remedy."""
    with pytest.raises(ConfigError) as caught:
        list(read_leads([b"id\n"]))
    assert (
        str(caught.value)
        == "<stdin>: the lines are of type bytes; open the file as text, or give each row as a mapping"
    )


def test_options_are_checked():
    """An unknown format and an unknown kind are refused."""
    with pytest.raises(ConfigError, match="format is 'xlsx'; write one of csv, json, jsonl"):
        list(read_leads([], format="xlsx"))
    with pytest.raises(ConfigError, match="seats is declared as 'int'; the kinds are text, number"):
        list(read_leads([], custom={"seats": "int"}))


def test_the_file_of_the_host_stays_open():
    """What the host opened is left open; what we opened is closed."""
    file = io.StringIO("id\nL-1\n")
    assert len(list(read_leads(file))) == 1
    assert not file.closed


@pytest.mark.skipif(sys.gettrace() is not None, reason="tracing changes what is measured")
def test_memory_does_not_grow_with_the_file(monkeypatch):
    """Ten times the rows need no more memory, once the ids that are kept there are as many as it holds."""
    monkeypatch.setattr(rows, "FULL", 1_000)

    def peak(count):
        lines = (f"L-{n},US,{n}\n" for n in range(count))
        tracemalloc.start()
        found = read_leads(_chained("id,country,budget\n", lines))
        assert sum(1 for _ in found) == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(10)
    assert peak(20_000) < 1.3 * peak(2_000)


def _chained(header, lines):
    yield header
    yield from lines


@given(
    st.lists(st.text(max_size=8), min_size=1, max_size=6), st.sampled_from(["csv", "json", "jsonl"])
)
def test_any_text_is_read_or_refused(lines, form):
    """Whatever stands in a file, the answer is leads and errors, or an error about the header."""
    try:
        rows = list(read_leads(["id,budget,deadline\n", *lines], format=form))
    except RowError:
        return
    assert all(isinstance(row, Lead | RowError) for row in rows)


def test_reps_are_read():
    """Sets, skills, caps, schedules, flags and numbers of a rep are read from text."""
    lines = [
        "id,teams,level,skills,languages,timezone,schedule,capacity,caps,weight,active,office",
        (
            "ada,emea;dach,4,healthcare=0.9; fintech,EN; de,Europe/Berlin,mon-fri 09:00-17:00,0,"
            "5 per day; 30/month,1.5,No,x"
        ),
    ]
    roster, errors = read_reps(lines)
    ada = roster["ada"]
    assert errors == []
    assert (ada.teams, ada.level, ada.capacity, ada.weight, ada.active) == (
        {"emea", "dach"},
        4,
        0,
        1.5,
        False,
    )
    assert ada.skills == {"healthcare": 0.9, "fintech": 1}
    assert ada.languages == {"en", "de"}
    assert ada.caps == (Cap(5, "day"), Cap(30, "month"))
    assert ada.schedule == Schedule("mon-fri 09:00-17:00", "Europe/Berlin")
    assert ada.attributes == {"office": "x"}


def test_buckets_are_read():
    """The most per segment stands behind its name, and 0 is a number."""
    roster, _ = read_reps(["id,capacity_by_segment", "ada,enterprise=2; normal=0"])
    assert roster["ada"].capacity_by_segment == {"enterprise": 2, "normal": 0}


def test_the_wrap_up_of_a_rep_is_read():
    """A column says how long each rep gets no lead after a contact; an empty cell leaves it to the policy."""
    roster, _ = read_reps(["id,Wrap Up", "ada,2m", "bob,", "eve,0s"])
    assert [rep.wrap_up for rep in roster] == [timedelta(minutes=2), None, timedelta(0)]
    _, (fault,) = read_reps(["id,wrap_up", "ada,soon"])
    assert "wrap_up cannot be read: 'soon' is not a duration" in str(fault)


def test_attributes_of_reps_are_declared_with_a_prefix():
    """A declaration for reps begins with their name; one for leads does not touch reps."""
    roster, _ = read_reps(
        ["id,seats,floor", "ada,1,2"], custom={"seats": "number", "rep.floor": "number"}
    )
    assert roster["ada"].attributes == {"seats": "1", "floor": 2}


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (
            "languages",
            '"en, de"',
            (
                "languages is 'en, de', which is not a language; "
                "write a language tag such as 'en' or 'pt-BR'; write ; between several"
            ),
        ),
        ("skills", '"a=0.5, b=1"', "skills have 'a=0.5, b=1'; write ; between several"),
        ("skills", "a=0.5; a=1", "skills have 'a' twice; keep one of them"),
        ("skills", "a=2", "skills ['a'] is 2; write a number from 0 to 1"),
        (
            "capacity_by_segment",
            "a=2; b",
            "capacity_by_segment have 'b' without a number; write 'enterprise=2; normal=4'",
        ),
        ("capacity_by_segment", "a=2; a=3", "capacity_by_segment have 'a' twice; keep one of them"),
        ("skills", "a=high", f"skills is 'high', {NUMBERS}"),
        ("caps", "5 a day", "caps are '5 a day'; write them like '5 per day; 30 per month'"),
        ("caps", "5 per day; 6 per day", "caps have two limits per day; keep the lower one"),
        ("caps", "5 per year", "caps per is 'year'; write one of hour, day, week, month, quarter"),
        ("active", "perhaps", "active is 'perhaps'; write true or false"),
        ("schedule", "sometimes", "schedule cannot be read: "),
    ],
)
def test_what_a_rep_cannot_hold_is_refused(column, cell, said):
    """A cell of a rep that cannot be read says what to write instead."""
    roster, (error,) = read_reps([f"id,{column}", f"ada,{cell}"], name="reps.csv")
    assert str(error).startswith(f"reps.csv:2: {said}")
    assert len(roster) == 0


def test_an_id_is_given_once():
    """A second rep with the same id is an error that names both lines; the first one stays."""
    roster, errors = read_reps(["id,level", "ada,1", "bob,1", "ada,2", "eve,x"], name="reps.csv")
    assert [str(error).partition(";")[0] for error in errors] == [
        "reps.csv:4: id 'ada' is on line 2 already",
        "reps.csv:5: level is 'x', which is not a number",
    ]
    assert (roster["ada"].level, len(roster)) == (1, 2)


def test_number_with_an_exponent_is_whole_where_it_is():
    """A whole number written with an exponent is an int; one that no store can hold is refused."""
    assert type(read_number("1e6")) is int
    with pytest.raises(Refused, match="too large"):
        read_number("1e300")


def test_name_of_a_skill_may_hold_the_sign_of_its_level():
    """The level stands behind the last sign."""
    assert read_levels("a=b=0.5; c") == {"a=b": 0.5, "c": 1}


@pytest.mark.parametrize("read", [read_whole, read_digits])
def test_digits_that_a_number_cannot_hold_are_not_made_up(read):
    """A whole number beyond 2**53 has lost digits, so it stays a number, which no phone or postal code is."""
    assert str(read(2.0**53 - 1)) == "9007199254740991"
    assert read(2.0**53) == 2.0**53
    assert isinstance(read(2.0**53), float)


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [("Ann", "Lee", "Ann Lee"), (None, "Lee", "Lee"), (" Ann ", 7, "Ann 7"), ("", "Lee", "Lee")],
)
def test_parts_of_a_name_are_joined_whatever_their_kind(first, last, name):
    """A part that is missing, or is no text, leaves the other."""
    (lead,) = read_leads([{"id": "L-1", "First Name": first, "Last Name": last}])
    assert lead.name == name
