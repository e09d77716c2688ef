"""Leads and reps from JSON."""

import io
import json
from datetime import UTC, datetime

import pytest

from leadroute.errors import RowError
from leadroute.formats.rows import read_leads, read_reps
from leadroute.formats.source import LONGEST_LINE, Malformed, strict_json
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.plain import dumps, to_dict

KINDS = {"seats": "number", "vip": "flag", "since": "instant", "tags": "names", "note": "text"}


def read(text, form="jsonl", **options):
    """The rows of a text, errors as their text."""
    found = read_leads(io.StringIO(text), name="leads", format=form, **options)
    return [str(row) if isinstance(row, RowError) else row for row in found]


def test_what_is_written_plainly_is_read():
    """Each line is what `plain.dumps` writes."""
    lead = Lead("L-1", country="NA", budget=5, attributes={"tags": {"a", "b"}, "n": 1.5})
    assert read(f"{dumps(lead)}\n\n{dumps(Lead('L-2'))}") == [lead, Lead("L-2")]


def test_each_bad_line_is_named():
    """A line that is not JSON, doubtful JSON, no object or no lead is named; reading goes on."""
    text = "\n".join(
        [
            '{"id": "L-1"',
            '{"id": "L-1", "id": "L-2", "budget": NaN}',
            "3",
            "null",
            '{"id": "L-1"} x',
            '{"id": "L-1", "contry": "US", "budget": "5 pm"}',
            "[" * 100_000,
            f'{{"id": "L-1", "budget": {"9" * 5000}}}',
            '{"id": "L-1", "name": "' + "x" * LONGEST_LINE + '"}',
            '{"id": "L-9"}',
        ]
    )
    assert read(text) == [
        "leads:1: row is not JSON: Expecting ',' delimiter at character 13",
        (
            "leads:2: row holds NaN, which is not JSON; write null or a finite number; "
            "has the key 'id' twice; keep one of them"
        ),
        'leads:3: row is of type int; write an object such as {"id": "L-1"}',
        'leads:4: row is null; write an object such as {"id": "L-1"}',
        "leads:5: row goes on after its end with 'x'; remove that",
        (
            "leads:6: column 'contry' is not a field; write 'country', or 'attributes.contry' "
            "if it is an attribute of your own; budget is '5 pm', which is not a number; "
            "write plain digits such as 1000 or 1000.5, or leave it empty when it is not known"
        ),
        "leads:7: row is nested too deep; flatten it",
        "leads:8: row holds a number with thousands of digits; write it shorter",
        f"leads:9: row has more than {LONGEST_LINE:,} characters; split it",
        Lead("L-9"),
    ]


def test_declared_attributes_may_stand_beside_the_fields():
    """A declared attribute is read wherever it stands, as what it is declared to be."""
    row = {
        "id": "L-1",
        "seats": 5,
        "vip": True,
        "since": "2026-01-05T09:00:00Z",
        "attributes": {"tags": ["a"], "note": None, "other": "x"},
    }
    (found,) = read(json.dumps(row), custom=KINDS)
    assert found.attributes == {
        "seats": 5,
        "vip": True,
        "since": datetime(2026, 1, 5, 9, tzinfo=UTC),
        "tags": frozenset({"a"}),
        "other": "x",
    }


def test_a_declared_instant_is_read_as_it_is_written():
    """What `to_dict` writes for an instant is an instant."""
    lead = Lead("L-1", attributes={"since": datetime(2026, 1, 5, tzinfo=UTC)})
    assert read(json.dumps(to_dict(lead)), custom=KINDS) == [lead]


def test_attributes_of_another_kind_are_refused():
    """A declared attribute of another kind is named, with everything else that is wrong."""
    attributes = {"seats": True, "vip": 1, "since": "soon", "tags": "a", "note": 3}
    row = {"id": "L-1", "country": "zz", "note": "x", "attributes": attributes}
    assert read(json.dumps(row), custom=KINDS) == [
        (
            "leads:1: attributes.seats is of type bool; it must be a number; "
            "attributes.vip is of type int; it must be true or false; "
            "attributes.since is 'soon'; write an instant such as 2026-01-05T09:00:00Z; "
            "attributes.note is there twice, with two different values; keep one of them; "
            "country is 'zz'; write an ISO 3166-1 alpha-2 code such as 'US' or 'DE'"
        )
    ]


def test_an_array_is_read_object_by_object():
    """The objects of an array are read wherever its lines break, each with the line it starts on."""
    text = '\ufeff \n[\n{"id":\n"L-1"}\n,\n{"id": "L-2",\n"budget": "x"} , 7,'
    text += '{"id":"L-3","id":"L-3"}, {"id": "L-4"}\n]\n'
    expected = [
        Lead("L-1"),
        (
            "leads:6: budget is 'x', which is not a number; "
            "write plain digits such as 1000 or 1000.5, or leave it empty when it is not known"
        ),
        'leads:7: row is of type int; write an object such as {"id": "L-1"}',
        "leads:7: row has the key 'id' twice; keep one of them",
        Lead("L-4"),
    ]
    assert read(text, "json") == expected
    by_character = [
        str(row) if isinstance(row, RowError) else row
        for row in read_leads(iter(text), name="leads", format="json")
    ]
    assert by_character == expected


def test_an_empty_array_has_no_rows():
    """An empty array is no error."""
    assert read(" [ ] ", "json") == []


@pytest.mark.parametrize(
    "text", ["", '{"id": "L-1"}', "3", "{", '{"records" [1]}', '{"records": {"a": 1}}']
)
def test_what_is_no_array_is_refused(text):
    """A file that is no array is refused with the remedy."""
    with pytest.raises(RowError) as caught:
        read(text, "json")
    assert str(caught.value) == (
        "leads:1: row is not a JSON array; write [ first, put the array under 'records', 'value', 'results', 'data', "
        "'items' or 'leads', or use the format jsonl"
    )


def test_a_broken_array_ends_where_it_breaks():
    """What came before the break is given; the break is named."""
    assert read('[{"id": "L-1"},\n{"id" "L-2"}]', "json") == [
        Lead("L-1"),
        "leads:2: row is not JSON: Expecting ':' delimiter; the rest was not read",
    ]
    assert read('[{"id": "L-1"}\n{"id": "L-2"}]', "json") == [
        Lead("L-1"),
        "leads:2: row is followed by neither , nor ]; the rest was not read",
    ]


def test_an_object_without_end_is_given_up():
    """An object longer than the limit is not read on and on."""
    endless = ("[" if n == 0 else '{"id": "' if n == 1 else "x" * 65536 for n in range(10_000))
    (found,) = read_leads(endless, name="leads", format="json")
    assert str(found) == (
        "leads:1: row is not JSON: Unterminated string starting at; the rest was not read"
    )
    assert next(endless) is not None


def test_long_arrays_are_read(tmp_path):
    """A file on one line, longer than a window, is read whole."""
    path = tmp_path / "leads.json"
    leads = [Lead(f"L-{n}", company="x" * 4000) for n in range(600)]
    path.write_text(json.dumps([to_dict(lead) for lead in leads]), encoding="utf-8")
    assert list(read_leads(path)) == leads


def test_reps_are_read_by_the_ending_of_the_path(tmp_path):
    """The ending .jsonl means one object per line."""
    path = tmp_path / "reps.jsonl"
    ada = Rep("ada", skills={"x": 0.5}, caps={"day": 5}, languages={"en"})
    path.write_text(f"{dumps(ada)}\n{dumps(ada)}\n", encoding="utf-8")
    roster, (error,) = read_reps(path)
    assert list(roster) == [ada]
    assert str(error) == (
        f"{path}:2: id 'ada' is on line 1 already; give every rep an id of its own"
    )


def test_doubtful_json_is_refused():
    """A text that is JSON is read; the place of an error in it is known."""
    assert strict_json(' {"a": [1, {"b": null}]} ') == {"a": [1, {"b": None}]}
    with pytest.raises(Malformed) as caught:
        strict_json('{"a":\n1,}')
    assert (caught.value.line, caught.value.column) in {(2, 2), (2, 3), (2, 4)}
