"""When to look at a rep again although none of their counts has changed.

The rules of this module:

* A schedule is looked at when it opens or closes next. One whose calendar is the host's and fails is looked at
  whenever time has passed.
* A cap is looked at every quarter of an hour of UTC: every zone's periods begin at one.
* Turns that were granted are looked at when they end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sortedcontainers import SortedList

from leadroute.model.grants import Grant, counting
from leadroute.model.hours import Hours, unless_failing
from leadroute.model.instants import to_micros
from leadroute.model.rep import Rep

__all__ = ["Looks"]

_QUARTER_HOUR: Final = 900_000_000


class Looks:
    """The reps whose schedule, cap or grants have to be looked at, by number.

    Args:
        reps: All reps.

    Attributes:
        timed: The numbers of those who have a schedule, a cap or grants, in no order.
    """

    __slots__ = ("_at", "_next", "_reps", "timed")

    def __init__(self, reps: Sequence[Rep]) -> None:
        self._reps = reps
        self.timed = {n for n, rep in enumerate(reps) if rep.hours is not None or rep.caps}
        self._next: SortedList[tuple[int, int]] = SortedList()
        self._at: dict[int, int] = {}

    def plan(self, number: int, now: datetime | None, granted: Sequence[Grant] = ()) -> None:
        """The rep was looked at now, and has these grants: plan the next look. O(log n)."""
        if granted:
            self.timed.add(number)
        if now is None or number not in self.timed:
            return
        rep, micros = self._reps[number], to_micros(now)
        looks = [(micros // _QUARTER_HOUR + 1) * _QUARTER_HOUR] if rep.caps else []
        if rep.hours is not None:
            turn = unless_failing(partial(_turn, rep.hours, micros), lambda _error: micros + 1)
            looks += [] if turn is None else [turn]
        looks += [to_micros(grant.expires) for grant in counting(granted, now)]
        if number in self._at:
            self._next.remove((self._at.pop(number), number))
        if looks:
            self._at[number] = min(looks)
            self._next.add((min(looks), number))

    def due(self, before: datetime | None, now: datetime) -> Iterator[int]:
        """Whom to look at, and to plan for, when time has gone from one instant to another, which may be earlier."""
        if before is None or now < before:
            yield from self.timed
            return
        micros = to_micros(now)
        while self._next and self._next[0][0] <= micros:
            yield self._next[0][1]


def _turn(hours: Hours, now: int) -> int | None:
    line = hours.line
    return line.next_close(now) if line.is_open(now) else line.next_open(now)
