"""Where territories overlap, and where nobody's is: what a check of a policy tells, as data.

The rules of this module:

* Two territories overlap when some lead could be in both and nothing but their names decides which goes first.
* A hole is a kind of lead that is in no territory, or only in territories without reps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from attrs import frozen

from leadroute.model.distance import distance_km
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.territory import Territory
from leadroute.model.territory_index import TerritoryIndex

__all__ = ["Hole", "Overlap", "holes", "overlaps"]

_SETS: Final = ("regions", "countries", "industries", "languages")


@frozen
class Overlap:
    """Two territories between which only the order of their names decides.

    Args:
        first: The one that goes first.
        second: The other.
        on: What both name, such as ``country DE``; empty when neither names anything.
    """

    first: str
    second: str
    on: tuple[str, ...]

    def __str__(self) -> str:
        shared = ", ".join(self.on) or "every lead"
        return f"{self.first!r} and {self.second!r} both hold {shared}; give one a higher priority"


@frozen
class Hole:
    """A lead that stands for a segment, and that nobody's territory holds.

    Args:
        lead_id: The lead.
        territories: The territories that it is in, none of which has a rep.
    """

    lead_id: str
    territories: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.territories:
            return f"{self.lead_id!r} is in no territory"
        return f"{self.lead_id!r} is in {', '.join(self.territories)}, where there is no rep"


def holes(
    territory_index: TerritoryIndex, segments: Iterable[Lead], reps: Iterable[Rep] = ()
) -> Iterator[Hole]:
    """The segments that nobody's territory holds.

    Args:
        territory_index: The territories.
        segments: One lead for each kind of lead that you expect.
        reps: The reps, some of whom name their territories themselves.

    Example:
        >>> territory_index = TerritoryIndex(
        ...     [Territory("emea", countries={"DE", "FR"}, owners={"ada"})]
        ... )
        >>> [
        ...     str(hole)
        ...     for hole in holes(
        ...         territory_index, [Lead("germany", country="DE"), Lead("usa", country="US")]
        ...     )
        ... ]
        ["'usa' is in no territory"]
    """
    named = frozenset(name for rep in reps for name in rep.territories)
    for lead in segments:
        found = [match.territory for match in territory_index.lookup(lead)]
        if not any(one.owners or one.overlays or one.backups or one.name in named for one in found):
            yield Hole(lead.id, tuple(one.name for one in found))


def overlaps(territory_index: TerritoryIndex) -> Iterator[Overlap]:
    """Every two territories between which only the order of their names decides.

    Only territories of one country, one priority, one depth and the same kinds of fields are compared with each other:
    O(n + k^2) for the largest such group of k.

    Example:
        >>> territory_index = TerritoryIndex(
        ...     [Territory("b", countries={"DE"}), Territory("a", countries={"DE", "FR"})]
        ... )
        >>> [str(each) for each in overlaps(territory_index)]
        ["'a' and 'b' both hold country DE; give one a higher priority"]
    """
    groups: defaultdict[tuple[object, ...], list[Territory]] = defaultdict(list)
    for territory in territory_index:
        kind = (_kinds(territory), territory.priority or 0, territory_index.depth(territory.name))
        for country in sorted(territory.wanted("countries")) or [""]:
            groups[*kind, country].append(territory)
    pairs = (pair for group in groups.values() for pair in combinations(group, 2))
    for one, other in {(one.name, other.name): (one, other) for one, other in pairs}.values():
        on = _shared(one, other)
        if on is not None:
            yield Overlap(one.name, other.name, on)


def _kinds(territory: Territory) -> tuple[bool, ...]:
    return (
        bool(territory.wanted("accounts") or territory.wanted("domains")),
        bool(territory.stretches),
        territory.center is not None,
        (territory.min_employees, territory.max_employees) != (None, None),
        *(bool(territory.wanted(name)) for name in _SETS),
    )


def _shared(one: Territory, other: Territory) -> tuple[str, ...] | None:
    """What two territories of the same kinds both hold; ``None`` when no lead can be in both."""
    found: list[str] = []
    parts = [_named(one, other), _codes(one, other)]
    for name in _SETS:
        both = one.wanted(name) & other.wanted(name)
        left = both - one.unwanted(name) - other.unwanted(name)
        parts.append(
            None
            if one.wanted(name) and not left
            else ", ".join(f"{_SINGULAR[name]} {each}" for each in sorted(left))
        )
    for part in (*parts, _near(one, other), _sized(one, other)):
        if part is None:
            return None
        found += [part] if part else []
    return tuple(found)


_SINGULAR: Final = {
    "regions": "region",
    "countries": "country",
    "industries": "industry",
    "languages": "language",
}


def _named(one: Territory, other: Territory) -> str | None:
    if not (one.wanted("accounts") or one.wanted("domains")):
        return ""
    both = (one.wanted("accounts") & other.wanted("accounts")) | (
        one.wanted("domains") & other.wanted("domains")
    )
    return ", ".join(sorted(both)) or None


def _codes(one: Territory, other: Territory) -> str | None:
    if not one.stretches:
        return ""
    both = [
        str(mine)
        for mine in one.stretches
        for its in other.stretches
        if len(mine.prefix) == len(its.prefix) and mine.meets(its)
    ]
    return ", ".join(f"postal code {code}" for code in both) or None


def _near(one: Territory, other: Territory) -> str | None:
    if one.center is None or other.center is None or one.radius_km is None:
        return ""
    apart = distance_km(one.center, other.center)
    near = apart <= one.radius_km + (other.radius_km or 0)
    return f"centers {apart:.0f} km apart" if near else None


def _sized(one: Territory, other: Territory) -> str | None:
    low = max(one.min_employees or 0, other.min_employees or 0)
    ends = [each.max_employees for each in (one, other) if each.max_employees is not None]
    return None if ends and low > min(ends) else ""
