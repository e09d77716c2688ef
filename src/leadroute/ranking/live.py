"""What a score needs to know of all candidates together, kept current as one rep at a time changes.

The rules of this module:

* The answers are the very numbers that the scorers work out from scratch: places are compared as they are, and totals
  and weights are whole numbers, so nothing is rounded on the way.
* All who are behind the level of a rotation and have the same weight enter it at the same place, so they share a key.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from leadroute.ranking.scorers.turns import Level, reached
from leadroute.ranking.shrinkage import Prior

__all__ = ["Key", "Ladder", "Order", "Totals", "key_of"]


Key: TypeAlias = tuple[int, float]
"""The turns that a candidate has taken, ``BEHIND`` for all who are behind the level; and the weight."""

BEHIND: Final = -1
_PARTS: Final = 2**1074
"""How many times the smallest number above 0 fits into 1: every weight is a whole number of these parts."""


def key_of(turns: int, weight: float, level: int) -> Key:
    """What the points of a candidate in the rotation hang on, besides the others."""
    return (turns if (turns + 0.5) / weight >= reached(level) else BEHIND), weight


class Ladder:
    """The places of a rotation at one moment, and the points of each.

    With n different places the points are 1 - position / (n - 1).

    Args:
        level: How far the rotation has come.
        counts: How many candidates there are of each key.
    """

    __slots__ = ("_known", "_places", "level", "stale")

    def __init__(self, level: int, counts: Mapping[Key, int]) -> None:
        lowest, present, behind = reached(level), Counter[float](), set()
        places = {key: (key[0] + 0.5) / key[1] for key in counts}
        for key, place in places.items():
            if place >= lowest:
                present[key[1]] += counts[key]
            else:
                behind.add(key)
        total = sum(count * _parts(weight) for weight, count in present.items())
        self.level = Level.of(level, total / _PARTS)
        entries = {weight: self._place((BEHIND, weight)) for weight in {key[1] for key in behind}}
        places.update([(key, entries[key[1]]) for key in behind])
        self.stale = sum(1 for key in behind if key[0] != BEHIND)
        """How many keys fell behind since they were read."""
        self._places = sorted(set(places.values()))
        last = max(1, len(self._places) - 1)
        points = {place: 1.0 - position / last for position, place in enumerate(self._places)}
        self._known = {key: points[place] for key, place in places.items()}

    def _place(self, key: Key) -> float:
        return self.level.standing(*key).place

    def points(self, key: Key) -> float:
        """The points of a key, which need not be among the candidates. O(1), else O(log n) once."""
        found = self._known.get(key)
        if found is None:
            position = bisect_left(self._places, self._place(key))
            found = self._known[key] = 1.0 - position / max(1, len(self._places) - 1)
        return found

    def risen(self, since: Ladder) -> float:
        """The most points that any candidate has more than at an earlier moment. O(keys)."""
        then = since.points
        return max([points - then(key) for key, points in self._known.items()], default=0.0)


@lru_cache(maxsize=4_096)
def _parts(weight: float) -> int:
    numerator, denominator = float(weight).as_integer_ratio()
    return numerator * (_PARTS // denominator)


class Order:
    """How many candidates stand where in a rotation.

    Example:
        >>> order = Order()
        >>> for turns in (0, 1, 2):
        ...     order.replace(None, (turns, 1))
        >>> order.ladder(0).points((1, 1))
        0.5
    """

    __slots__ = ("_counts", "_found")

    def __init__(self) -> None:
        self._counts: Counter[Key] = Counter()
        self._found: tuple[int, Ladder] | None = None

    def replace(self, old: Key | None, new: Key | None) -> None:
        """A candidate moves from one key to another; ``None`` is no candidate at all. O(1)."""
        if old == new:
            return
        if old is not None:
            self._counts[old] -= 1
            if not self._counts[old]:
                del self._counts[old]
        if new is not None:
            self._counts[new] += 1
        self._found = None

    def ladder(self, level: int) -> Ladder:
        """The places at this level. O(keys * log(keys)) after a change."""
        if self._found is None or self._found[0] != level:
            self._found = level, Ladder(level, self._counts)
        return self._found[1]


class Totals:
    """What the candidates have won and closed together.

    Example:
        >>> totals = Totals()
        >>> totals.add(3, 10)
        >>> totals.prior(20)
        Prior(mean=0.3, strength=20)
    """

    __slots__ = ("closed", "won")

    def __init__(self) -> None:
        self.won = self.closed = 0

    def add(self, won: int, closed: int, sign: int = 1) -> None:
        """A candidate joins with a record, or leaves with ``sign=-1``. Who closed nothing tells nothing. O(1)."""
        if closed > 0:
            self.won += sign * won
            self.closed += sign * closed

    def copy(self) -> Totals:
        """The totals of this moment."""
        found = Totals()
        found.won, found.closed = self.won, self.closed
        return found

    @property
    def mean(self) -> float | None:
        """The share won by all together; ``None`` when nothing is closed."""
        return min(1.0, self.won / self.closed) if self.closed else None

    def prior(self, strength: float) -> Prior | None:
        """What is known of a rep before looking at their own record; ``None`` when nothing is closed."""
        mean = self.mean
        return None if mean is None else Prior(mean, strength)
