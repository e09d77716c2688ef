"""Territories from CSV files and policy files."""

import pytest

from leadroute import Router, Rule, Territory
from leadroute.errors import ConfigError, PolicyError, RowError
from leadroute.formats.csv_rows import read_territories
from leadroute.formats.policy_file import dump_policy, parse_policy
from leadroute.model.territory_index import TerritoryIndex
from tests.formats.said import unlined

FULL = Territory(
    "berlin",
    countries={"DE"},
    regions={"DE-BE"},
    postal={"DE:10", "!DE:10115", "DE:12000..12999"},
    industries={"health"},
    min_employees=5,
    max_employees=50,
    languages={"de"},
    accounts={"A-1"},
    domains={"a.example"},
    center=(52.52, 13.405),
    radius_km=30.5,
    priority=2,
    parent="germany",
    owners={"ada"},
    overlays={"bob"},
    backups={"cy"},
)


def test_every_field_can_be_read():
    """A row may say everything that a territory can."""
    lines = [
        (
            "Name;countries;Regions;postal;industries;min employees;max-employees;languages;accounts;"
            "domains;center;radius_km;priority;parent;owners;overlays;backups"
        ),
        (
            '"berlin";de;de-be;"DE:10; !DE:10115; DE:12000..12999";health;5;50;de;A-1;a.example;'
            '"52.52; 13.405";30.5;2;germany;ada;bob;cy'
        ),
        "",
        "germany;;;;;;;;;;;;;;;;",
    ]
    assert read_territories(lines) == ((FULL, Territory("germany")), [])


def test_a_file_is_read(tmp_path):
    """A path names the file in its errors."""
    path = tmp_path / "areas.csv"
    path.write_text("\ufeffname,countries\nde,DE\nxx,Mars\n", encoding="utf-8")
    good, (error,) = read_territories(path)
    assert [each.name for each in good] == ["de"]
    assert str(error).startswith(f"{path}:3: countries is 'Mars'")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,DE", "areas.csv:3: name is 'a', which an earlier row has; give each a name of its own"),
        (",DE", "areas.csv:3: name is empty"),
        ("b", "areas.csv:3: row has 1 cells where the header has 2"),
        ("b,!", "areas.csv:3: countries have '!' without a name"),
        ('b,"D"E', "areas.csv:3: row is not CSV: "),
    ],
)
def test_a_bad_row_is_one_error(row, said):
    """What is wrong with a row is told at its line, and the others are read."""
    good, (error,) = read_territories(["name,countries", "a,DE", row, "z,FR"], name="areas.csv")
    assert [each.name for each in good] == ["a", "z"]
    assert str(error).startswith(said)


def test_every_fault_of_a_row_is_told():
    """A number that is none and a country that is none are told together."""
    _, (error,) = read_territories(["name,priority,countries", "a,high,Mars"], name="f")
    assert [fault.field for fault in error.faults] == ["priority", "countries"]
    _, (error,) = read_territories(["name,priority", "a,high"], name="f")
    assert str(error).startswith(
        "f:2: priority is 'high', which is not a number; write plain digits"
    )


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "f:1: column 'name' is missing"),
        ("name,contries", "f:1: column 'contries' is not a field; did you mean 'countries'?"),
        ("name,xyzzy", "f:1: column 'xyzzy' is not a field; write one of name, countries"),
        ("name,name", "f:1: column 'name' is there twice; keep one of them"),
    ],
)
def test_a_bad_header_is_refused(header, said):
    """Without a header that can be right, nothing is read."""
    with pytest.raises(RowError) as refused:
        read_territories([header] if header else [], name="f")
    assert str(refused.value).startswith(said)


def test_a_policy_file_holds_territories_caps_and_costs():
    """Everything that limits and places a lead is written to a policy file and read back."""
    rule = Rule(
        "a",
        segment="b",
        capacity_cost=2,
        release_on="shift_end",
        in_territory=True,
        max_distance_km=80,
    )
    router = Router(
        rules=[rule, Rule("plain")],
        caps=["100 per day, source web", "5 per hour"],
        timezone="Europe/Berlin",
        territories=[FULL, Territory("germany", owners={"eve"})],
    )
    for kind in ("toml", "json"):
        text = dump_policy(router, format=kind)
        assert parse_policy(text, kind) == router
    assert isinstance(parse_policy(text, kind).territories, TerritoryIndex)


def test_errors_in_territories_have_their_place():
    """Each fault stands with the number of its table."""
    text = """
format = 1
caps = ["5 per year"]
[[rule]]
name = "a"
capacity_cost = -1
[[territory]]
name = "x"
countries = ["Mars"]
[[territory]]
nam = "y"
"""
    with pytest.raises(PolicyError) as refused:
        parse_policy(text)
    said = unlined(refused.value)
    assert "policy: territory[0]: countries is 'Mars'" in said
    assert (
        "policy: territory[1]: there is no key of a territory named 'nam'; did you mean 'name'?"
        in said
    )
    assert "policy: rule[0]: capacity_cost is -1" in said
    with pytest.raises(ConfigError, match="caps per is 'year'"):
        parse_policy('format = 1\ncaps = ["5 per year"]\n')
