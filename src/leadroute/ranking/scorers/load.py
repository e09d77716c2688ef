"""How much room a rep has."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import datetime, tzinfo
from functools import lru_cache
from operator import getitem
from typing import NamedTuple, TypeAlias

from attrs import field, frozen

from leadroute.errors import ConfigError
from leadroute.model.caps import Bound, Cap
from leadroute.model.keys import cap_holder
from leadroute.model.rep import Rep
from leadroute.model.working_hours import Hours
from leadroute.ranking.scorers.parameters import positive
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer


def _yes_or_no(given: object) -> bool:
    if type(given) is not bool:
        raise ConfigError(f"units={given!r:.40} must be True or False")
    return given


@frozen
class free_capacity(Scorer):
    """The free share of the rep's capacity, or the free units.

    Formula: (capacity - open) / capacity, from 0 to 1; with ``units``, (capacity - open) / the most
    free units of a candidate, so that 10 free of 100 come before 5 free of 5. Without a capacity
    there is always room: 1.

    Args:
        units: Whether to compare free units instead of free shares; default ``False``.

    Raises:
        ConfigError: ``units`` is neither true nor false.

    Example:
        >>> str(free_capacity()), str(free_capacity(units=True))
        ('free_capacity()', 'free_capacity(units=True)')
    """

    reads = frozenset({"open"})
    units: bool = field(default=False, converter=_yes_or_no, kw_only=True)

    def bind(self, context: RoutingContext) -> Points:
        """Read the open counts. O(1) a rep, and with units O(candidates) once."""
        open_now = context.snapshot.open
        most = self._most_free(context) if self.units else None

        def points(rep: Rep) -> float:
            if rep.capacity is None:
                return 1.0
            whole = rep.capacity if most is None else max(0, most)
            free = rep.capacity - max(0, open_now.get(rep.id, 0))
            return max(0.0, free / whole) if whole else 0.0

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Read the open counts. O(reps)."""
        if self.units:
            return [*map(self.bind(context), context.reps)]
        shares = context.crew.column("free shares", lambda rep: _shares(rep.capacity))
        return [*map(getitem, shares, context.open)]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the open units and the capacity, in words."""
        limit = "no limit" if rep.capacity is None else str(rep.capacity)
        return f"{context.snapshot.open.get(rep.id, 0)} open of {limit}"

    def _most_free(self, context: RoutingContext) -> int:
        opened = context.snapshot.open.get
        return max(
            (
                rep.capacity - max(0, opened(rep.id, 0))
                for rep in context.reps
                if rep.capacity is not None
            ),
            default=0,
        )


class _Shares(dict[float, float]):
    """The free share of a capacity by the open work, worked out when it is first asked for."""

    def __init__(self, whole: int | None) -> None:
        self._whole = whole

    def __missing__(self, busy: float) -> float:
        whole = self._whole
        share = max(0.0, min(1.0, (whole - busy) / whole)) if whole else float(whole is None)
        return self.setdefault(busy, share) if len(self) < 256 else share


_shares = lru_cache(maxsize=256)(_Shares)


@frozen
class workload(Scorer):
    """A preference for reps with little open work.

    Formula: half / (half + open / weight), so that a rep of weight 2 with ten open leads counts as
    one of weight 1 with five. A rep of weight 0 gets 0.

    Args:
        half: The number of open leads for half a point; above 0.

    Raises:
        ConfigError: ``half`` is not above 0.

    Example:
        >>> str(workload(20))
        'workload(20)'
    """

    reads = frozenset({"open"})
    half: float = field(default=10, converter=positive)

    def bind(self, context: RoutingContext) -> Points:
        """Read the open counts. O(1) a rep."""
        open_now, half = context.snapshot.open, self.half

        def points(rep: Rep) -> float:
            busy = half * rep.weight
            return busy / (busy + max(0, open_now.get(rep.id, 0))) if busy else 0.0

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Read the open counts. O(reps)."""
        opened, half = context.snapshot.open.get, self.half
        room = context.column((workload, half), lambda rep: (rep.id, half * rep.weight))
        return [
            free / (free + (busy if (busy := opened(rep_id, 0)) > 0 else 0)) if free else 0.0
            for rep_id, free in room
        ]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the open work and the weight, in words."""
        weight = f", weight {rep.weight:g}" if rep.weight != 1 else ""
        return f"{context.snapshot.open.get(rep.id, 0)} open{weight}"


@frozen
class cap_remaining(Scorer):
    """The share of the rep's caps that is left.

    It is the preference behind soft caps.

    Formula: (limit - used) / limit, not below 0, of the cap of which least is left; of a paced cap,
    what is allowed by now. A cap of 0 leaves nothing. No answer when the rep has no caps.

    Example:
        >>> str(cap_remaining())
        'cap_remaining()'
    """

    reads = frozenset({"used"})

    def bind(self, context: RoutingContext) -> Points:
        """O(caps) a rep."""

        def points(rep: Rep) -> float | None:
            return min((share for share, _, _ in _left(context, rep)), default=None)

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """O(caps), and the counters of all of them once in a period."""
        own = context.column(cap_remaining, _Counters().add)
        places = [place for _, place in own]
        if not any(place >= 0 for place in places):
            return [None] * len(places)
        used, partly = context.snapshot.used.get, -1 in places
        found: list[float] = []
        for rooms in own[0][0].rooms(context.now):
            everybody = not partly and len(rooms) == len(places)
            here = rooms if everybody else [rooms[place] for place in places]
            left = [
                (share if (share := 1 - used(key, 0) / most) > 0.0 else 0.0) if most else 0.0
                for key, most in here
            ]
            found = [*map(min, found, left)] if found else left
        if partly:
            return [
                None if place < 0 else points for place, points in zip(places, found, strict=True)
            ]
        return found  # type: ignore[return-value]  # every place has points

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the cap with the least left, and its use."""
        found = min(_left(context, rep), key=lambda left: left[0], default=None)
        return "no caps" if found is None else f"{found[1]} used of {found[2]}"


def _left(context: RoutingContext, rep: Rep) -> Iterator[tuple[float, int, Cap]]:
    for cap in rep.caps:
        for bound in rep.bounds(cap, context.now):
            used = context.snapshot.used.get(bound.key, 0)
            yield max(0.0, 1 - used / bound.most) if bound.most else 0.0, used, cap


class _Calendar(NamedTuple):
    """A cap in the calendar of some reps: their counters differ in the rep's id alone."""

    cap: Cap
    zone: tzinfo
    hours: Hours | None
    since: datetime | None

    def bounds(self, now: datetime) -> tuple[Bound, ...]:
        return self.cap.bounds("", now, *self[1:])

    def until(self, now: datetime) -> datetime:
        return min(self.cap.turns(now, *self[1:]))


_Rooms: TypeAlias = list[tuple[str, int]]
"""A counter of each rep, and the most that it may stand at."""


class _Counters:
    """The counters of a team's caps, computed once in a period."""

    __slots__ = ("_calendars", "_numbers", "_of", "_period")

    def __init__(self) -> None:
        self._calendars: list[_Calendar] = []
        self._numbers: dict[Hashable, int] = {}
        self._of: list[tuple[str, list[int]]] = []
        self._period: tuple[datetime, datetime, list[_Rooms]] | None = None

    def add(self, rep: Rep) -> tuple[_Counters, int]:
        """Take a rep with caps up, and tell where they are in ``rooms``; -1 when they have none."""
        if not rep.caps:
            return self, -1
        self._of.append((cap_holder(rep.id), [self._number(rep, cap) for cap in rep.caps]))
        return self, len(self._of) - 1

    def _number(self, rep: Rep, cap: Cap) -> int:
        # only a paced cap asks for the hours, and only a ramp for the first day
        hours = rep.hours if cap.paced else None
        since = rep.joined_at if cap.ramp is not None else None
        zone = rep.zone
        kind = (cap, zone, id(hours), since)
        number = self._numbers.get(kind)
        if number is None:
            number = self._numbers[kind] = len(self._calendars)
            self._calendars.append(_Calendar(cap, zone, hours, since))
        return number

    def rooms(self, now: datetime) -> list[_Rooms]:
        """One counter of each rep, then another of each; a rep with fewer has one repeated."""
        period = self._period
        if period is None or not period[0] <= now < period[1]:
            bounds = [calendar.bounds(now) for calendar in self._calendars]
            until = min([calendar.until(now) for calendar in self._calendars])
            told = [
                [(holder + each.key, each.most) for number in own for each in bounds[number]]
                for holder, own in self._of
            ]
            rounds = range(max(map(len, told)))
            found = [[each[min(number, len(each) - 1)] for each in told] for number in rounds]
            period = self._period = now, until, found
        return period[2]
