"""How much of a rep's caps is left."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import datetime, tzinfo
from typing import NamedTuple, TypeAlias

from attrs import frozen

from leadroute.model.caps import Bound, Cap
from leadroute.model.keys import cap_holder
from leadroute.model.rep import Rep
from leadroute.model.working_hours import Hours
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["cap_room"]


@frozen
class cap_room(Scorer):
    """The share of the rep's caps that is left: what soft caps are for.

    Formula: (limit - used) / limit, not below 0, of the cap of which least is left; of a paced cap, what is allowed by
    now. A cap of 0 leaves nothing. No answer when the rep has no caps.

    Example:
        >>> str(cap_room())
        'cap_room()'
    """

    name = "cap_room"
    reads = frozenset({"used"})

    def bind(self, situation: Situation) -> Points:
        """O(caps) a rep."""

        def points(rep: Rep) -> float | None:
            return min((share for share, _, _ in _left(situation, rep)), default=None)

        return points

    def column(self, situation: Situation) -> list[float | None]:
        """O(caps), and the counters of all of them once in a period."""
        own = situation.column(cap_room, _Counters().add)
        places = [place for _, place in own]
        if not any(place >= 0 for place in places):
            return [None] * len(places)
        used, partly = situation.snapshot.used.get, -1 in places
        found: list[float] = []
        for rooms in own[0][0].rooms(situation.now):
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

    def reason(self, situation: Situation, rep: Rep) -> str:
        """The cap of which least is left, and what is used of it."""
        found = min(_left(situation, rep), key=lambda left: left[0], default=None)
        return "no caps" if found is None else f"{found[1]} used of {found[2]}"


def _left(situation: Situation, rep: Rep) -> Iterator[tuple[float, int, Cap]]:
    for cap in rep.caps:
        for bound in rep.bounds(cap, situation.now):
            used = situation.snapshot.used.get(bound.key, 0)
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
    """The counters of a team's caps, worked out once in a period."""

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
        """One counter of each rep, then another one of each, until all are told; a rep with fewer has one repeated."""
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
