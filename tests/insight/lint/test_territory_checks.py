"""Where territories overlap, and where nobody's is."""

import pytest

from leadroute import Lead, Rep, Territory
from leadroute.insight.lint.roster_checks import holes, overlaps
from leadroute.model.territory_index import TerritoryIndex


@pytest.mark.parametrize(
    ("one", "other", "on"),
    [
        ({}, {}, ()),
        ({"countries": {"DE", "AT"}}, {"countries": {"DE"}}, ("country DE",)),
        ({"countries": {"DE"}}, {"countries": {"AT"}}, None),
        ({"countries": {"DE"}}, {"countries": {"DE"}, "priority": 1}, None),
        ({"countries": {"DE"}}, {"regions": {"DE-BE"}}, None),
        ({"postal": {"DE:10"}}, {"postal": {"DE:10", "DE:20"}}, ("postal code DE:10",)),
        ({"postal": {"DE:10"}}, {"postal": {"FR:10"}}, None),
        ({"postal": {"DE:10"}}, {"postal": {"DE:101"}}, None),
        ({"postal": {"100..149"}}, {"postal": {"130..199"}}, ("postal code 100..149",)),
        ({"accounts": {"a"}}, {"accounts": {"a", "b"}}, ("a",)),
        ({"accounts": {"a"}}, {"domains": {"a.example"}}, None),
        ({"min_employees": 5}, {"min_employees": 1, "max_employees": 5}, ()),
        ({"min_employees": 6}, {"min_employees": 1, "max_employees": 5}, None),
        (
            {"center": (0, 0), "radius_km": 60},
            {"center": (0, 1), "radius_km": 60},
            ("centers 111 km apart",),
        ),
        ({"center": (0, 0), "radius_km": 50}, {"center": (0, 1), "radius_km": 50}, None),
        (
            {"industries": {"a", "b"}},
            {"industries": {"b", "c"}},
            ("industry b",),
        ),
    ],
)
def test_overlaps_are_those_that_only_names_decide(one, other, on):
    """Two territories overlap when a lead can be in both and neither is closer or higher."""
    territory_index = TerritoryIndex([Territory("a", **one), Territory("b", **other)])
    assert [each.on for each in overlaps(territory_index)] == ([] if on is None else [on])


def test_an_overlap_is_told_once():
    """Two territories that share two countries are one overlap, with its remedy."""
    both = {"countries": {"DE", "AT"}}
    (found,) = overlaps(TerritoryIndex([Territory("a", **both), Territory("b", **both)]))
    assert str(found) == "'a' and 'b' both hold country AT, country DE; give one a higher priority"
    (found,) = overlaps(TerritoryIndex([Territory("a"), Territory("b")]))
    assert str(found) == "'a' and 'b' both hold every lead; give one a higher priority"


def test_holes_are_segments_that_nobody_has():
    """A segment is in a hole when no territory holds it, or only such as have no reps."""
    territory_index = TerritoryIndex(
        [
            Territory("de", countries={"DE"}, backups={"ada"}),
            Territory("fr", countries={"FR"}),
            Territory("it", countries={"IT"}),
        ]
    )
    segments = [Lead(country, country=country) for country in ("DE", "FR", "IT", "US")]
    found = holes(territory_index, segments, [Rep("eve", territories={"it"})])
    assert [*map(str, found)] == ["'FR' is in fr, where there is no rep", "'US' is in no territory"]
