"""Which column fills which field."""

import json

import pytest
from attrs import fields

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.columns import (
    CRM_COLUMNS,
    CRM_PREFIXES,
    HUBSPOT,
    PRESETS,
    SALESFORCE,
    ColumnMap,
    as_columns,
    header_key,
    match_columns,
)
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from tests.shared import shared_path

NAMES = [each.name for each in fields(Lead) if each.name != "attributes"]
REP_NAMES = [each.name for each in fields(Rep) if each.name != "attributes"]


def fills(*headers, columns=None, entity="lead", names=NAMES, **options):
    """What the columns fill, and what is wrong with the headers."""
    found, faults = match_columns(headers, entity, names, as_columns(columns), **options)
    return [column.fills for column in found], [str(fault) for fault in faults]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zip/Postal Code", "zip postal_code"),
        ("No. of Employees", "NO OF EMPLOYEES"),
        ("Straße", "STRASSE"),
        ("Ｎａｍｅ", "name"),  # noqa: RUF001 - full-width letters
    ],
)
def test_headers_that_are_the_same(one, other):
    """Letter case, blanks, punctuation and width do not count."""
    assert header_key(one) == header_key(other)


def test_headers_that_differ():
    """Vowel signs of Indian scripts count, and so does punctuation where a header has nothing else."""
    assert header_key("की") != header_key("का")
    assert header_key(" ?? ") == "??"


def test_every_known_header_fills_its_field():
    """Each of the 252 headers that were seen fills what it was seen to mean, and no look-alike is caught."""
    seen = json.loads(shared_path("data/crm_columns.json").read_text(encoding="utf-8"))["columns"]
    for row in seen:
        if "memory" in row["source"] or row["header"].startswith("(any"):
            continue
        field = "ignore" if row["field"] == "(ignored)" else row["field"]
        assert fills(row["header"], columns=row["crm"], zoned=True) == ([field], []), row


def test_every_synonym_fills_its_field():
    """Each usual word for a field fills it without a map, whatever its spelling."""
    words = json.loads(shared_path("data/crm_columns.json").read_text(encoding="utf-8"))["synonyms"]
    for field, headers in words.items():
        for header in headers:
            for written in (header, header.upper(), header.replace(" ", "_"), f" {header} "):
                assert fills(written, zoned=True) == ([field], []), header


def test_every_preset_names_fields():
    """A preset and its prefixes name fields, parts of a name, attributes, or nothing else."""
    known = {*NAMES, "name.first", "name.last", "ignore"}
    targets = {
        target for table in (*CRM_COLUMNS.values(), *CRM_PREFIXES.values()) for target in table
    }
    assert {each for each in targets if not each.startswith("attributes.")} <= known
    assert set(PRESETS) == set(CRM_COLUMNS)


def test_a_code_is_chosen_before_the_text_beside_it():
    """Where a country and its code are both there, the code has the first place."""
    found, _ = match_columns(["Country", "Country Code"], "lead", NAMES, SALESFORCE)
    assert found[1].place < found[0].place


def test_the_own_columns_are_asked_first():
    """A map of the caller's own wins over declared attributes, those over the preset, and that over synonyms."""
    mine = {"Lead Source": "channel"}
    assert fills(
        "Lead Source", "Status", columns=HUBSPOT.with_columns(mine), custom=["status"]
    ) == (
        ["channel", "attributes.status"],
        [],
    )
    assert fills("Lead Status", columns=SALESFORCE, custom=["lead_status"]) == (
        ["attributes.lead_status"],
        [],
    )
    assert fills("Budget", columns="dynamics") == (["attributes.budget_status"], [])
    assert fills("Budget") == (["budget"], [])


def test_more_columns_win_over_the_first():
    """``with_columns`` puts what it is given before what the map has."""
    found = ColumnMap({"Tel": "phone", "Mail": "email"}).with_columns({"Mail": "ignore"})
    assert dict(found.columns) == {"Mail": "ignore", "Tel": "phone"}


def test_the_time_of_creation_needs_a_zone():
    """Another word for received_at fills it only where a zone is known; a map and the name always."""
    assert fills("Created Time") == (["attributes.created_time"], [])
    assert fills("Created Time", zoned=True) == (["received_at"], [])
    assert fills("Created Time", columns="zoho") == (["received_at"], [])
    assert fills("Received at") == (["received_at"], [])
    (found,), _ = match_columns(["Created Time"], "lead", NAMES, as_columns(None))
    assert (found.near, found.known, str(found)) == (
        "received_at",
        False,
        "'Created Time' fills attributes.created_time, nearly received_at",
    )


def test_a_slip_is_refused_where_nothing_fills_the_field():
    """Contry is a slip, unless there is a country; then it is a column like any other."""
    assert fills("Contry")[1] == [
        "column 'Contry' is not a field; write 'country', or 'attributes.Contry' if it is an attribute of your own"
    ]
    assert fills("Contry", "Country") == (["attributes.contry", "country"], [])
    assert fills("Phone2", "Phone") == (["attributes.phone2", "phone"], [])
    assert fills("Contry", extra="ignore") == (["ignore"], [])


def test_what_becomes_of_columns_that_fill_nothing():
    """They become attributes, are ignored, or are refused with the remedy."""
    assert fills("NPS") == (["attributes.nps"], [])
    assert fills("NPS", extra="ignore") == (["ignore"], [])
    assert fills("NPS", extra="refuse")[1] == [
        "column 'NPS' fills no field; map it to one, to 'attributes.nps', or to 'ignore'"
    ]
    assert fills("id", "")[1] == ["column 2 has no name; write one, or remove the column"]


def test_columns_of_reps():
    """A rep has synonyms of its own, and no preset of a CRM."""
    assert fills(
        "User ID", "Team", "Budget", entity="rep", names=REP_NAMES, columns="dynamics"
    ) == (
        ["id", "teams", "attributes.budget"],
        [],
    )


def test_a_map_that_names_no_field_is_refused():
    """The column and the near field are named; names of parts belong to what has a name."""
    with pytest.raises(ConfigError) as caught:
        fills("a", columns={"Mail": "emial"})
    assert str(caught.value) == (
        "column 'Mail': lead has no field 'emial'; did you mean 'email'? (an attribute is 'attributes.x')"
    )
    assert fills("Mail", columns={"Mail": "attributes.m"}) == (["attributes.m"], [])


@pytest.mark.parametrize("given", [{"a": 1}, {1: "a"}, 5, ["a"]])
def test_what_is_no_map_is_refused(given):
    """A map is text by text."""
    with pytest.raises(ConfigError, match=r"columns (hold|are of type)"):
        as_columns(given)


def test_presets_by_name():
    """A preset is found by its name in any case; an unknown one suggests the near."""
    assert as_columns("Meta Lead-Ads") is PRESETS["meta_lead_ads"]
    with pytest.raises(UnknownFieldError, match="salesforce"):
        as_columns("salesfroce")


def test_a_column_is_told_in_words():
    """What a column fills is a sentence part."""
    found, _ = match_columns(["Lead ID", "x"], "lead", NAMES, ColumnMap({"x": "ignore"}))
    assert [str(column) for column in found] == ["'Lead ID' fills id", "'x' is not read"]
    assert [column.plain for column in found] == [False, False]
