"""Territories: what they hold, what they have from their parents, and whose they are."""

import pickle

import pytest

from leadroute import Lead, Rep, Territory
from leadroute.errors import ConfigError, UnknownFieldError, ValidationError
from leadroute.model.territory import Place, distance_km
from leadroute.model.territory_index import TerritoryIndex


def holds(territory, **fields):
    """Why a lead is in a territory, or None."""
    return territory.fit(Place.of(Lead("L-1", **fields)))


@pytest.mark.parametrize(
    ("said", "lead", "reasons"),
    [
        ({}, {}, ()),
        ({"countries": {"de"}}, {"country": "DE"}, ("country DE",)),
        ({"countries": {"DE"}}, {"country": "AT"}, None),
        ({"countries": {"DE"}}, {}, None),
        ({"countries": {"!AT"}}, {"country": "DE"}, ()),
        ({"countries": {"!AT"}}, {"country": "AT"}, None),
        ({"countries": {"US"}}, {"region": "US-CA"}, ("country US",)),
        ({"countries": {"US"}}, {"region": "bavaria"}, None),
        ({"regions": {"us-ca"}}, {"region": "US-CA"}, ("region US-CA",)),
        ({"regions": {"US-CA"}}, {"country": "US"}, None),
        (
            {"postal": {"DE:10"}},
            {"country": "DE", "postal_code": "10115"},
            ("postal code DE:10",),
        ),
        ({"postal": {"DE:10"}}, {"country": "FR", "postal_code": "10115"}, None),
        ({"postal": {"10"}}, {"postal_code": "10115"}, ("postal code 10",)),
        ({"postal": {"01"}}, {"postal_code": "1000"}, None),
        ({"postal": {"10", "!10115"}}, {"postal_code": "10115"}, None),
        ({"postal": {"!10115"}}, {"postal_code": "10117"}, ()),
        ({"postal": {"1", "101"}}, {"postal_code": "10115"}, ("postal code 101",)),
        (
            {"postal": {"GB:SW1A"}},
            {"country": "GB", "postal_code": "sw1a 1aa"},
            ("postal code GB:SW1A",),
        ),
        (
            {"postal": {"US:94105"}},
            {"country": "US", "postal_code": "94105-1234"},
            ("postal code US:94105",),
        ),
        ({"postal": {"01067..01326"}}, {"postal_code": "01326"}, ("postal code 01067..01326",)),
        ({"postal": {"01067..01326"}}, {"postal_code": "01327"}, None),
        ({"postal": {"01067..01326"}}, {"postal_code": "0110"}, None),
        ({"postal": {"01067..01326"}}, {"postal_code": "011A9"}, None),
        ({"postal": {"E1..E1W"}}, {"postal_code": "E1A 2BB"}, ("postal code E1..E1W",)),
        ({"postal": {"10"}}, {}, None),
        ({"industries": {"health"}}, {"industry": "health"}, ("industry health",)),
        ({"industries": {"health"}}, {"industry": "retail"}, None),
        ({"min_employees": 10}, {"employees": 10}, ("10 employees",)),
        ({"min_employees": 10}, {"employees": 9}, None),
        ({"max_employees": 10}, {"employees": 11}, None),
        ({"max_employees": 0}, {"employees": 0}, ("0 employees",)),
        ({"max_employees": 10}, {}, None),
        ({"languages": {"pt"}}, {"language": "pt-BR"}, ("language pt",)),
        ({"languages": {"pt-BR"}}, {"language": "pt"}, None),
        ({"languages": {"pt"}}, {}, None),
        ({"regions": {"US-CA"}}, {"country": "us", "region": "ca"}, ("region US-CA",)),
        ({"regions": {"US-CA"}}, {"country": "AR", "region": "CA"}, None),
        ({"regions": {"WEST"}}, {"country": "DE", "region": "west"}, ("region WEST",)),
        ({"regions": {"!US-CA"}}, {"country": "US", "region": "CA"}, None),
        ({"accounts": {"A-1"}}, {"account_id": "A-1"}, ("named: A-1",)),
        ({"domains": {"Acme.example"}}, {"email": "x@eu.acme.example"}, ("named: acme.example",)),
        ({"domains": {"acme.example"}}, {"domain": "notacme.example"}, None),
        (
            {"accounts": {"A-1"}, "domains": {"a.example"}},
            {"domain": "a.example"},
            ("named: a.example",),
        ),
        ({"accounts": {"A-1"}, "domains": {"a.example"}}, {"account_id": "A-2"}, None),
        ({"domains": {"!a.example"}}, {"domain": "a.example"}, None),
        ({"accounts": {"!A-1"}}, {"account_id": "A-1"}, None),
        ({"languages": {"!pt"}}, {"language": "pt"}, None),
        (
            {"center": (52.52, 13.405), "radius_km": 50},
            {"attributes": {"lat": 52.4, "lon": 13.05}},
            ("28 km away",),
        ),
        (
            {"center": (52.52, 13.405), "radius_km": 5},
            {"attributes": {"lat": 52.4, "lon": 13.05}},
            None,
        ),
        ({"center": (52.52, 13.405), "radius_km": 5}, {"attributes": {"lat": 52.4}}, None),
        (
            {"countries": {"DE"}, "industries": {"health"}, "languages": {"de"}},
            {"country": "DE", "industry": "health", "language": "de"},
            ("country DE", "industry health", "language de"),
        ),
    ],
)
def test_a_lead_fits_everything_that_is_said(said, lead, reasons):
    """A lead is in a territory when it fits each thing said, and the reasons are those things."""
    assert holds(Territory("t", **said), **lead) == reasons


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"countries": {"Germny"}}, "countries is 'Germny'; did you mean 'DE'?"),
        ({"countries": {"!"}}, "countries have '!' without a name; write it like '!AT'"),
        ({"postal": {"DE:"}}, "postal hold 'DE:'; write a beginning such as 'DE:10'"),
        ({"postal": {"XX:10"}}, "postal is 'XX'"),
        ({"postal": {"20..10"}}, "postal hold '20..10', which ends before it begins"),
        ({"postal": {"1*"}}, "postal hold '1*'"),
        ({"min_employees": 5, "max_employees": 4}, "min_employees is 5, above max_employees 4"),
        ({"center": (1, 2)}, "center and radius_km go together"),
        ({"radius_km": 2}, "center and radius_km go together"),
        ({"center": (91, 2), "radius_km": 2}, "center is 91; write a number from -90 to 90"),
        ({"center": 5, "radius_km": 2}, "center is 5; write (latitude, longitude)"),
        ({"radius_km": -1, "center": (1, 2)}, "radius_km is -1"),
        ({"name": ""}, "name is empty"),
    ],
)
def test_what_cannot_be_a_territory_is_refused(given, said):
    """A refusal names the field and the remedy."""
    with pytest.raises(ValidationError) as refused:
        Territory(**{"name": "t", **given})
    assert said in str(refused.value)


def test_empty_names_say_nothing():
    """An empty name in a set is left out."""
    assert Territory("t", countries={""}) == Territory("t")


def test_a_child_has_from_its_parent_what_it_does_not_say():
    """Every generation adds to what is above it; 0 is said, nothing is not."""
    territory_index = TerritoryIndex(
        [
            Territory("dach", countries={"DE", "AT"}, owners={"ada"}, priority=3, min_employees=10),
            Territory("health", parent="dach", industries={"health"}, min_employees=0),
            Territory("berlin", parent="health", postal={"DE:10"}, owners={"bob"}, priority=0),
        ]
    )
    berlin = territory_index["berlin"]
    assert berlin.countries == {"DE", "AT"}
    assert berlin.industries == {"health"}
    assert (berlin.owners, berlin.priority, berlin.min_employees) == ({"bob"}, 0, 0)
    assert (territory_index["health"].owners, territory_index["health"].priority) == ({"ada"}, 3)
    assert [territory_index.depth(name) for name in ("dach", "health", "berlin")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("territories", "kind", "said"),
    [
        (
            [Territory("a", parent="b")],
            UnknownFieldError,
            "territory 'a': there is no territory named 'b'",
        ),
        (
            [Territory("a", parent="b"), Territory("b", parent="c"), Territory("c", parent="b")],
            ConfigError,
            "b < c < b: no territory can be its own ancestor",
        ),
        ([Territory("a"), Territory("a")], ConfigError, "there are two territories named 'a'"),
        (["a"], ConfigError, "territories hold a str; write [Territory(...), ...]"),
        (5, ConfigError, "territories hold a int"),
    ],
)
def test_territories_that_cannot_be_are_refused(territories, kind, said):
    """Names are unique, parents exist, and nobody is their own ancestor."""
    with pytest.raises(kind) as refused:
        TerritoryIndex(territories)
    assert said in str(refused.value)


def test_territory_index_is_a_value():
    """The order in which territories are given changes nothing, and a pickle is the same atlas."""
    given = [Territory("b", countries={"DE"}), Territory("a", center=(1, 2), radius_km=3)]
    territory_index = TerritoryIndex(given)
    assert (
        territory_index
        == TerritoryIndex(given[::-1])
        == pickle.loads(pickle.dumps(territory_index))
    )
    assert [each.name for each in territory_index] == ["a", "b"]
    assert (len(territory_index), repr(territory_index)) == (2, "<TerritoryIndex of 2 territories>")
    assert len({*given, Territory("b", countries={"DE"})}) == 2
    with pytest.raises(UnknownFieldError, match="there is no territory named 'c'"):
        territory_index["c"]


def test_the_most_specific_goes_first():
    """Named before postal before near before region before country ... before the one that holds all."""
    territory_index = TerritoryIndex(
        [
            Territory("1 named", domains={"acme.example"}),
            Territory("2 postal", postal={"DE:1011"}),
            Territory("3 shorter", postal={"DE:10"}),
            Territory("4 near", center=(52.52, 13.405), radius_km=20),
            Territory("5 region", regions={"DE-BE"}),
            Territory("6 both", countries={"DE"}, industries={"health"}),
            Territory("7 child", parent="8 country"),
            Territory("8 country", countries={"DE"}, priority=1),
            Territory("9 country", countries={"DE"}, priority=1),
            Territory("a lower", countries={"DE"}),
            Territory("b industry", industries={"health"}),
            Territory("c size", max_employees=50),
            Territory("d language", languages={"de"}),
            Territory("e all"),
        ]
    )
    lead = Lead(
        "L-1",
        domain="acme.example",
        country="DE",
        region="DE-BE",
        postal_code="10117",
        industry="health",
        employees=20,
        language="de",
        attributes={"lat": 52.5, "lon": 13.4},
    )
    found = [*map(str, territory_index.lookup(lead))]
    assert [each[0] for each in found] == sorted("123456789abcde")
    assert found[-1] == "e all: holds every lead"
    assert found[5] == "6 both: country DE, industry health"


@pytest.mark.parametrize(
    ("rep", "role"),
    [
        (Rep("ada"), "owner"),
        (Rep("eve", territories={"t"}), "owner"),
        (Rep("bob"), "overlay"),
        (Rep("cy"), "backup"),
        (Rep("dan", territories={"other"}), None),
    ],
)
def test_whose_it_is(rep, role):
    """A rep is owner, overlay or backup, as the territory says, or as the rep does."""
    territory = Territory("t", owners={"ada"}, overlays={"bob"}, backups={"cy", "ada"})
    assert territory.role(rep) == role


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ((0, 0), (0, 0), 0),
        ((0, 0), (0, 180), 20015),
        ((90, 0), (-90, 0), 20015),
        ((0, 179.5), (0, -179.5), 111),
        ((51.5074, -0.1278), (40.7128, -74.0060), 5570),
    ],
)
def test_distances_are_those_of_the_globe(one, other, km):
    """Known distances, over the poles and the date line as well."""
    assert round(distance_km(one, other)) == round(distance_km(other, one)) == km
