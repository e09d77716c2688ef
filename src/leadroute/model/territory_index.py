"""All territories, compiled for looking a lead up: most specific first, with the reason.

* The order: an account or domain that is named, then the longest beginning of a postal code, then
  near a center, then region, country, industry, company size, language; then a child before its
  parent, then the higher priority, then the name.
* Every territory is filed under all that it names, so that a lookup opens as many drawers as there are kinds of
  territories, not as there are territories (tuple space search: Srinivasan, Suri, Varghese 1999).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import pairwise, product
from math import cos, floor, radians
from operator import attrgetter
from typing import Any, Final

from attrs import field, frozen

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.lead import Lead
from leadroute.model.territory import Place, Position, Stretch, Territory, position_of, worded

FILED: Final = 512
"""Under how many keys one territory is filed; further fields are left to the full check."""

CELLS: Final = 4_096  # how many cells of one degree a circle may touch and still be filed by them

PLACES: Final = 4_096  # for how many places the answer is kept

_DEGREE_KM: Final = 111.0

Drawer = tuple[str, ...]


@frozen
class Match:
    """A territory that a lead is in."""

    territory: Territory
    fitted: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """What the lead fits in words, closest first; empty when the territory holds every lead."""
        return worded(self.fitted)

    @property
    def reason(self) -> str:
        """Why the lead is in it, in words."""
        return ", ".join(self.reasons) or "holds every lead"

    def __str__(self) -> str:
        return f"{self.territory.name}: {self.reason}"


def _territories(given: Iterable[Territory]) -> tuple[Territory, ...]:
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    for each in found:
        if not isinstance(each, Territory):
            kinds = "[Territory(...), ...]"
            raise ConfigError(f"territories hold a {type(each).__name__}; write {kinds}")
    ordered = tuple(sorted(found, key=lambda territory: territory.name))
    for one, other in pairwise(ordered):
        if one.name == other.name:
            raise ConfigError(
                f"there are two territories named {one.name!r}; give each a name of its own"
            )
    return ordered


def resolved(territories: Iterable[Territory]) -> dict[str, tuple[Territory, int]]:
    """Every territory by name, with what its parents give, and the number of parents. O(n)."""
    given = {territory.name: territory for territory in territories}
    found: dict[str, tuple[Territory, int]] = {}
    for name in given:
        line = [name]
        while (parent := given[line[-1]].parent) is not None and parent not in found:
            if parent not in given:
                raise UnknownFieldError(
                    "territory", parent, tuple(given), f"territory {line[-1]!r}"
                )
            if parent in line:
                circle = " < ".join([*line[line.index(parent) :], parent])
                raise ConfigError(f"{circle}: no territory can be its own ancestor")
            line.append(parent)
        for each in reversed(line):
            above = given[each].parent
            if each not in found:
                found[each] = (
                    (given[each], 0)
                    if above is None
                    else (given[each].under(found[above][0]), found[above][1] + 1)
                )
    return found


@frozen(repr=False)
class TerritoryIndex:
    """All territories, compiled. Build it once; O(n) in territories and what they name."""

    territories: tuple[Territory, ...] = field(converter=_territories)
    _known: Mapping[str, tuple[Territory, int]] = field(init=False, eq=False)
    _cabinets: Mapping[Drawer, Mapping[Drawer, list[str]]] = field(init=False, eq=False)
    _place_of: Callable[[Lead], Hashable] = field(init=False, eq=False)
    _found: dict[Hashable, tuple[Match, ...]] = field(factory=dict, init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        known = resolved(self.territories)
        cabinets: defaultdict[Drawer, defaultdict[Drawer, list[str]]]
        cabinets = defaultdict(lambda: defaultdict(list))
        for name, (territory, _) in known.items():
            for filed in _filed(territory):
                kinds, values = tuple(filed), tuple(filed.values())
                cabinets[kinds][values].append(name)
        plain = {kinds: dict(drawers) for kinds, drawers in cabinets.items()}
        object.__setattr__(self, "_known", known)
        object.__setattr__(self, "_place_of", _asked([each for each, _ in known.values()]))
        object.__setattr__(self, "_cabinets", plain)

    def __reduce__(self) -> tuple[type[TerritoryIndex], tuple[tuple[Territory, ...]]]:
        return TerritoryIndex, (self.territories,)

    def __repr__(self) -> str:
        return f"<TerritoryIndex of {len(self.territories)} territories>"

    def __len__(self) -> int:
        return len(self.territories)

    def __iter__(self) -> Iterator[Territory]:
        return (self._known[territory.name][0] for territory in self.territories)

    def __getitem__(self, name: str) -> Territory:
        """The territory of this name, with what it has from its parents."""
        try:
            return self._known[name][0]
        except KeyError:
            raise UnknownFieldError("territory", name, tuple(self._known)) from None

    def depth(self, name: str) -> int:
        """How many ancestors a territory has."""
        return self._known[name][1]

    def lookup(self, lead: Lead) -> tuple[Match, ...]:
        """The territories that a lead is in, most specific first.

        O(kinds of territories + territories found), whatever their number; O(1) for a place asked about before.
        """
        place = self._place_of(lead)
        found = self._found.get(place)
        if found is None:
            found = self._look(lead)
            if len(self._found) >= PLACES:
                self._found.clear()
            self._found[place] = found
        return found

    def _look(self, lead: Lead) -> tuple[Match, ...]:
        place = Place.of(lead)
        names: set[str] = set()
        for kinds, drawers in self._cabinets.items():
            for drawer in product(*(_probes(kind, place) for kind in kinds)):
                names.update(drawers.get(drawer, ()))
        found = []
        for name in names:
            territory, depth = self._known[name]
            close = territory.closeness(place)
            if close is not None:
                levels = tuple(-level for level in close[0])
                key = (levels, -depth, -(territory.priority or 0), name)
                found.append((key, Match(territory, close[1])))
        found.sort(key=lambda entry: entry[0])
        return tuple(match for _, match in found)


_ASKED: Final[Mapping[str, tuple[str, ...]]] = {
    "countries": ("country", "region"),
    "regions": ("country", "region"),
    "postal": ("country", "region", "postal_code"),
    "industries": ("industry",),
    "languages": ("language",),
    "accounts": ("account_id",),
    "domains": ("domain", "email"),
}
"""The fields of a lead that a field of a territory asks about."""


def _asked(territories: Iterable[Territory]) -> Callable[[Lead], Hashable]:
    """A function from a lead to all that these territories ask of it."""
    used, near = {"country", "region"}, False
    for territory in territories:
        for name, asked in _ASKED.items():
            if getattr(territory, name):
                used.update(asked)
        near = near or territory.center is not None
        if territory.min_employees is not None or territory.max_employees is not None:
            used.add("employees")
    read = attrgetter(*sorted(used))
    if not near:
        return read
    return lambda lead: (read(lead), position_of(lead.attributes))


def _filed(territory: Territory) -> Iterator[dict[str, str]]:
    """Under which values of which kinds a territory is filed; each is one drawer."""
    rest = [
        _postal_keys(territory),
        _cell_keys(territory),
        *(
            [{kind: value} for value in sorted(territory.wanted(name))]
            for kind, name in _PLAIN.items()
        ),
    ]
    named = [
        [{kind: value} for value in sorted(territory.wanted(name))]
        for kind, name in (("account", "accounts"), ("domain", "domains"))
    ]
    starts = [keys for keys in named if keys] or [[{}]]
    for start in starts:
        drawers = start
        for keys in filter(None, rest):
            if drawers == [{}] or len(drawers) * len(keys) <= FILED:
                drawers = [one | other for one in drawers for other in keys]
        yield from drawers


_PLAIN: Final = {
    "region": "regions",
    "country": "countries",
    "industry": "industries",
    "language": "languages",
}


def _postal_keys(territory: Territory) -> list[dict[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for each in territory.stretches:
        for prefix in prefixes(each.first, each.last):
            found[f"{'in ' * bool(each.country)}{len(prefix)}", f"{each.country}:{prefix}"] = None
    return [{kind: key} for kind, key in found]


def prefixes(first: str, last: str) -> list[str]:
    """Beginnings that together hold every code from ``first`` to ``last``, and few others.

    Exact for digits of the same length; else the one beginning that both share.
    """
    if first == last:
        return [first]
    if not Stretch("", first, last).counted:
        shared = next(i for i in range(len(first) + 1) if first[: i + 1] != last[: i + 1])
        return [first[:shared]]
    found, low, high = [], int(first), int(last) + 1
    while low < high:
        size = 1
        while low % (size * 10) == 0 and low + size * 10 <= high:
            size *= 10
        found.append(f"{low:0{len(first)}}"[: len(first) + 1 - len(str(size))])
        low += size
    return found


def _cell_keys(territory: Territory) -> list[dict[str, str]]:
    if territory.center is None or territory.radius_km is None:
        return []
    (lat, lon), reach = territory.center, territory.radius_km / _DEGREE_KM
    south, north = floor(lat - reach), floor(lat + reach)
    narrowest = cos(radians(min(90.0, abs(lat) + reach)))
    width = reach / narrowest if narrowest > 0.01 else 360.0
    if (north - south + 1) * (2 * width + 2) > CELLS or width >= 180:
        return []
    west, east = floor(lon - width), floor(lon + width)
    return [
        {"cell": _cell((row, (column + 180) % 360 - 180))}
        for row in range(south, north + 1)
        for column in range(west, east + 1)
    ]


def _cell(position: Position) -> str:
    return f"{floor(position[0])}:{floor(position[1])}"


def _probes(kind: str, place: Place) -> tuple[str, ...]:
    """The values of a lead under which territories filed by this kind may lie."""
    if kind == "domain":
        return place.domains
    if kind == "language":
        return place.languages
    if kind == "region":
        return place.regions
    if kind == "cell":
        return (
            ()
            if place.position is None
            else (_cell((place.position[0], (place.position[1] + 180) % 360 - 180)),)
        )
    if kind in ("account", "country", "industry"):
        value: Any = getattr(place, kind)
        return () if value is None else (value,)
    within, _, size = kind.rpartition(" ")
    code = place.postal[: int(size)]
    if len(code) < int(size) or not place.postal or (within and place.country is None):
        return ()
    return (f"{place.country if within else ''}:{code}",)
