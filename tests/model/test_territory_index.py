"""The index of territories finds exactly what a look at every territory finds."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import Lead, Territory
from leadroute.errors import ValidationError
from leadroute.model.territory import Place, distance_km, postal, stretch
from leadroute.model.territory_index import TerritoryIndex, prefixes
from tests.profiles import examples

COUNTRIES = ("DE", "FR", "US")
CODES = (
    "1",
    "10",
    "101",
    "10115",
    "02",
    "SW1",
    "!10",
    "100..119",
    "S..SW1",
    "DE:10",
    "!FR:1",
    "0999..1002",
)


@cache
def some(*names):
    """A set of few names, most often empty."""
    return st.just(frozenset()) | st.frozensets(st.sampled_from(names), max_size=3)


@st.composite
def worlds(draw):
    """Territories that share names, some of them below others."""
    count = draw(st.integers(1, 12))
    found = []
    for number in range(count):
        center = draw(
            st.none() | st.sampled_from([(52.5, 13.4), (0, 179.9), (-89.5, 0), (89.9, 5)])
        )
        low = draw(st.none() | st.integers(0, 20))
        found.append(
            Territory(
                f"t{number}",
                countries=draw(some(*COUNTRIES, "!DE")),
                regions=draw(some("DE-BE", "US-CA", "!US-CA")),
                postal=draw(some(*CODES)),
                industries=draw(some("health", "!retail")),
                languages=draw(some("pt", "en", "!pt-BR")),
                accounts=draw(some("A-1", "!A-2")),
                domains=draw(some("a.example", "eu.a.example", "!b.example")),
                min_employees=low,
                center=center,
                radius_km=None if center is None else draw(st.sampled_from([1, 100, 900, 20_000])),
                priority=draw(st.none() | st.integers(0, 2)),
                parent=f"t{draw(st.integers(0, number - 1))}"
                if number and draw(st.booleans())
                else None,
            )
        )
    return found


def somewhere(**given):
    """A lead; of no country where its region or postal code cannot be one of the country's."""
    try:
        return Lead("L-1", **given)
    except ValidationError:
        return Lead("L-1", **{**given, "country": None})


leads = st.builds(
    somewhere,
    country=st.sampled_from([None, *COUNTRIES]),
    region=st.sampled_from([None, "DE-BE", "US-CA", "north"]),
    postal_code=st.sampled_from(
        [None, "1", "10", "10115", "101", "0999", "1001", "02-1", "SW1 2", "1A1"]
    ),
    industry=st.sampled_from([None, "health", "retail"]),
    language=st.sampled_from([None, "pt-BR", "en", "pt"]),
    account_id=st.sampled_from([None, "A-1", "A-2"]),
    domain=st.sampled_from([None, "a.example", "x.eu.a.example", "b.example"]),
    employees=st.none() | st.integers(0, 30),
    attributes=st.builds(
        lambda lat, lon: {} if lat is None else {"lat": lat, "lon": lon},
        st.none() | st.sampled_from([52.0, 0.0, -89.9, 89.9, 90.0]),
        st.sampled_from([13.4, -179.9, 180.0, -90.0, 170.0]),
    ),
)


@given(worlds(), leads)
@examples(150)
def test_a_lookup_finds_what_a_look_at_each_finds(territories, lead):
    """The drawers leave out nothing that fits, and the order is that of the rules."""
    territory_index, place = TerritoryIndex(territories), Place.of(lead)
    expected = []
    for territory in territory_index:
        close = territory.closeness(place)
        if close is not None:
            levels = tuple(-level for level in close[0])
            depth, priority = territory_index.depth(territory.name), territory.priority or 0
            expected.append((levels, -depth, -priority, territory.name))
    found = territory_index.lookup(lead)
    assert [match.territory.name for match in found] == [key[-1] for key in sorted(expected)]
    assert [match.reasons for match in found] == [match.territory.fit(place) for match in found]


@given(st.integers(0, 99_999), st.integers(0, 99_999), st.integers(0, 99_999))
def test_a_range_of_numbers_is_its_beginnings(one, other, code):
    """A code is in a range exactly if it begins like one of the beginnings of the range."""
    low, high = sorted((one, other))
    first, last, asked = f"{low:05}", f"{high:05}", f"{code:05}"
    held = stretch(postal(f"{first}..{last}")).holds(None, asked)
    assert held == (low <= code <= high)
    found = prefixes(first, last)
    assert held == any(asked.startswith(prefix) for prefix in found)
    assert len(found) <= 90


def test_many_names_are_filed_by_the_first_alone():
    """A territory that names very much is found all the same."""
    accounts = {f"A-{n}" for n in range(600)}
    regions = {f"US-{n}" for n in range(40)}
    territory_index = TerritoryIndex([Territory("big", accounts=accounts, regions=regions)])
    lead = Lead("L-1", account_id="A-599", region="US-39")
    assert [match.territory.name for match in territory_index.lookup(lead)] == ["big"]
    assert territory_index.lookup(lead.with_changes(region="US-40")) == ()


@pytest.mark.parametrize(
    ("center", "place"),
    [
        ((52.9, 13.0), (53.2, 13.0)),
        ((52.1, 13.0), (51.8, 13.0)),
        ((0, 179.9), (0.0, 180.0)),
        ((0, -179.9), (0.0, 179.9)),
    ],
)
def test_circle_is_found_across_cells(center, place):
    """A lead 34 kilometers away is found north, south and on the other side of the date line."""
    index = TerritoryIndex([Territory("circle", center=center, radius_km=40)])
    lead = Lead("L-1", attributes={"lat": place[0], "lon": place[1]})
    assert [match.territory.name for match in index.lookup(lead)] == ["circle"]


def test_edge_of_a_circle_is_inside():
    """A lead exactly as far away as the circle reaches is in it."""
    center, place = (52.5, 13.4), (52.6, 13.5)
    circle = Territory("circle", center=center, radius_km=distance_km(center, place))
    lead = Lead("L-1", attributes={"lat": place[0], "lon": place[1]})
    assert len(TerritoryIndex([circle]).lookup(lead)) == 1


def test_stretches_of_codes_meet_within_a_country():
    """Two stretches meet where a code can be in both, and never across countries."""
    whole, part, other = stretch("DE:1"), stretch("DE:10"), stretch("FR:10")
    assert whole.meets(part)
    assert part.meets(whole)
    assert not whole.meets(other)
    assert not part.meets(stretch("DE:2"))
