"""Exports of other programs: forms of files, columns in any order, and every row a lead or a named fault."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.errors import ConfigError, RowError, ValidationError
from leadroute.formats.rows import FULL, SeenIds, read_leads, read_reps
from leadroute.formats.source import columns_of, load_columns
from leadroute.model.columns import CRM_COLUMNS, LEAD_SYNONYMS, SALESFORCE, ColumnMap
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Rep

CELLS = {
    "id": st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,8}", fullmatch=True),
    "name": st.sampled_from(["Ann Lee", "José", "李"]),
    "email": st.sampled_from(["ann@one.example", "b.o@two.example"]),
    "phone": st.sampled_from(["555-0101", "+49 30 1234"]),
    "company": st.text("abc ,;\t\"'\nÄ", min_size=1).filter(str.strip),
    "country": st.sampled_from(["US", "DE", "Germany", "USA"]),
    "postal_code": st.sampled_from(["94105", "01067"]),
    "language": st.sampled_from(["de", "German", "pt-BR"]),
    "industry": st.sampled_from(["health", "it"]),
    "employees": st.integers(0, 10**6).map(str),
    "annual_revenue": st.integers(-5, 10**9).map(str),
    "source": st.sampled_from(["Web", "Referral"]),
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32")


@st.composite
def tables(draw):
    """Headers in any known spelling and order, with rows of cells, and the CRM whose headers they may be."""
    names = draw(st.permutations(["id", *draw(st.sets(st.sampled_from([*CELLS][1:])))]))
    rows = draw(
        st.lists(
            st.fixed_dictionaries({name: CELLS[name] for name in names}),
            max_size=5,
            unique_by=lambda row: row["id"],
        )
    )
    crm = draw(st.sampled_from(sorted(CRM_COLUMNS)))
    known = {
        name: [name, *LEAD_SYNONYMS.get(name, ()), *CRM_COLUMNS[crm].get(name, ())]
        for name in names
    }
    headers = {name: draw(st.sampled_from(known[name])) for name in names}
    change = draw(st.sampled_from([str, str.upper, str.lower, lambda text: text.replace(" ", "_")]))
    return names, {name: change(header) for name, header in headers.items()}, rows, crm


@given(
    tables(),
    st.sampled_from(",;\t"),
    st.sampled_from(ENCODINGS),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "sep", "\n\n", ",,\n"]),
    st.booleans(),
)
def test_however_a_table_is_written_the_leads_are_the_same(
    table, mark, encoding, end, top, reverse
):
    """Spelling and order of headers, what separates cells, encoding and order of rows change no lead."""
    names, headers, rows, crm = table
    text = io.StringIO()
    writer = csv.writer(text, delimiter=mark, lineterminator=end)
    writer.writerow([headers[name] for name in names])
    writer.writerows([[row[name] for name in names] for row in (rows[::-1] if reverse else rows)])
    above = f"sep={mark}{end}" if top == "sep" else top
    written = (above + text.getvalue()).encode(encoding)
    if encoding == "utf-16-le":
        written = b"\xff\xfe" + written
    found = list(read_leads(io.BytesIO(written), columns=crm))
    expected = [Lead(**{**row, "employees": None, "annual_revenue": None}) for row in rows]
    numbers = [
        {name: int(row[name]) for name in ("employees", "annual_revenue") if name in row}
        for row in rows
    ]
    expected = [lead.with_changes(**more) for lead, more in zip(expected, numbers, strict=True)]
    assert found == (expected[::-1] if reverse else expected)


@given(tables())
def test_json_has_the_same_leads(table):
    """The keys of JSON are read as the headers of a table are."""
    names, headers, rows, crm = table
    lines = [json.dumps({headers[name]: row[name] for name in names}) for row in rows]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([headers[name] for name in names])
    writer.writerows([[row[name] for name in names] for row in rows])
    expected = list(read_leads(io.StringIO(text.getvalue()), columns=crm))
    assert list(read_leads(lines, format="jsonl", columns=crm)) == expected
    assert list(read_leads(map(json.loads, lines), format="jsonl", columns=crm)) == expected


def export(random):
    """One generated export of Salesforce: its bytes, and how many rows hold something."""
    known = ["Lead ID", "First Name", "Last Name", "Email", "Phone", "Country", "No. of Employees"]
    header = known[:1] + random.sample(known[1:], random.randint(2, 6))
    header += random.sample(
        ["NPS", "Notes", "Custom Field 7", "Favourite Colour"], random.randint(0, 3)
    )
    if random.random() < 0.3:
        header.append(random.choice(header[1:]))
    random.shuffle(header)
    cells = {
        "Country": ["USA", "Germany", "Narnia", ""],
        "No. of Employees": ["5", "1,000", "many", ""],
    }
    cells |= {
        "Email": ["a@b.example", "no address", "-", ""],
        "Last Name": ["Müller", "O'Hara", ""],
    }
    rows = [
        [
            f"L-{number}"
            if name == "Lead ID" and random.random() < 0.9
            else random.choice(cells.get(name, ["x", "y", ""]))
            for name in header
        ]
        for number in range(random.randint(1, 30))
    ]
    for row in rows:
        if random.random() < 0.05:
            row.pop()
    text = io.StringIO()
    csv.writer(text, delimiter=random.choice(",;\t")).writerows([header, *rows])
    encoding = random.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    return text.getvalue().encode(encoding), sum(any(row) for row in rows)


@pytest.mark.parametrize("seed", range(200))
def test_each_row_of_an_export_is_a_lead_or_a_named_fault(seed):
    """Shuffled, missing, doubled and unknown columns, faults, marks and encodings: no row is unaccounted for."""
    written, rows = export(Random(seed))
    found = list(read_leads(io.BytesIO(written), columns="salesforce"))
    assert len(found) == rows
    assert all(isinstance(row, Lead) or row.faults for row in found)
    lines = [row.line for row in found if isinstance(row, RowError)]
    assert len(set(lines)) == len(lines)


def test_windows_1252_is_refused_by_name():
    """A cell in Windows-1252 is a fault that names the encoding; the other rows are read."""
    written = "id,Last Name\nL-1,Müller\nL-2,Lee\n".encode("cp1252")
    bad, good = read_leads(io.BytesIO(written), name="leads.csv")
    assert str(bad) == (
        "leads.csv:2: name.last (column 'Last Name') is not UTF-8; "
        "it may be Windows-1252: save the file as CSV in UTF-8"
    )
    assert good == Lead("L-2", name="Lee")


def test_text_that_breaks_off_is_told():
    """A file in UTF-16 that ends within a character gives the rows before, and a fault for the rest."""
    written = ("id\n" + "".join(f"L-{n}\n" for n in range(9))).encode("utf-16") + b"\x00"
    *good, bad = read_leads(io.BytesIO(written), name="leads.csv")
    assert all(isinstance(row, Lead) for row in good)
    assert "file is not UTF-16" in str(bad)
    assert "was not read further" in str(bad)


@pytest.mark.parametrize("name", ["leads.xlsx", "leads.XLS", "leads.ods"])
def test_a_workbook_is_refused_by_name(name):
    """The ending of a workbook is refused with the remedy, before the file is opened."""
    with pytest.raises(ConfigError) as caught:
        read_leads(name)
    assert str(caught.value).startswith(f"{name}: is a workbook")
    assert "save its sheet as CSV UTF-8" in str(caught.value)


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_workbook_with_another_name_is_refused(tmp_path, start):
    """What begins as a workbook is one, whatever it is called."""
    (tmp_path / "leads.csv").write_bytes(start + b"rest")
    with pytest.raises(ConfigError, match="is a workbook"):
        list(read_leads(tmp_path / "leads.csv"))


def test_columns_are_known_before_the_first_row():
    """What the columns fill can be asked first; the rows are all there afterwards."""
    leads = read_leads(["Lead ID,Mobile", "L-1,5"])
    assert [str(column) for column in leads.columns] == [
        "'Lead ID' fills id",
        "'Mobile' fills phone",
    ]
    assert [lead.phone for lead in leads] == ["5"]
    assert list(leads) == []


def test_the_columns_of_json_are_those_that_were_seen():
    """Rows of JSON bring their columns with them."""
    leads = read_leads(['{"id": "1", "Zip": "5"}', '{"id": "2", "State": "x"}'], format="jsonl")
    assert leads.columns == ()
    assert len(list(leads)) == 2
    assert [column.fills for column in leads.columns] == ["id", "postal_code", "region"]


def test_the_first_choice_that_is_not_empty_counts():
    """Where several columns fill a field, the order of choice decides, row by row."""
    rows = ["Lead ID,Mobile,Phone", "L-1,m,p", "L-2,m,", "L-3,,"]
    assert [lead.phone for lead in read_leads(rows, columns=SALESFORCE)] == ["p", "m", None]


def test_a_header_that_is_there_twice_has_to_agree():
    """Two columns of one name may say the same or nothing; two values are a fault of the row."""
    rows = ["id,Email,E-mail,x,x", "1,a@b.de,,1,1", "2,a@b.de,a@b.de,,2", "3,a@b.de,c@d.de,1,2"]
    one, two, bad = read_leads(rows, name="f")
    assert (one.email, two.email) == ("a@b.de", "a@b.de")
    assert one.attributes == {"x": "1"}
    assert str(bad) == (
        "f:4: email is there twice, with two different values; keep one of them; "
        "attributes.x is there twice, with two different values; keep one of them"
    )


def test_names_are_joined():
    """First and last name make the name, unless there is a full one; one of them alone is enough."""
    rows = [
        "id,First Name,Last Name,Full Name",
        "1,Ann,Lee,",
        "2,,Lee,",
        "3,Ann,Lee,A. Lee",
        "4,,,",
    ]
    assert [lead.name for lead in read_leads(rows)] == ["Ann Lee", "Lee", "A. Lee", None]


def test_prefixes_of_meta_come_off():
    """What Meta writes before ids, phones and postal codes is taken off."""
    rows = ["id,phone_number,zip_code,ad_id,platform", "l:77,p:+49301234,z:10115,ag:5,fb"]
    (lead,) = read_leads(rows, columns="meta_lead_ads")
    assert (lead.id, lead.phone, lead.postal_code) == ("77", "+49301234", "10115")
    assert (dict(lead.attributes), lead.channel) == ({"ad_id": "5"}, "fb")


def test_the_country_of_rows_that_name_none():
    """A declared country counts where the row has none; restored postal codes are counted."""
    rows = ["id,State,Country,Zip", "1,California,,2139", "2,Ontario,Canada,", "3,NY,US,10001"]
    leads = read_leads(rows, country="USA")
    assert [lead.region for lead in leads] == ["US-CA", "CA-ON", "US-NY"]
    assert leads.restored == 1
    assert read_leads(["id,Zip", "1,"], country="DE").restored == 0


def test_the_country_of_reps_that_name_none():
    """Their regions are read within it; reps who name countries keep theirs."""
    lines = ["id,countries,regions", "a,,WA; Texas", "b,Australia,WA", "c,,"]
    roster, errors = read_reps(lines, country="USA")
    assert errors == []
    assert [(rep.countries, rep.regions) for rep in roster] == [
        ({"US"}, {"US-WA", "US-TX"}),
        ({"AU"}, {"AU-WA"}),
        ({"US"}, set()),
    ]


def test_a_fault_takes_the_field_alone_where_that_is_said():
    """With on_fault the lead comes without what is wrong, and the fault after it; a bad id takes the row."""
    rows = [
        "id,State,Country,Employees,x",
        f"1,Ohio,Narnia,many,{'y' * 5000}",
        ",Ohio,,,",
        "1.2E+15,,,,",
    ]
    lead, error, empty, cut = read_leads(rows, name="f", on_fault="field", country="US")
    assert (lead.id, lead.region, lead.country, lead.employees) == ("1", "US-OH", None, None)
    assert [fault.field for fault in error.faults] == ["employees", "country", "attributes.x"]
    assert str(cut).startswith("f:4: id is '1.2E+15', a long number that a spreadsheet has cut")
    assert empty.line == 3


def test_an_id_that_is_too_long_takes_the_row():
    """An id that the model refuses leaves no lead, whatever on_fault says."""
    (error,) = read_leads(["id", "x" * 90], name="f", on_fault="field")
    assert str(error).startswith("f:2: id has 90 characters")


def test_one_id_twice_with_other_content_is_a_fault():
    """The first row keeps the id; the same row again is the same lead."""
    first, bad, again = read_leads(["id,Email", "1,a@b.de", "1,c@d.de", "1,a@b.de"], name="f")
    assert first == again
    assert str(bad) == (
        "f:3: id '1' is on line 2 already, with other content; give every lead an id of its own"
    )
    rows = [{"id": "1", "x": [1]}, {"id": "1", "x": [2]}]
    assert [isinstance(row, Lead) for row in read_leads(rows, extra="ignore")] == [True, True]


def test_ids_beyond_memory_are_kept_in_a_file():
    """More ids than memory holds are still known, with their lines and contents."""
    seen = SeenIds()
    for number in range(2 * FULL + 10):
        assert seen.earlier(f"L-{number}", "x", number) is None
    assert [seen.earlier(f"L-{number}", "x", 5) for number in (0, FULL, 2 * FULL + 5)] == [None] * 3
    assert [seen.earlier(f"L-{number}", "y", 5) for number in (7, FULL)] == [7, FULL]
    assert seen.earlier("new", "x", 1) is None
    seen.close()


def test_columns_without_a_name_at_the_end():
    """They count as long as they are empty; a cell there is one too many."""
    good, bad = read_leads(["id,Email,,", "1,a@b.de,,", "2,a@b.de,,x"], name="f")
    assert good.email == "a@b.de"
    assert str(bad).startswith("f:3: row has 4 cells where the header has 2")


def test_containers_of_json_are_found():
    """The array is found under the key that a program uses, behind other keys; their errors stay errors."""
    text = '{"done": {"n": [1]}, "totalSize": 1, "records": [{"Id": "7", "Owner": {"Name": "Ada"}}], "x": 1}'
    (lead,) = read_leads(io.StringIO(text), format="json", columns="salesforce")
    assert (lead.id, dict(lead.attributes)) == ("7", {"owner.name": "Ada"})


def test_trees_of_salesforce():
    """The reference is the id where there is none; what is said of a record is no attribute of ours."""
    kind = {"type": "Lead", "referenceId": "LeadRef1"}
    url = {"type": "Lead", "url": "/services/data/v58.0/sobjects/Lead/00Q"}
    rows = [
        {"attributes": kind, "Company": "Ho"},
        {
            "attributes": url,
            "Id": "00Q",
            "Owner": {"attributes": {"type": "User", "referenceId": "U"}},
        },
        {"id": "1", "attributes": {"type": "gold"}},
    ]
    one, two, own = read_leads(rows)
    assert (one.id, two.id, dict(two.attributes)) == ("LeadRef1", "00Q", {})
    assert own.attributes == {"type": "gold"}


def test_nesting_has_an_end():
    """What lies deeper than four levels is refused with its place."""
    (bad,) = read_leads([{"id": "1", "a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}], name="f")
    assert str(bad).startswith("f:1: attributes.a.b.c.d.e is of type dict")


def test_rows_that_are_no_mappings_are_named():
    """A row among mappings that is none is a fault of its own."""
    good, bad = read_leads([{"id": "1"}, "x"], name="f")
    assert good == Lead("1")
    assert str(bad) == "f:2: row is of type str; write a mapping such as {'id': 'L-1'}"


class Pandas:
    """A data frame as pandas has it."""

    def __init__(self, columns, rows, index=None):
        self.columns, self.index, self._rows = columns, SimpleNamespace(name=index), rows

    def itertuples(self, *, index, name):
        """The rows, with the index before them where it is asked for."""
        return ((number, *row) if index else row for number, row in enumerate(self._rows, 100))


class Polars:
    """A data frame as polars has it."""

    columns = ("Lead ID", "Country")

    def iter_rows(self):
        """The rows."""
        return iter([("L-1", "USA"), (None, "USA")])


def test_data_frames_are_read_row_by_row():
    """Names of columns are headers, NaN is not known, whole floats are ids; an index with a name is a column."""
    nan = float("nan")
    frame = Pandas(["Lead ID", "Zip", 5], [(901.0, "94105", nan), (nan, "1", 2)])
    lead, bad = read_leads(frame)
    assert (lead, str(bad)) == (
        Lead("901", postal_code="94105"),
        "<rows>:2: id is empty; every lead and rep needs an id of its own",
    )
    assert [lead.id for lead in read_leads(Pandas(["Zip"], [("1",)], index="id"))] == ["100"]
    lead, bad = read_leads(Polars())
    assert lead == Lead("L-1", country="US")


def test_a_data_frame_of_pandas_is_read():
    """The real thing is read as its stand-in is."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"Lead ID": [1, 2], "Employees": [5.0, None], "Country": ["NA", pandas.NA]}
    )
    assert list(read_leads(frame)) == [Lead("1", employees=5, country="NA"), Lead("2")]


def test_ids_of_other_types():
    """Whole numbers and UUIDs are ids by their text; what is not is refused."""
    known = UUID(int=7)
    rows = [{"id": known}, {"id": 5}, {"id": 2.5}, {"id": True}]
    one, two, *bad = read_leads(rows, name="f")
    assert (one.id, two.id) == (str(known), "5")
    assert [str(error).partition(";")[0] for error in bad] == [
        "f:3: id is 2.5 of type float",
        "f:4: id is True of type bool",
    ]


def test_signals_and_flags_of_json():
    """Signals are objects or text, and what is neither is refused; flags are flags."""
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    good = {"id": "1", "signals": [{"kind": "page", "at": at.isoformat()}, Signal("demo", at, 2)]}
    lead, *bad = read_leads(
        [good, {"id": "2", "signals": [{"kind": "page"}]}, {"id": "3", "signals": 5}], name="f"
    )
    assert lead.signals == (Signal("demo", at, 2), Signal("page", at))
    assert [str(error)[:17] for error in bad] == ["f:2: signals hold", "f:3: signals are "]
    roster, _ = read_reps(
        [
            {
                "id": "ada",
                "active": False,
                "caps": {"day": 5},
                "skills": {"a": 1},
                "capacity_by_segment": {"b": 2},
            }
        ]
    )
    assert roster["ada"] == Rep(
        "ada", active=False, caps={"day": 5}, skills={"a": 1}, capacity_by_segment={"b": 2}
    )


def test_options_are_checked_at_once():
    """A wrong option is refused by name before a row is read."""
    for option, said in [
        ({"dates": "dym"}, "dates is 'dym'; write one of dmy, mdy, ymd"),
        ({"decimal": ";"}, "decimal is ';'; write one of ., ,"),
        ({"extra": "drop"}, "extra is 'drop'; write one of attributes, ignore, refuse"),
        ({"on_fault": "lead"}, "on_fault is 'lead'; write one of row, field"),
        ({"country": "Narnia"}, "country is 'Narnia'"),
        ({"timezone": "Mars"}, "timezone is 'Mars'"),
    ]:
        with pytest.raises(ConfigError) as caught:
            read_leads(["id"], **option)
        assert str(caught.value).startswith(said)


def test_a_file_without_an_id_names_the_likely_columns():
    """The columns that may be the id are named, with how to say so."""
    with pytest.raises(RowError, match=r"columns=\{'Ref No': 'id'\} or \{'Key': 'id'\}"):
        list(read_leads(["Name,Ref No,Key", "a,1,2"]))


def test_maps_of_ones_own(tmp_path):
    """A map is a TOML file with a preset and columns; what is none is refused with its place."""
    path = tmp_path / "mine.toml"
    path.write_text('preset = "hubspot"\n[columns]\n"Ref" = "id"\n', encoding="utf-8")
    assert (
        load_columns(path)
        == columns_of(str(path))
        == columns_of(path)
        == ColumnMap({"Ref": "id"}, "hubspot")
    )
    assert [lead.id for lead in read_leads(["Ref", "7"], columns=path)] == ["7"]
    for text, words in [
        ("=", "is not TOML"),
        ("presett = 1", "did you mean 'preset'"),
        ("'Lead ID' = 'id'", "no key of a column map named 'Lead ID'.*stand below .columns."),
        ("preset = 5", "preset"),
        ("[columns]\na = 1", "write the header and its field as text"),
    ]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=words):
            load_columns(path)


def test_what_is_no_table_is_not_read_as_one():
    """One mapping is refused, and a frame without columns lacks an id, instead of no lead or names as leads."""
    for source in ({"id": "1"}, {"id": ["1", "2"], "country": ["US", "DE"]}):
        with pytest.raises(ConfigError, match=r"write rows, such as \[row\]"):
            list(read_leads(source))
    with pytest.raises(RowError, match=r"column 'id' is missing.*--map 'Lead ID=id'"):
        list(read_leads(Pandas([], [])))


@dataclass
class Contact:
    """A row of a host's own."""

    pk: int
    first_name: str
    zip: str
    _private: str = ""

    @property
    def mail(self):
        """A computed field."""
        return "a@b.de"


def test_a_lead_from_a_mapping():
    """A row with its headers is a lead; every fault of it is listed."""
    row = {"Lead ID": 5, "Zip": "2139", "Created": "3/4/2026 9:00", "Plan": "gold"}
    lead = Lead.from_mapping(
        row, columns={"Created": "received_at"}, country="US", timezone="UTC", dates="dmy"
    )
    assert lead == Lead(
        "5",
        postal_code="02139",
        country="US",
        received_at=datetime(2026, 4, 3, 9, tzinfo=UTC),
        attributes={"plan": "gold"},
    )
    with pytest.raises(ValidationError) as caught:
        Lead.from_mapping({"contry": "US", "employees": "many"})
    assert [fault.field for fault in caught.value.faults] == ["column 'contry'", "employees", "id"]


def test_a_lead_from_an_object():
    """Fields of an object are columns; properties are read where they are named, and the rest is ignored."""
    lead = Lead.from_object(Contact(7, "Ann", "94105"), columns={"pk": "id", "mail": "email"})
    assert lead == Lead("7", name="Ann", postal_code="94105", email="a@b.de")
    assert Lead.from_object(SimpleNamespace(id="1", plan="x"), extra="attributes").attributes == {
        "plan": "x"
    }


def test_words_for_not_known_are_no_choice():
    """A dash in a phone, and n/a in a country, leave the word to the next column and to the declared country."""
    rows = ["id,Phone,Mobile,Country,Created Time,name,First Name", "1,-,555-0101,n/a,-,  ,Ann"]
    (lead,) = read_leads(rows, country="US", timezone="UTC")
    assert (lead.phone, lead.country, lead.received_at, lead.name) == (
        "555-0101",
        "US",
        None,
        "Ann",
    )
    (lead,) = read_leads(
        [{"id": "l:1", "phone": 5550101, "zip_code": None}], columns="meta_lead_ads"
    )
    assert (lead.id, lead.phone) == ("1", "5550101")


def test_rows_are_taken_one_by_one():
    """What is returned is an iterator: ``next`` takes a row, and a missing cell of a mapping is not known."""
    leads = read_leads([{"id": "1", "Company": None}, {"id": "2", "Company": "x"}])
    assert next(leads) == Lead("1")
    assert [lead.company for lead in leads] == ["x"]


def test_what_are_no_signals_is_refused():
    """Text that is no list of signals is named by the model."""
    with pytest.raises(ValidationError, match="signals are not all signals"):
        Lead("1", signals="page")
    with pytest.raises(ValidationError, match="signals are not all signals"):
        Lead("1", signals=["page"])


def test_restored_codes_of_mappings_are_counted():
    """Rows that bring their headers are counted as those of a table are; a number is no company."""
    leads = read_leads(
        [{"id": "1", "Zip": "2139", "Country": "US"}, {"id": "2", "Company": 5}], name="f"
    )
    good, bad = leads
    assert (good.postal_code, leads.restored) == ("02139", 1)
    assert str(bad).startswith("f:2: company is 5 of type int")


def test_postal_codes_that_are_numbers():
    """A whole float gets its zeros back where the country says how many there are, and is refused elsewhere."""
    good, bad = read_leads(
        [{"id": "1", "Zip": 2139.0, "Country": "US"}, {"id": "2", "Zip": 2139.0}]
    )
    assert good.postal_code == "02139"
    assert "postal_code (column 'Zip') is the number 2139" in str(bad)
