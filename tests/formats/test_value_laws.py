"""One rule for each value: whatever is accepted is equal to itself in every form."""

import io
import json

from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from leadroute.errors import ValidationError
from leadroute.formats.csv_rows import row_of, write_rows
from leadroute.formats.rows import read_leads
from leadroute.model.lead import Lead
from leadroute.plain import dumps, from_dict, loads, to_dict
from leadroute.rules.builders import LEAD
from leadroute.rules.evaluation import evaluate
from leadroute.rules.fields import FIELDS
from leadroute.rules.parser import parse

COUNTRIES = [
    "us",
    "USA",
    "United States",
    "Deutschland",
    "GBR",
    "Italia",
    "Japan",
    "nl",
    "Pakistan",
]
REGIONS = ["CA", "California", "us-ny", "Bayern", "Punjab", "Florida", "WA", "NA", "North", "DE-BE"]
LANGUAGES = ["de", "German", "de_at", "Português (Brasil)", "zh-TW", "Norwegian", "eng", "none"]
POSTAL = ["2108", "01067", "1067.0", "sw1a1aa", "600000", "1011ab", 2108, "D-01067", "K1A 0B1"]
NUMBERS = ["50000", "$1,234.50", "1.234,5", "1e6", "n/a", "(500)", "50.125"]
DATES = ["2026-01-05T09:00:00Z", "2026-01-05 10:00:00+0100", "5 Jan 2026 9:00 UTC", "-"]
MAILS = ["Ann@Example.COM", "mailto:a@müller.de", "Ann <a@b.example>", "straße.de", "www.www.a.com"]
words = st.text(max_size=8)
numbers = (
    st.sampled_from(NUMBERS) | st.integers(0, 2**62) | st.floats(0, 1e15) | st.decimals(0, 999)
)

given_values = st.fixed_dictionaries(
    {},
    optional={
        "received_at": st.sampled_from(DATES),
        "name": words,
        "email": st.sampled_from(MAILS) | words,
        "phone": st.sampled_from(["p:+1 555", "tel:555", "'0049", "p:'n/a"]) | words,
        "company": words,
        "domain": st.sampled_from(MAILS) | words,
        "country": st.sampled_from(COUNTRIES) | words,
        "region": st.sampled_from(REGIONS) | words,
        "postal_code": st.sampled_from(POSTAL) | words,
        "language": st.sampled_from(LANGUAGES) | words,
        "employees": numbers,
        "annual_revenue": numbers,
        "budget": numbers,
        "deadline": st.sampled_from(DATES),
        "priority": st.integers(-5, 5) | st.sampled_from([2.0, float("nan")]),
    },
)


def accepted(values):
    """The lead of those values that are accepted one by one."""
    kept = {}
    for name, value in values.items():
        try:
            Lead("L-1", **{**kept, name: value})
        except ValidationError:
            continue
        kept[name] = value
    return Lead("L-1", **kept)


def read_back(lead):
    """The lead out of a table that holds it."""
    file = io.StringIO(newline="")
    row = row_of(lead)
    write_rows(file, list(row), [row], guard=False)
    return list(read_leads(io.StringIO(file.getvalue(), newline="")))


@given(given_values)
def test_accepted_values_are_equal_to_themselves_in_every_form(values):
    """A value that is accepted comes back the same from Python, CSV, JSON, dicts and policy text."""
    lead = accepted(values)
    known = {a.name: given for a in fields(Lead) if (given := getattr(lead, a.name)) != a.default}
    assert Lead(**{"id": "L-1", **known}) == lead
    assert from_dict(Lead, to_dict(lead)) == lead
    assert loads(Lead, dumps(lead)) == lead
    assert from_dict(Lead, json.loads(json.dumps(to_dict(lead)))) == lead
    assert read_back(lead) == [lead]
    for name in known.keys() & FIELDS["lead"].keys():
        condition = getattr(LEAD, name) == known[name]
        assert evaluate(condition, lead)
        assert parse(str(condition)) == condition
        assert evaluate(parse(str(condition)), lead)
