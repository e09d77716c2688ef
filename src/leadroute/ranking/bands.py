"""Reps in bands of about equal points from the rotation.

The rules of this module:

* Those who enter a rotation at its level share their points, whatever becomes of the level: they are a band. Those who
  were given turns, or owe some, are another, without a floor.
* All others are in bands by place. A band has a floor, which no place in it is below, so that nobody in it has more
  points than its floor. Every place gets a band of its own as long as there are few.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Container, Iterable, Mapping, Sequence
from math import inf
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from leadroute.ranking.live import Key, Order
from leadroute.ranking.scorers.turns import Level

__all__ = ["EVEN", "Band", "Bands", "Steps"]

Steps: TypeAlias = tuple[Sequence[float], Sequence[int], Sequence[bool]]
"""For each of some bands the most points, who is in it, and whether all of them have these very points."""

_MOST: Final = 16
_FIRST: Final = 8


class Band(NamedTuple):
    """Reps of about equal points.

    Args:
        floor: A place that none of them is below.
        enters: Whether they are those who enter, wherever that is.
    """

    floor: float = -inf
    enters: bool = False


EVEN: Final = Band()
"""The band of everybody, where no rotation counts."""
_ENTERING: Final = Band(enters=True)


class Bands:
    """Which band a rep belongs to, and the points of each.

    Args:
        order: The rotation.
    """

    __slots__ = ("_exact", "_floors", "_mixed", "_order", "_points", "_ranked", "_stands")

    def __init__(self, order: Order) -> None:
        self._order = order
        places, count = order.places, len(order.places)
        some = range(_FIRST) if count > _MOST else ()
        self._floors = [-inf, *(places[count * step // _FIRST] for step in some)]
        self._mixed = {-inf}
        self._stands: Level | None = None
        self._points: list[float] = []
        self._ranked: list[Band] = []
        self._exact: list[bool] = []
        """The points of the bands, the bands best first, and whether the points are exact, as things stood then."""

    def of(self, key: Key, used: Container[Band]) -> Band:
        """The band of a key; those not in ``used`` may be given up. O(log bands)."""
        if key[2]:
            return EVEN
        place, floors = self._order.place(key), self._floors
        if place is None:
            return _ENTERING
        floor = floors[bisect_right(floors, place) - 1]
        if floor == place:
            return Band(floor)
        if len(floors) >= _MOST:
            floors[1:] = [each for each in floors[1:] if Band(each) in used]
            self._mixed.intersection_update(floors)
        if len(floors) < _MOST:
            insort(floors, place)
            return Band(place)
        floor = floors[bisect_right(floors, place) - 1]
        self._mixed.add(floor)
        return Band(floor)

    def steps(self, bits: Mapping[Band, int], times: float) -> Steps:
        """The bands that hold anybody, best first. O(bands), after a change O(bands * log(reps)) once.

        Args:
            bits: Who is in each band.
            times: What the points are multiplied by.
        """
        stands = self._order.settle()
        if stands is not self._stands:
            self._stands = stands
            self._rank(bits, times)
        return self._points, [bits[band] for band in self._ranked], self._exact

    def _rank(self, used: Iterable[Band], times: float) -> None:
        entry, mixed, bands = self._order.entry, self._mixed, list(used)
        points = self._order.at(entry if band.enters else band.floor for band in bands)
        found = sorted(zip(points, bands, strict=True), key=itemgetter(0), reverse=True)
        self._points = [times * most for most, _ in found]
        self._ranked = [band for _, band in found]
        self._exact = [band.enters or band.floor not in mixed for band in self._ranked]
