"""What a score needs to know of all candidates together, kept current as one rep at a time changes.

The rules of this module:

* The answers are the very numbers that the scorers work out from scratch: places are compared as they are, and totals
  and weights are whole numbers, so nothing is rounded on the way.
* All who are behind the level of a rotation enter it at the same place, and so does who is too far ahead of it. Only
  how many they are is kept, so a level that moves costs each of them one step once.
* Who was given turns, or owes some, stands beside the own place. They are few, and worked out anew after every change.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from heapq import heappop, heappush
from typing import Final, TypeAlias

from leadroute.ranking.scorers.turns import (
    Level,
    Standing,
    ahead_until,
    is_ahead,
    is_level,
    reached,
)
from leadroute.ranking.shrinkage import Prior, Spread, likeliest

__all__ = ["Key", "Order", "Totals"]


Key: TypeAlias = tuple[int, float, int]
"""The turns that a candidate has taken, the weight, and the turns given beside them less those withheld."""

_PARTS: Final = 2**1074
"""How many times the smallest number above 0 fits into 1: every weight is a whole number of these parts."""


class Order:
    """Who stands where in a rotation, and the points of each place.

    With n different places the points are 1 - position / (n - 1).

    Example:
        >>> order = Order()
        >>> for number, turns in enumerate((0, 1, 2)):
        ...     order.replace(number, None, (turns, 1, 0))
        >>> order.points((1, 1, 0))
        0.5
        >>> order.rise(1_500_000)
        [0]
        >>> order.points((0, 1, 0)), order.points((1, 1, 0)), order.points((2, 1, 0))
        (1.0, 0.5, 0.0)
    """

    __slots__ = (
        "_between",
        "_entered",
        "_entering",
        "_far",
        "_given",
        "_held",
        "_keys",
        "_last",
        "_level",
        "_lowest",
        "_places",
        "_present",
        "_stands",
    )

    def __init__(self) -> None:
        self._places: list[float] = []
        """The different places of those who are not behind."""
        self._held: dict[float, dict[int, Key]] = {}
        """Who stands at each of them."""
        self._present = 0
        """The weight of them all, in parts."""
        self._entering = 0
        """How many enter, because they are behind or too far ahead."""
        self._far: list[tuple[float, int, Key]] = []
        """From which lowest place on some are no longer too far ahead, who, and by which key: a heap; old keys stay."""
        self._keys: dict[int, Key] = {}
        """The keys of those who are too far ahead."""
        self._given: dict[int, Key] = {}
        """Who was given turns, or owes some."""
        self._level, self._lowest = 0, reached(0)
        self._stands: Level | None = None
        """What follows from all of these, and below; ``None`` after a change, until it is asked for."""
        self._last = 1
        self._entered = 0.0
        self._between: list[float] = []

    def replace(self, number: int, old: Key | None, new: Key | None) -> None:
        """A candidate moves from one key to another; ``None`` is no candidate at all.

        O(log n), and one move of the memory that holds the different places.
        """
        if old == new:
            return
        if old is not None:
            self._leave(number, old)
        if new is not None:
            self._join(number, new)
        self._stands = None

    def _join(self, number: int, key: Key) -> None:
        _, weight, balance = key
        if balance:
            self._given[number] = key
            return
        place = self.place(key)
        if place is None:
            self._entering += 1
            if is_ahead(*key[:2], self._lowest):
                self._keys[number] = key
                heappush(self._far, (ahead_until(*key[:2]), number, key))
            return
        self._present += _parts(weight)
        held = self._held.setdefault(place, {})
        if not held:
            insort(self._places, place)
        held[number] = key

    def _leave(self, number: int, key: Key) -> None:
        _, weight, balance = key
        if balance:
            del self._given[number]
            return
        place = self.place(key)
        if place is None:
            self._keys.pop(number, None)
            self._entering -= 1
            return
        self._take(number, place, weight)

    def _take(self, number: int, place: float, weight: float) -> None:
        self._present -= _parts(weight)
        held = self._held[place]
        del held[number]
        if not held:
            del self._held[place]
            del self._places[bisect_left(self._places, place)]

    def rise(self, level: int) -> list[int]:
        """The rotation has come to this level, which is not below that before: who stands elsewhere because of it.

        O(log n) for each of them; O(n) when the rotation begins.
        """
        if level == self._level:
            return []
        begins = self._lowest <= 0
        self._level, self._lowest, self._stands = level, reached(level), None
        return self._nearer() + self._passed() + (self._apart() if begins else [])

    def _nearer(self) -> list[int]:
        """Who was too far ahead, and is no more."""
        found: dict[int, Key] = {}
        while self._far and self._far[0][0] <= self._lowest:
            _, number, key = heappop(self._far)
            if self._keys.get(number) == key:
                found[number] = self._keys.pop(number)
        self._entering -= len(found)
        for number, key in found.items():
            self._join(number, key)
        return [*found]

    def _apart(self) -> list[int]:
        """Who turns out to be too far ahead, now that there is a level."""
        found = {
            number: key
            for held in self._held.values()
            for number, key in held.items()
            if is_ahead(*key[:2], self._lowest)
        }
        for number, key in found.items():
            self._take(number, (key[0] + 0.5) / key[1], key[1])
            self._join(number, key)
        return [*found]

    def _passed(self) -> list[int]:
        """Who has fallen behind."""
        passed = bisect_left(self._places, self._lowest)
        fallen: list[int] = []
        for place in self._places[:passed]:
            held = self._held.pop(place)
            self._present -= sum(_parts(key[1]) for key in held.values())
            fallen += held
        self._entering += len(fallen)
        del self._places[:passed]
        return fallen

    @property
    def places(self) -> Sequence[float]:
        """The different places of those who are not behind, ascending."""
        return self._places

    def place(self, key: Key) -> float | None:
        """The place of a key without turns given or withheld, or ``None`` when it enters."""
        return (key[0] + 0.5) / key[1] if is_level(*key, self._lowest) else None

    def standing(self, key: Key) -> Standing:
        """Where a key stands. O(1) after a change."""
        return self.settle().standing(*key)

    def points(self, key: Key) -> float:
        """The points of a candidate's key. O(log n)."""
        if self._stands is None:
            self.settle()
        turns, weight, balance = key
        if balance:
            return self._points(self.settle().standing(turns, weight, balance).place)
        place = (turns + 0.5) / weight
        if place < self._lowest or is_ahead(turns, weight, self._lowest):
            return self._entered
        return self._points(place)

    def _points(self, place: float) -> float:
        before = bisect_left(self._places, place) + bisect_left(self._between, place)
        return 1.0 - before / self._last

    @property
    def entry(self) -> float:
        """The place of those who enter."""
        return self.settle().reached

    def at(self, places: Iterable[float]) -> list[float]:
        """The points of places, or of the next ones where nobody is there."""
        self.settle()
        return [*map(self._points, places)]

    def settle(self) -> Level:
        """Work out what follows from the last changes, so that nobody who asks has to wait for it."""
        if self._stands is not None:
            return self._stands
        given = self._given.values()
        present = self._present + sum(
            _parts(key[1]) for key in given if is_level(*key, self._lowest)
        )
        stands = self._stands = Level.of(self._level, present / _PARTS)
        between = {stands.standing(*key).place for key in given}
        if self._entering:
            between.add(stands.reached)
        self._between = sorted(between.difference(self._held))
        self._last = max(1, len(self._places) + len(self._between) - 1)
        self._entered = self._points(stands.reached)
        return stands


@lru_cache(maxsize=4_096)
def _parts(weight: float) -> int:
    numerator, denominator = float(weight).as_integer_ratio()
    return numerator * (_PARTS // denominator)


class Totals:
    """What the candidates have won and closed together.

    Example:
        >>> totals = Totals()
        >>> totals.add(3, 10)
        >>> totals.prior(20)
        Prior(mean=0.3, strength=20)
    """

    __slots__ = ("_closed", "_lost", "_priors", "_won", "closed", "won")

    def __init__(self) -> None:
        self.won = self.closed = 0
        self._won, self._lost, self._closed = Counter[float](), Counter[float](), Counter[float]()
        self._priors: dict[float | None, Prior | None] = {}
        """What follows from these counts, by strength, once anybody has asked."""

    def add(self, won: int, closed: int, sign: int = 1) -> None:
        """A candidate joins with a record, or leaves with ``sign=-1``. Who closed nothing tells nothing. O(1)."""
        if closed > 0:
            self.won += sign * won
            self.closed += sign * closed
            self._priors.clear()
            for tallied, number in (
                (self._won, won),
                (self._lost, closed - won),
                (self._closed, closed),
            ):
                tallied[number] += sign
                if not tallied[number]:
                    del tallied[number]

    def copy(self) -> Totals:
        """The totals of this moment, with the priors that were asked for; nobody joins or leaves them."""
        found = Totals.__new__(Totals)
        found.won, found.closed = self.won, self.closed
        found._priors = self._priors.copy()  # noqa: SLF001 - one of its own kind
        return found

    @property
    def mean(self) -> float | None:
        """The share won by all together; ``None`` when nothing is closed."""
        return min(1.0, self.won / self.closed) if self.closed else None

    def prior(self, strength: float | None) -> Prior | None:
        """What is known of a rep before looking at their own record; ``None`` when nothing is closed.

        Args:
            strength: How many leads the average is worth; ``None`` estimates it from the counts, anew after a change.
        """
        if strength not in self._priors:
            self._priors[strength] = self._prior(strength)
        return self._priors[strength]

    def _prior(self, strength: float | None) -> Prior | None:
        mean = self.mean
        if mean is None:
            return None
        if strength is None:
            spread = Spread.tallied(self._won, self._lost, self._closed)
            return Prior(mean, likeliest(spread, mean), self.closed)
        return Prior(mean, strength)
