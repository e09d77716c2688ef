"""Findings about territories, places and calling hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import chain, combinations
from typing import Final

from attrs import frozen

from leadroute.insight.lint.analysis import Finding, Row, Subject
from leadroute.insight.lint.roster_checks import people
from leadroute.model.lead import Lead
from leadroute.model.lead_timezone import lead_hours
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule
from leadroute.model.territory import Territory, distance_km
from leadroute.model.territory_index import TerritoryIndex
from leadroute.model.working_hours import Hours, meeting, unless_failing
from leadroute.rules.operand import Field

_SETS: Final = {
    "regions": "region",
    "countries": "country",
    "industries": "industry",
    "languages": "language",
}
"""The fields of a territory that hold a set, each with the word for one of its members."""


@frozen
class Overlap:
    """Two territories between which only the order of their names decides."""

    first: str
    second: str
    on: tuple[str, ...]

    def __str__(self) -> str:
        shared = ", ".join(self.on) or "every lead"
        return f"{self.first!r} and {self.second!r} both hold {shared}; give one a higher priority"


@frozen
class Hole:
    """A lead that stands for a segment, and that nobody's territory holds."""

    lead_id: str
    territories: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.territories:
            return f"{self.lead_id!r} is in no territory"
        return f"{self.lead_id!r} is in {', '.join(self.territories)}, where there is no rep"


def holes(
    territory_index: TerritoryIndex, segments: Iterable[Lead], reps: Iterable[Rep] = ()
) -> Iterator[Hole]:
    """Yield the segments that no territory with a rep holds.

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
    """Yield pairs of territories that only their names put in order.

    Only territories of one country, one priority, one depth and the same kinds of fields are
    compared with each other: O(n + k^2) for the largest such group of k.

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
    seen = set()
    for one, other in chain.from_iterable(combinations(each, 2) for each in groups.values()):
        if (one.name, other.name) not in seen:
            seen.add((one.name, other.name))
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
    """Return what two territories of the same kinds both hold; ``None`` when that is nothing."""
    parts = [_named(one, other), _codes(one, other)]
    for name, singular in _SETS.items():
        both = one.wanted(name) & other.wanted(name)
        left = both - one.unwanted(name) - other.unwanted(name)
        listed = ", ".join(f"{singular} {each}" for each in sorted(left))
        parts.append(None if one.wanted(name) and not left else listed)
    parts += [_near(one, other), _sized(one, other)]
    return None if None in parts else tuple(filter(None, parts))


def _named(one: Territory, other: Territory) -> str | None:
    if not (one.wanted("accounts") or one.wanted("domains")):
        return ""
    accounts = one.wanted("accounts") & other.wanted("accounts")
    domains = one.wanted("domains") & other.wanted("domains")
    return ", ".join(sorted(accounts | domains)) or None


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


MOST_TERRITORIES: Final = 1_000
"""How many territories are compared with each other: the worst case is their square."""

_PLACES: Final = frozenset(
    Field("lead", name)
    for name in ("country", "region", "timezone", "industry", "language", "postal_code", "domain")
)


def territories(subject: Subject) -> Iterator[Finding]:
    """Yield territories between which nothing but their names decides. O(territories squared)."""
    territory_index = subject.router.territories
    if len(territory_index) > MOST_TERRITORIES:
        explanation = f"{len(territory_index)} territories were not compared with each other"
        remedy = f"compare fewer than {MOST_TERRITORIES} with leadroute.insight.lint.territory_checks.overlaps"
        yield Finding("LR403", "territory", explanation, remedy)
        return
    for found in overlaps(territory_index):
        explanation, _, remedy = str(found).rpartition("; ")
        yield Finding("LR401", "territory", explanation, remedy)


def unheld(subject: Subject) -> Iterator[Finding]:
    """Yield leads that need a territory, and are in none with a rep of the pool."""
    territory_index = subject.router.territories
    for number, rule in enumerate(subject.router.rules):
        members = subject.active(rule.pool)
        if not rule.in_territory or not members:
            continue
        place = f"rule[{number}].in_territory"
        if not any(each.role(rep) for each in territory_index for rep in members):
            explanation = f"no rep of the pool of rule {rule.name!r} belongs to any territory"
            yield Finding("LR402", place, explanation, "add a territory, or give one a rep")
            continue
        lead = subject.lead_of(number, _places, partial(_unheld, territory_index, members))
        if lead is not None:
            explanation = (
                f"rule {rule.name!r} takes leads that are in no territory with a rep of its pool"
            )
            remedy = "add a territory, give it a rep, or narrow the rule"
            yield Finding("LR402", place, explanation, remedy, lead)


def _unheld(territory_index: TerritoryIndex, members: Sequence[Rep], lead: Lead) -> bool:
    held = (match.territory.role(rep) for match in territory_index.lookup(lead) for rep in members)
    return not any(held)


def calls(subject: Subject) -> Iterator[Finding]:
    """Yield calling hours that no instant fulfils, for any lead or for some."""
    for number, rule in enumerate(subject.router.rules):
        if rule.calling_hours is None:
            continue
        place = f"rule[{number}].calling_hours"
        if Schedule(rule.calling_hours, "UTC").next_open(subject.instant) is None:
            explanation = f"rule {rule.name!r} never lets its leads be called"
            yield Finding("LR404", place, explanation, "widen the hours, or leave them out")
            continue
        lead = subject.lead_of(
            number, _places, partial(_never, subject.instant, rule.calling_hours)
        )
        if lead is not None:
            explanation = (
                f"rule {rule.name!r} takes leads that can never be called, because no hour suits all of the clocks "
                "that they may have"
            )
            yield Finding("LR404", place, explanation, "widen the hours, or narrow the rule", lead)


def _never(now: datetime, calling_hours: str, lead: Lead) -> bool:
    hours = lead_hours(lead, calling_hours)
    return hours is not None and hours.next_open(now) is None


def unmet(subject: Subject) -> Iterator[Finding]:
    """Yield leads that may be called when nobody of the pool ever works. O(rules x schedules)."""
    for number, rule in enumerate(subject.router.rules):
        own = {rep.hours for rep in subject.punctual(rule.pool)}
        working = [hours for hours in own if hours is not None and _comes(hours, subject.instant)]
        if rule.calling_hours is None or None in own or not working:
            continue
        lead = subject.lead_of(
            number, _places, partial(_unmet, subject.instant, rule.calling_hours, working)
        )
        if lead is not None:
            explanation = f"rule {rule.name!r} takes leads that may be called only when nobody of its pool ever works"
            remedy = "widen the hours, or name a pool that works then"
            yield Finding("LR406", f"rule[{number}].calling_hours", explanation, remedy, lead)


def _comes(hours: Hours, now: datetime) -> bool:
    return hours.next_open(now) is not None


def _unmet(now: datetime, calling_hours: str, working: Sequence[Hours], lead: Lead) -> bool:
    hours = lead_hours(lead, calling_hours)
    if hours is None or not _comes(hours, now):
        return False
    return all(_never_meet(own, hours, now) for own in working)


def _never_meet(own: Hours, hours: Hours, now: datetime) -> bool:
    return unless_failing(lambda: meeting(own, hours, now) is None, lambda _error: False)


def shared(subject: Subject) -> Iterator[Finding]:
    """Yield reps whose hours are not known, under a rule that requires some of them."""
    for number, rule in enumerate(subject.router.rules):
        if rule.min_shared_hours is None:
            continue
        unknown = [
            rep for rep in subject.active(rule.pool) if rep.hours is None and rep.timezone is None
        ]
        if unknown:
            asks = f"rule {rule.name!r} requires shared hours"
            explanation = f"{people(unknown)} without schedule and time zone, and {asks}"
            remedy = "give them a schedule, or a time zone"
            yield Finding("LR405", f"rule[{number}].min_shared_hours", explanation, remedy)


def _places(row: Row) -> frozenset[Field]:
    return frozenset(asked for asked, _ in row if asked in _PLACES and isinstance(asked, Field))
